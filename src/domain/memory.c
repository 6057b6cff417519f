/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/memory.h"

#include <string.h>

#include "base/nearest.h"
#include "domain/domain.h"
#include "xml/element.h"

/* ACPI_MAX_RAM_SLOTS of QEMU. */
enum { SLOTS_MAX = 256 };

typedef struct {
  const char *name;
  guint64 bytes;
} MemoryUnit;

/* Case does not matter. A lone letter means the power of 1024, as K has always done in this format. */
static const MemoryUnit units[] = {
  { "b", 1 },
  { "bytes", 1 },
  { "KB", 1000 },
  { "k", 1024 },
  { "KiB", 1024 },
  { "MB", 1000000 },
  { "M", 1048576 },
  { "MiB", 1048576 },
  { "GB", 1000000000 },
  { "G", G_GUINT64_CONSTANT(1) << 30 },
  { "GiB", G_GUINT64_CONSTANT(1) << 30 },
  { "TB", G_GUINT64_CONSTANT(1000000000000) },
  { "T", G_GUINT64_CONSTANT(1) << 40 },
  { "TiB", G_GUINT64_CONSTANT(1) << 40 },
  { "PB", G_GUINT64_CONSTANT(1000000000000000) },
  { "P", G_GUINT64_CONSTANT(1) << 50 },
  { "PiB", G_GUINT64_CONSTANT(1) << 50 },
  { "EB", G_GUINT64_CONSTANT(1000000000000000000) },
  { "E", G_GUINT64_CONSTANT(1) << 60 },
  { "EiB", G_GUINT64_CONSTANT(1) << 60 },
};

static gboolean read_unit(xmlNode *node, guint64 *ret_bytes, GError **error)
{
  const char *name = xml_attribute(node, "unit");
  g_autoptr(GString) known = g_string_new(NULL);
  Nearest nearest = NEAREST_INIT(name);

  *ret_bytes = 1024;
  if (!name)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
    if (g_ascii_strcasecmp(name, units[i].name) == 0) {
      *ret_bytes = units[i].bytes;
      return TRUE;
    }
    nearest_try(&nearest, units[i].name);
    g_string_append_printf(known, "%s%s", i ? ", " : "", units[i].name);
  }
  xml_error(error, node, "unit", "unknown value '%s' (known: %s)", name, known->str);
  if (nearest.name)
    error_add_hint(error, "did you mean '%s'?", nearest.name);
  return FALSE;
}

/* Whether somebody wrote the unit behind the number. */
static gboolean ends_in_letter(xmlNode *node)
{
  const char *text = "";

  return xml_text(node, &text, NULL) && *text && g_ascii_isalpha(text[strlen(text) - 1]);
}

/* @count of the unit of @node, in bytes. @attribute is where the number stands; NULL: in the text. */
static gboolean multiply(xmlNode *node, const char *attribute, guint64 count, guint64 unit,
                         guint64 *ret_bytes, GError **error)
{
  guint64 bytes;

  if (!g_uint64_checked_mul(&bytes, count, unit) || bytes > G_MAXINT64)
    return xml_error(error, node, attribute, "%" G_GUINT64_FORMAT " %s is more than any machine can address",
                     count, xml_attribute(node, "unit") ? xml_attribute(node, "unit") : "KiB");
  *ret_bytes = bytes;
  return TRUE;
}

static guint64 to_kib(guint64 bytes)
{
  return bytes / 1024 + (bytes % 1024 != 0);
}

gboolean memory_read_kib(xmlNode *node, guint64 *ret_kib, GError **error)
{
  guint64 count, unit, bytes = 0;

  if (!read_unit(node, &unit, error))
    return FALSE;
  if (!xml_text_uint(node, 0, G_MAXUINT64, &count, error))
    return ends_in_letter(node) &&
           error_add_hint(error, "the unit is an attribute: <memory unit='MiB'>512</memory>");
  if (!multiply(node, /* attribute= */ NULL, count, unit, &bytes, error))
    return FALSE;
  *ret_kib = to_kib(bytes);
  return TRUE;
}

gboolean memory_read_attribute(xmlNode *node, const char *name, guint64 *ret_bytes, GError **error)
{
  guint64 count = 0, unit;

  if (!xml_has_attribute(node, name))
    return xml_error(error, node, name, "is missing");
  return read_unit(node, &unit, error) && xml_attribute_uint(node, name, 1, G_MAXUINT64, &count, error) &&
         multiply(node, name, count, unit, ret_bytes, error);
}

gboolean memory_read_attribute_kib(xmlNode *node, const char *name, guint64 *ret_kib, GError **error)
{
  guint64 bytes;

  if (!memory_read_attribute(node, name, &bytes, error))
    return FALSE;
  *ret_kib = to_kib(bytes);
  return TRUE;
}

void memory_set_total(Memory *memory, guint64 kib)
{
  if (memory->current_kib == memory->kib || memory->current_kib > kib)
    memory->current_kib = kib;
  memory->kib = kib;
}

void memory_add_devices(Memory *memory, guint64 kib, gboolean has_cells)
{
  gboolean is_whole = memory->current_kib == memory->kib;

  if (!has_cells)
    memory->kib -= kib;
  memory->device_kib = kib;
  if (is_whole)
    memory->current_kib = memory->kib + kib;
}

/* libvirt gives such a guest all of its memory, without a word. */
static void clamp_current(Domain *domain, xmlNode *node, Memory *memory)
{
  Place place;

  if (memory->current_kib <= memory->kib)
    return;
  place = xml_place(node);
  report_warning(domain->report, &place, NULL, "the guest gets all of its memory",
                 "%" G_GUINT64_FORMAT " KiB is more than the %" G_GUINT64_FORMAT " KiB of <memory>",
                 memory->current_kib, memory->kib);
  memory->current_kib = memory->kib;
}

static gboolean parse_current(xmlNode *root, Domain *domain, Memory *memory, GError **error)
{
  xmlNode *node = NULL;

  memory->current_kib = memory->kib;
  if (!xml_child(root, "currentMemory", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!memory_read_kib(node, &memory->current_kib, error))
    return FALSE;
  clamp_current(domain, node, memory);
  if (memory->current_kib == 0) /* virt-manager's old way of saying: all of it */
    memory->current_kib = memory->kib;
  return TRUE;
}

static gboolean parse_max(xmlNode *root, Memory *memory, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(root, "maxMemory", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  memory->max_place = xml_place(node);
  if (!xml_has_attribute(node, "slots"))
    return xml_error(error, node, "slots", "is missing");
  if (!memory_read_kib(node, &memory->max_kib, error) ||
      !xml_attribute_uint32(node, "slots", 0, SLOTS_MAX, &memory->slots, error))
    return FALSE;
  if ((memory->slots == 0) != (memory->max_kib == 0)) {
    xml_error(error, node, NULL, "%s, and so there is no room for memory devices",
              memory->slots ? "it is 0" : "it has 0 slots");
    return error_add_hint(error, "without <maxMemory> there is none, and with both 0");
  }
  return TRUE;
}

gboolean memory_parse(xmlNode *root, Domain *domain, GError **error)
{
  Memory *memory = domain->memory;
  xmlNode *node;

  if (!xml_child_required(root, "memory", &node, error) || !memory_read_kib(node, &memory->kib, error) ||
      !xml_attribute_on_off(node, "dumpCore", &memory->is_in_core_dumps, error))
    return FALSE;
  memory->place = xml_place(node);
  if (memory->kib == 0)
    return xml_error(error, node, NULL, "a guest without memory cannot run");
  if (memory->kib < 1024 && !xml_has_attribute(node, "unit"))
    report_warning(domain->report, &memory->place, NULL, "<memory unit='MiB'> counts in MiB",
                   "%" G_GUINT64_FORMAT
                   " KiB is less than any machine boots with: without a unit the number is in KiB",
                   memory->kib);
  return parse_current(root, domain, memory, error) && parse_max(root, memory, error);
}
