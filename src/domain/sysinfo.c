/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/sysinfo.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "domain/domain.h"
#include "domain/metadata.h"
#include "xml/element.h"

typedef enum { SYSINFO_SMBIOS, SYSINFO_FWCFG, SYSINFO_TYPE_LAST } SysinfoType;

ENUM_TABLE(smbios_mode_table,
           SMBIOS_LAST, [SMBIOS_EMULATE] = "emulate", [SMBIOS_HOST] = "host", [SMBIOS_SYSINFO] = "sysinfo");
ENUM_TABLE(sysinfo_type_table, SYSINFO_TYPE_LAST, [SYSINFO_SMBIOS] = "smbios", [SYSINFO_FWCFG] = "fwcfg");

/* A field of a table, and the file of /sys/class/dmi/id that has the host's. */
typedef struct {
  const char *name;
  const char *dmi;
} Field;

/* The longest block has seven. */
enum { FIELDS_MAX = 8 };

typedef struct {
  const char *element;
  Field fields[FIELDS_MAX];
} Block;

static const Block blocks[SYSINFO_BLOCKS] = {
  [SYSINFO_BIOS] = { "bios",
                     { { "vendor", "bios_vendor" },
                       { "version", "bios_version" },
                       { "date", "bios_date" },
                       { "release", "bios_release" } } },
  [SYSINFO_SYSTEM] = { "system",
                       { { "manufacturer", "sys_vendor" },
                         { "product", "product_name" },
                         { "version", "product_version" },
                         { "serial", "product_serial" },
                         { "uuid", NULL }, /* a guest is not its host */
                         { "sku", "product_sku" },
                         { "family", "product_family" } } },
  [SYSINFO_BASE_BOARD] = { "baseBoard",
                           { { "manufacturer", "board_vendor" },
                             { "product", "board_name" },
                             { "version", "board_version" },
                             { "serial", "board_serial" },
                             { "asset", "board_asset_tag" },
                             { "location", NULL } } },
  [SYSINFO_CHASSIS] = { "chassis",
                        { { "manufacturer", "chassis_vendor" },
                          { "version", "chassis_version" },
                          { "serial", "chassis_serial" },
                          { "asset", "chassis_asset_tag" },
                          { "sku", NULL } } },
};

static void add_entry(GArray **entries, const char *name, const char *value)
{
  SysinfoEntry entry = { name, value };

  if (!*entries)
    *entries = g_array_new(FALSE, FALSE, sizeof(SysinfoEntry));
  g_array_append_val(*entries, entry);
}

/* ---- <sysinfo type='smbios'> ---- */

static gboolean is_date(const char *text)
{
  guint month, day, year;
  int length = 0;

  return sscanf(text, "%2u/%2u/%4u%n", &month, &day, &year, &length) == 3 && !text[length] && month >= 1 &&
         month <= 12 && day >= 1 && day <= 31 && (year < 100 || year >= 1900);
}

/* The guest has one uuid: what <uuid> says, and else what stands here. */
static gboolean take_uuid(xmlNode *node, const char *text, Domain *domain, const char **ret_uuid,
                          GError **error)
{
  Metadata *metadata = domain->metadata;
  const char *uuid;

  if (!metadata_read_uuid(node, &uuid, error))
    return FALSE;
  if (!metadata->uuid)
    metadata->uuid = uuid;
  if (uuid && !g_str_equal(uuid, metadata->uuid))
    return xml_error(error, node, NULL, "'%s' is not the guest's <uuid>, '%s'", text, metadata->uuid);
  *ret_uuid = uuid;
  return TRUE;
}

static const char *find_field(const Block *block, const char *name)
{
  for (const Field *field = block->fields; field->name; field++) {
    if (g_str_equal(field->name, name))
      return field->name;
  }
  return NULL;
}

static gboolean refuse_field(xmlNode *node, const Block *block, const char *name, GError **error)
{
  g_autoptr(GString) known = g_string_new(NULL);
  Nearest nearest = NEAREST_INIT(name);

  for (const Field *field = block->fields; field->name; field++) {
    g_string_append_printf(known, "%s%s", known->len ? ", " : "", field->name);
    nearest_try(&nearest, field->name);
  }
  xml_error(error, node, "name", "unknown value '%s' (known in <%s>: %s)", name, block->element, known->str);
  if (nearest.name)
    error_add_hint(error, "did you mean '%s'?", nearest.name);
  return FALSE;
}

static gboolean has_entry(const GArray *entries, const char *name)
{
  for (guint i = 0; entries && i < entries->len; i++) {
    if (g_str_equal(g_array_index(entries, SysinfoEntry, i).name, name))
      return TRUE;
  }
  return FALSE;
}

static gboolean read_entry(xmlNode *node, const Block *block, Domain *domain, GArray **entries,
                           GError **error)
{
  const char *name, *field, *value;

  if (!xml_attribute_required(node, "name", &name, error) || !xml_text(node, &value, error))
    return FALSE;
  field = find_field(block, name);
  if (!field)
    return refuse_field(node, block, name, error);
  if (has_entry(*entries, field))
    return xml_error(error, node, "name", "there is another '%s' in this <%s>", name, block->element);
  if (!*value)
    return TRUE;
  if (g_str_equal(field, "uuid") && !take_uuid(node, value, domain, &value, error))
    return FALSE;
  if (g_str_equal(field, "date") && !is_date(value))
    return xml_error(error, node, NULL, "'%s' is not a date as SMBIOS has it: MM/DD/YYYY", value);
  add_entry(entries, field, value);
  return TRUE;
}

static gboolean read_block(xmlNode *sysinfo, SysinfoBlock which, Domain *domain, GError **error)
{
  const Block *block = &blocks[which];
  GArray **entries = &domain->sysinfo->blocks[which];
  xmlNode *node = NULL;

  if (!xml_child(sysinfo, block->element, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  XML_FOREACH_CHILD(node, entry, "entry") {
    if (!read_entry(entry, block, domain, entries, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean read_oem_strings(xmlNode *sysinfo, GPtrArray **strings, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(sysinfo, "oemStrings", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  XML_FOREACH_CHILD(node, entry, "entry") {
    const char *text;

    if (!xml_text_verbatim(entry, &text, error))
      return FALSE;
    if (!*strings)
      *strings = g_ptr_array_new();
    g_ptr_array_add(*strings, (gpointer)text);
  }
  return TRUE;
}

static gboolean read_smbios(xmlNode *node, Domain *domain, GError **error)
{
  Sysinfo *sysinfo = domain->sysinfo;

  if (sysinfo->smbios_place.line)
    return xml_error(error, node, NULL, "there is another of type 'smbios', on line %d",
                     sysinfo->smbios_place.line);
  sysinfo->smbios_place = xml_place(node);
  if (sysinfo->mode != SMBIOS_SYSINFO) {
    xml_ignore(node);
    report_warning(domain->report, &sysinfo->smbios_place, NULL,
                   "<smbios mode='sysinfo'/> in <os> shows it to the guest",
                   "has no effect: the guest sees %s",
                   sysinfo->mode == SMBIOS_HOST ? "the host's values" : "QEMU's own values");
    return TRUE;
  }
  for (SysinfoBlock block = 0; block < SYSINFO_BLOCKS; block++) {
    if (!read_block(node, block, domain, error))
      return FALSE;
  }
  return read_oem_strings(node, &sysinfo->oem_strings, error);
}

/* ---- <sysinfo type='fwcfg'> ---- */

/* QEMU has 56 bytes for a name, with its end. */
enum { FILE_NAME_MAX = 55 };

static gboolean check_file_name(xmlNode *node, const char *name, const GArray *files, GError **error)
{
  static const char *const reserved[] = { "opt/ovmf/", "opt/org.qemu/", "opt/org.seabios/" };

  if (!g_str_has_prefix(name, "opt/")) {
    xml_error(error, node, "name", "'%s' does not begin with 'opt/': other names are QEMU's own", name);
    return error_add_hint(error, "'opt/' and a domain of yours: opt/org.example/name");
  }
  for (gsize i = 0; i < G_N_ELEMENTS(reserved); i++) {
    if (g_str_has_prefix(name, reserved[i]))
      return xml_error(error, node, "name", "'%s': names below '%s' are the firmware's own", name,
                       reserved[i]);
  }
  if (strlen(name) > FILE_NAME_MAX)
    return xml_error(error, node, "name", "'%s' has %zu bytes; allowed are at most %d", name, strlen(name),
                     FILE_NAME_MAX);
  for (guint i = 0; i < files->len; i++) {
    const SysinfoFile *other = &g_array_index(files, SysinfoFile, i);

    if (g_str_equal(other->name, name))
      return xml_error(error, node, "name", "'%s' is that of another entry, on line %d", name,
                       other->place.line);
  }
  return TRUE;
}

static gboolean read_file(xmlNode *node, GArray *files, GError **error)
{
  SysinfoFile file = { .place = xml_place(node) };
  const char *text;

  if (!xml_attribute_required(node, "name", &file.name, error) ||
      !check_file_name(node, file.name, files, error) ||
      !xml_attribute_path(node, "file", &file.file, error) || !xml_text(node, &text, error))
    return FALSE;
  if (file.file && *text)
    return xml_error(error, node, NULL,
                     "has both a text and a 'file'; one of the two is what the guest reads");
  if (!file.file && !*text)
    return xml_error(error, node, NULL, "has neither a text nor a 'file'");
  if (!file.file && !xml_text_verbatim(node, &file.value, error))
    return FALSE;
  g_array_append_val(files, file);
  return TRUE;
}

static gboolean read_files(xmlNode *sysinfo, GArray **files, GError **error)
{
  if (!*files)
    *files = g_array_new(FALSE, FALSE, sizeof(SysinfoFile));
  XML_FOREACH_CHILD(sysinfo, entry, "entry") {
    if (!read_file(entry, *files, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- <smbios mode='host'> ---- */

static void copy_block(SysinfoBlock which, Domain *domain)
{
  for (const Field *field = blocks[which].fields; field->name; field++) {
    g_autofree char *value = field->dmi ? domain->options->read_dmi(field->dmi) : NULL;

    if (value && *value)
      add_entry(&domain->sysinfo->blocks[which], field->name, xml_document_keep(domain->document, value));
  }
}

static gboolean copy_host(Domain *domain, GError **error)
{
  Sysinfo *sysinfo = domain->sysinfo;
  gboolean is_known = FALSE;

  for (SysinfoBlock block = 0; domain->options->read_dmi && block < SYSINFO_BLOCKS; block++) {
    copy_block(block, domain);
    is_known = is_known || sysinfo->blocks[block];
  }
  if (!is_known) {
    error_set(error, DOMRUN_ERROR_HOST, &sysinfo->mode_place, "mode",
              "this host says nothing of its own SMBIOS tables (/sys/class/dmi/id)");
    return error_add_hint(error,
                          "mode 'sysinfo' with <sysinfo type='smbios'> gives the guest values of its own");
  }
  if (!has_entry(sysinfo->blocks[SYSINFO_SYSTEM], "serial"))
    report_warning(domain->report, &sysinfo->mode_place, "mode", NULL,
                   "the guest gets no serial numbers: only root may read the host's");
  return TRUE;
}

static gboolean read_mode(xmlNode *root, Sysinfo *sysinfo, GError **error)
{
  xmlNode *os = NULL, *node = NULL;

  if (!xml_child(root, "os", &os, error))
    return FALSE;
  if (!os)
    return TRUE;
  if (!xml_child(os, "smbios", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  sysinfo->mode_place = xml_place(node);
  return xml_attribute_enum_required(node, "mode", &smbios_mode_table, XML_ENUM(&sysinfo->mode), error);
}

gboolean sysinfo_parse(xmlNode *root, Domain *domain, GError **error)
{
  Sysinfo *sysinfo = domain->sysinfo;

  if (!read_mode(root, sysinfo, error))
    return FALSE;
  XML_FOREACH_CHILD(root, node, "sysinfo") {
    int type = SYSINFO_SMBIOS;

    if (!xml_attribute_enum_required(node, "type", &sysinfo_type_table, &type, error) ||
        !(type == SYSINFO_FWCFG ? read_files(node, &sysinfo->files, error)
                                : read_smbios(node, domain, error)))
      return FALSE;
  }
  if (sysinfo->mode == SMBIOS_SYSINFO && !sysinfo->smbios_place.line)
    return error_set_document(error, &sysinfo->mode_place, "mode",
                              "'sysinfo' wants a <sysinfo type='smbios'>, which the document does not have");
  return sysinfo->mode != SMBIOS_HOST || copy_host(domain, error);
}

void sysinfo_clear(Sysinfo *sysinfo)
{
  for (SysinfoBlock block = 0; block < SYSINFO_BLOCKS; block++)
    g_clear_pointer(&sysinfo->blocks[block], g_array_unref);
  g_clear_pointer(&sysinfo->oem_strings, g_ptr_array_unref);
  g_clear_pointer(&sysinfo->files, g_array_unref);
}
