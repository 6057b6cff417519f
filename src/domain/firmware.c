/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A loader is the machine's own, one that the document names, or one that it leaves to the host
 * (firmware='efi'): then the host's descriptors choose, in whose words the request is (firmware-request.h).
 * What a read-only loader keeps lies in a file of the guest's own, made once from a template.
 */
#include "config.h"

#include "domain/firmware.h"

#include <string.h>

#include "domain/chipset.h"
#include "domain/domain.h"
#include "domain/features.h"
#include "domain/metadata.h"
#include "domain/os.h"
#include "domain/protection.h"
#include "xml/document.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(firmware_type_table, FIRMWARE_LAST, [FIRMWARE_ROM] = "rom", [FIRMWARE_PFLASH] = "pflash");
ENUM_TABLE(firmware_format_table,
           FIRMWARE_FORMAT_LAST, [FIRMWARE_FORMAT_RAW] = "raw", [FIRMWARE_FORMAT_QCOW2] = "qcow2");
ENUM_TABLE(firmware_auto_table,
           FIRMWARE_AUTO_LAST, [FIRMWARE_AUTO_BIOS] = "bios", [FIRMWARE_AUTO_EFI] = "efi");

/* Xen's own, which every old document for a fully virtualized guest names. QEMU cannot boot it. */
static const char hvmloader[] = "hvmloader";

static void replace_hvmloader(Domain *domain, Firmware *firmware)
{
  g_autofree char *name = g_path_get_basename(firmware->loader);

  if (!g_str_equal(name, hvmloader))
    return;
  report_warning(domain->report, &firmware->loader_place, NULL, NULL,
                 "'%s' is Xen's; the machine's own BIOS takes its place", firmware->loader);
  firmware->loader = NULL;
}

/* ---- <os firmware=''> and <firmware> ---- */

static gboolean read_feature(xmlNode *node, Firmware *firmware, GError **error)
{
  const char *name = NULL;
  gboolean is_enabled = FALSE;
  FirmwareWish wish;

  if (!xml_attribute_required(node, "name", &name, error))
    return FALSE;
  if (!xml_has_attribute(node, "enabled"))
    return xml_error(error, node, "enabled", "is missing");
  if (!xml_attribute_yes_no(node, "enabled", &is_enabled, error))
    return FALSE;
  wish = is_enabled ? FIRMWARE_WISH_YES : FIRMWARE_WISH_NO;
  if (g_str_equal(name, "secure-boot"))
    firmware->secure_boot = wish;
  else if (g_str_equal(name, "enrolled-keys"))
    firmware->enrolled_keys = wish;
  else
    return xml_error(error, node, "name", "unknown value '%s' (known: enrolled-keys, secure-boot)", name);
  return TRUE;
}

static gboolean read_features(xmlNode *os, Firmware *firmware, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(os, "firmware", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  /* An older spelling of <os firmware=''>. */
  if (!xml_attribute_enum(node, "type", &firmware_auto_table, XML_ENUM(&firmware->automatic), error))
    return FALSE;
  XML_FOREACH_CHILD(node, feature, "feature") {
    if (!read_feature(feature, firmware, error))
      return FALSE;
  }
  if (firmware->enrolled_keys == FIRMWARE_WISH_YES && firmware->secure_boot == FIRMWARE_WISH_NO)
    return xml_error(error, node, NULL, "keys that are enrolled without Secure Boot protect nothing");
  if (firmware->secure_boot != FIRMWARE_WISH_YES && firmware->enrolled_keys != FIRMWARE_WISH_YES)
    return TRUE;
  if (firmware->automatic == FIRMWARE_AUTO_NONE) {
    xml_error(error, node, NULL, "the features are of a firmware that the host chooses");
    return error_add_hint(error, "say so: <os firmware='efi'>");
  }
  return TRUE;
}

static gboolean read_auto(xmlNode *os, Firmware *firmware, GError **error)
{
  firmware->auto_place = xml_place(os);
  return xml_attribute_enum(os, "firmware", &firmware_auto_table, XML_ENUM(&firmware->automatic), error) &&
         read_features(os, firmware, error);
}

/* ---- <loader> ---- */

/* A loader that is named is taken as it is: the document has to say that it is the kind that was asked for.
 */
static gboolean check_secure_boot(xmlNode *loader, Domain *domain, GError **error)
{
  if (domain->firmware->secure_boot != FIRMWARE_WISH_YES || domain->firmware->is_secure)
    return TRUE;
  if (protection_lose(domain, loader, "secure", PROTECTION_SECURE_BOOT,
                      "is not 'yes', and <firmware> asks for Secure Boot", error))
    return TRUE;
  return error_add_hint(
      error, "say secure='yes' of a loader that is made for it, or leave <loader> out: the host's is "
             "found; to run the guest without: --ignore=secure-boot");
}

static gboolean read_loader(xmlNode *os, Domain *domain, GError **error)
{
  Firmware *firmware = domain->firmware;
  xmlNode *loader = NULL;

  firmware->loader_place = firmware->auto_place;
  if (!xml_child(os, "loader", &loader, error))
    return FALSE;
  if (!loader)
    return TRUE;
  firmware->loader_place = xml_place(loader);
  firmware->has_readonly = xml_has_attribute(loader, "readonly");
  firmware->has_secure = xml_has_attribute(loader, "secure");
  if (!xml_child_path(os, "loader", &firmware->loader, error) ||
      !xml_attribute_enum(loader, "type", &firmware_type_table, XML_ENUM(&firmware->type), error) ||
      !xml_attribute_enum(loader, "format", &firmware_format_table, XML_ENUM(&firmware->format), error) ||
      !xml_attribute_yes_no(loader, "readonly", &firmware->is_readonly, error) ||
      !xml_attribute_yes_no(loader, "secure", &firmware->is_secure, error) ||
      !xml_attribute_yes_no(loader, "stateless", &firmware->is_stateless, error))
    return FALSE;
  if (firmware->loader)
    replace_hvmloader(domain, firmware);
  if (!firmware->loader)
    return TRUE;
  firmware->automatic = FIRMWARE_AUTO_NONE; /* it was chosen, and what chose it is history */
  return check_secure_boot(loader, domain, error);
}

/* ---- <nvram> ---- */

static gboolean refuse_lone_nvram(xmlNode *nvram, const Firmware *firmware, GError **error)
{
  xml_error(error, nvram, NULL,
            firmware->loader ? "only a loader of type 'pflash' keeps variables"
                             : "there is no <loader> whose variables it could keep");
  return error_add_hint(error, firmware->loader ? "change the type: <loader readonly='yes' type='pflash'>"
                                                : "<os firmware='efi'> chooses a loader");
}

/* The file: the element's text, or since libvirt 8.5 <source file=''/>. */
static gboolean read_nvram_path(xmlNode *os, xmlNode *nvram, Firmware *firmware, GError **error)
{
  const char *type = xml_attribute(nvram, "type");
  xmlNode *source = NULL;

  if (!type)
    return xml_child_path(os, "nvram", &firmware->nvram, error);
  if (!g_str_equal(type, "file") && !g_str_equal(type, "block"))
    return xml_error(error, nvram, "type", "unknown value '%s' (known: block, file)", type);
  if (!xml_child_required(nvram, "source", &source, error))
    return FALSE;
  return xml_attribute_path(source, g_str_equal(type, "file") ? "file" : "dev", &firmware->nvram, error);
}

static gboolean read_nvram(xmlNode *os, Domain *domain, GError **error)
{
  Firmware *firmware = domain->firmware;
  xmlNode *nvram = NULL;
  int template_format = FIRMWARE_FORMAT_DEFAULT;

  firmware->nvram_place = firmware->loader_place;
  if (!xml_child(os, "nvram", &nvram, error))
    return FALSE;
  if (!nvram)
    return TRUE;
  firmware->nvram_place = xml_place(nvram);
  if (!xml_attribute_path(nvram, "template", &firmware->nvram_template, error) ||
      !xml_attribute_enum(nvram, "format", &firmware_format_table, XML_ENUM(&firmware->nvram_format),
                          error) ||
      !xml_attribute_enum(nvram, "templateFormat", &firmware_format_table, &template_format, error) ||
      !read_nvram_path(os, nvram, firmware, error))
    return FALSE;
  if (template_format && firmware->nvram_format && template_format != (int)firmware->nvram_format) {
    xml_error(error, nvram, "templateFormat",
              "differs from the format of the variables, and nothing is converted");
    return error_add_hint(error, "qemu-img convert makes a template of the other format");
  }
  if (template_format)
    firmware->nvram_format = (FirmwareFormat)template_format;
  if (firmware->automatic == FIRMWARE_AUTO_EFI)
    return TRUE;
  if ((firmware->nvram || firmware->nvram_template) && firmware->type != FIRMWARE_PFLASH)
    return refuse_lone_nvram(nvram, firmware, error);
  if (firmware->is_stateless && (firmware->nvram || firmware->nvram_template))
    return xml_error(error, nvram, NULL, "a loader that is stateless keeps no variables");
  return TRUE;
}

/* The variables of a ROM, which a device of QEMU's keeps for it in a file. */
static gboolean read_varstore(xmlNode *os, Domain *domain, GError **error)
{
  Firmware *firmware = domain->firmware;
  xmlNode *varstore = NULL, *nvram = xml_next_child(os, "nvram", NULL);

  if (!xml_child(os, "varstore", &varstore, error))
    return FALSE;
  if (!varstore)
    return TRUE;
  if (nvram)
    return xml_error(error, varstore, NULL,
                     "there is <nvram>, too, on line %d: variables are kept in one place",
                     xml_place(nvram).line);
  firmware->nvram_place = xml_place(varstore);
  if (firmware->automatic != FIRMWARE_AUTO_NONE || !firmware->loader) {
    xml_error(error, varstore, NULL, "domrun does not find a firmware for it by itself");
    return error_add_hint(error, "name one that is made for it: <loader type='rom'>FILE</loader>, without "
                                 "firmware=''");
  }
  if (firmware->type == FIRMWARE_PFLASH)
    return xml_error(error, varstore, NULL,
                     "is for a <loader> of type 'rom': one of type 'pflash' keeps its variables in <nvram>");
  if (firmware->is_stateless)
    return xml_error(error, varstore, NULL, "a loader that is stateless keeps no variables");
  firmware->is_varstore = TRUE;
  if (!xml_attribute_path(varstore, "template", &firmware->nvram_template, error) ||
      !xml_attribute_path(varstore, "path", &firmware->nvram, error))
    return FALSE;
  return firmware->nvram || firmware->nvram_template ||
         xml_error(error, varstore, "template", "is missing, and so is 'path': one of them is needed");
}

gboolean firmware_parse(xmlNode *root, Domain *domain, GError **error)
{
  xmlNode *os = NULL;

  if (!xml_child(root, "os", &os, error))
    return FALSE;
  return !os || (read_auto(os, domain->firmware, error) && read_loader(os, domain, error) &&
                 read_nvram(os, domain, error) && read_varstore(os, domain, error));
}

/* ---- What the host has ---- */

/* Descriptors know machines by their full names only. */
static const char *full_machine(const Domain *domain)
{
  if (g_str_equal(domain->os->machine, "q35"))
    return "pc-q35-0.0";
  if (g_str_equal(domain->os->machine, "pc"))
    return "pc-i440fx-0.0";
  if (g_str_equal(domain->os->machine, "virt") && os_arch_is_arm(domain->os->arch))
    return "virt-0.0";
  return domain->os->machine;
}

static FirmwareRequest request_of(const Domain *domain)
{
  const Firmware *firmware = domain->firmware;

  return (FirmwareRequest){
    .arch = enum_to_string(&os_arch_table, (int)domain->os->arch),
    .machine = full_machine(domain),
    .is_uefi = firmware->automatic == FIRMWARE_AUTO_EFI,
    .is_stateless = firmware->is_stateless,
    .format = enum_to_string(&firmware_format_table, (int)firmware->format),
    .secure_boot = firmware->has_secure ? (firmware->is_secure ? FIRMWARE_WISH_YES : FIRMWARE_WISH_NO)
                                        : firmware->secure_boot,
    .enrolled_keys = firmware->enrolled_keys,
    .smm = domain->features->smm == FEATURE_OFF ? FIRMWARE_WISH_NO : FIRMWARE_WISH_NONE,
  };
}

static const char *keep(Domain *domain, const char *text)
{
  return text ? xml_document_keep(domain->document, text) : NULL;
}

static void take(Domain *domain, const FirmwareFound *found)
{
  Firmware *firmware = domain->firmware;
  int format = FIRMWARE_FORMAT_DEFAULT, template_format = FIRMWARE_FORMAT_DEFAULT;

  if (found->loader_format)
    enum_from_string(&firmware_format_table, found->loader_format, &format);
  if (found->template_format)
    enum_from_string(&firmware_format_table, found->template_format, &template_format);
  firmware->loader = keep(domain, found->loader);
  firmware->format = (FirmwareFormat)format;
  firmware->type = found->is_memory ? FIRMWARE_ROM : FIRMWARE_PFLASH;
  firmware->is_readonly = !found->is_memory;
  firmware->is_secure = found->needs_smm;
  firmware->is_stateless = !found->template_path;
  if (found->needs_smm)
    domain->features->smm = FEATURE_ON;
  if (!firmware->nvram_template)
    firmware->nvram_template = keep(domain, found->template_path);
  if (!firmware->nvram_format)
    firmware->nvram_format = (FirmwareFormat)template_format;
}

/* Nobody has such a firmware here: what stands in for it shows the dry run of another host where its names
 * go, and the requirement (host/firmware.h) refuses everything else. */
static void stand_in(Domain *domain, const FirmwareRequest *request)
{
  Firmware *firmware = domain->firmware;
  const char *wish = request->is_stateless                         ? " that keeps no variables"
                     : request->enrolled_keys == FIRMWARE_WISH_YES ? " with enrolled keys"
                     : request->secure_boot == FIRMWARE_WISH_YES   ? " with Secure Boot"
                     : request->secure_boot == FIRMWARE_WISH_NO    ? " without Secure Boot"
                                                                   : "";
  g_autofree char *missing = g_strdup_printf("machine '%s'%s", domain->os->machine, wish);

  firmware->missing = keep(domain, missing);
  firmware->loader = os_arch_is_x86(domain->os->arch)     ? "/usr/share/OVMF/OVMF_CODE_4M.fd"
                     : os_arch_is_riscv(domain->os->arch) ? "/usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd"
                                                          : "/usr/share/AAVMF/AAVMF_CODE.fd";
  firmware->type = FIRMWARE_PFLASH;
  firmware->is_readonly = TRUE;
}

static void choose(Domain *domain)
{
  FirmwareRequest request = request_of(domain);
  g_auto(FirmwareFound) found = { 0 };

  if (domain->firmware->automatic == FIRMWARE_AUTO_NONE)
    return;
  if (domain->options->find_firmware && domain->options->find_firmware(&request, &found))
    take(domain, &found);
  else if (request.is_uefi) /* QEMU has a BIOS of its own */
    stand_in(domain, &request);
}

/* A name of the file system's: at most 200 bytes of the guest's own, where '/' and '%' become %XX. */
static char *file_name(const char *name)
{
  g_autofree char *escaped = g_uri_escape_string(name, " !$&'()*+,:;=@[]", /* allow_utf8= */ TRUE);
  g_autofree char *digest = NULL;

  if (strlen(escaped) <= 200 && escaped[0] != '.')
    return g_steal_pointer(&escaped);
  digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
  return g_steal_pointer(&digest);
}

static void place_variables(Domain *domain)
{
  Firmware *firmware = domain->firmware;
  g_autofree char *name = file_name(domain->metadata->name);
  g_autofree char *path = NULL;

  if (firmware->nvram)
    return;
  path = g_strdup_printf("%s/nvram/%s_VARS.%s",
                         domain->options->state_directory ? domain->options->state_directory : "", name,
                         firmware->is_varstore                             ? "json"
                         : firmware->nvram_format == FIRMWARE_FORMAT_QCOW2 ? "qcow2"
                                                                           : "fd");
  firmware->nvram = keep(domain, path);
  firmware->is_nvram_generated = TRUE;
}

/* A loader that the guest may write keeps its variables in itself. */
static void complete_variables(Domain *domain)
{
  Firmware *firmware = domain->firmware;
  g_autofree char *found = NULL;

  if (!firmware->loader || firmware->type != FIRMWARE_PFLASH || firmware->is_stateless)
    return;
  if (!firmware->is_readonly && !firmware->nvram && !firmware->nvram_template)
    return;
  if (!firmware->nvram_template && domain->options->find_template) {
    found = domain->options->find_template(firmware->loader);
    firmware->nvram_template = keep(domain, found);
  }
  if (!firmware->nvram_format)
    firmware->nvram_format = firmware->format;
  place_variables(domain);
}

void firmware_complete(Domain *domain)
{
  domain->firmware->is_reset_nvram = domain->options->is_reset_nvram;
  domain->firmware->is_fast_boot = domain->options->is_fast_boot;
  choose(domain);
  if (domain->firmware->is_varstore)
    place_variables(domain);
  else
    complete_variables(domain);
}

static void annotate_variables(const Firmware *firmware, xmlNode *os)
{
  xmlNode *nvram;

  if (firmware->is_varstore) {
    xml_set_attribute(xml_set_child(os, "varstore"), "path", firmware->nvram);
    return;
  }
  nvram = xml_set_child_after(os, "nvram", "loader");
  xml_set_text(nvram, firmware->nvram);
  if (firmware->nvram_template)
    xml_set_attribute(nvram, "template", firmware->nvram_template);
  if (firmware->nvram_format == FIRMWARE_FORMAT_QCOW2)
    xml_set_attribute(nvram, "format", "qcow2");
}

static void annotate_loader(const Firmware *firmware, xmlNode *root, xmlNode *os)
{
  xmlNode *loader = xml_set_child_after(os, "loader", "type");

  xml_set_text(loader, firmware->loader);
  xml_set_attribute(loader, "type", enum_to_string(&firmware_type_table, (int)firmware->type));
  if (firmware->is_readonly)
    xml_set_attribute(loader, "readonly", "yes");
  if (firmware->is_secure) {
    xml_set_attribute(loader, "secure", "yes");
    xml_set_attribute(xml_set_child(xml_set_child(root, "features"), "smm"), "state", "on");
  }
  if (firmware->format == FIRMWARE_FORMAT_QCOW2)
    xml_set_attribute(loader, "format", "qcow2");
}

void firmware_annotate(const Firmware *firmware, xmlNode *root)
{
  gboolean is_chosen = firmware->automatic == FIRMWARE_AUTO_EFI && firmware->loader;

  if (is_chosen)
    annotate_loader(firmware, root, xml_set_child(root, "os"));
  if (firmware->nvram && (is_chosen || firmware->is_nvram_generated))
    annotate_variables(firmware, xml_set_child(root, "os"));
}

/* On ARM the tables of ACPI are handed over by UEFI alone, and QEMU makes none for POWER and s390. */
static gboolean validate_acpi(const Domain *domain, GError **error)
{
  const Features *features = domain->features;
  Chipset chipset = chipset_of(domain);
  const Firmware *firmware = domain->firmware;

  if (!features->acpi)
    return TRUE;
  if (!chipset_is_x86(chipset) && chipset != CHIPSET_VIRT) {
    report_warning(domain->report, &features->acpi_place, NULL, NULL,
                   "it has no effect: machine '%s' has no ACPI", domain->os->machine);
    return TRUE;
  }
  if (!os_arch_is_arm(domain->os->arch) || firmware->type == FIRMWARE_PFLASH || firmware->loader)
    return TRUE;
  error_set_document(error, &features->acpi_place, NULL,
                     "on ARM the guest learns of ACPI from UEFI, and this one has no such firmware");
  return error_add_hint(error, "<os firmware='efi'> gives it one; without <acpi/> the guest is told of its "
                               "hardware by a device tree");
}

/* Where QEMU has the device. */
static gboolean validate_varstore(const Domain *domain, GError **error)
{
  const Firmware *firmware = domain->firmware;

  return !firmware->is_varstore || os_arch_is_x86(domain->os->arch) || domain->os->arch == OS_ARCH_AARCH64 ||
         error_set_document(error, &firmware->nvram_place, NULL,
                            "QEMU keeps variables so for x86 and ARM's 64 bits, and not for '%s'",
                            enum_to_string(&os_arch_table, (int)domain->os->arch));
}

gboolean firmware_validate(const Domain *domain, GError **error)
{
  const Firmware *firmware = domain->firmware;

  if (!validate_varstore(domain, error))
    return FALSE;
  if (!validate_acpi(domain, error))
    return FALSE;
  if (!firmware->loader || !firmware->is_secure)
    return TRUE;
  if (firmware->type != FIRMWARE_PFLASH)
    return error_set_document(error, &firmware->loader_place, "secure",
                              "only a loader of type 'pflash' can be");
  if (chipset_of(domain) != CHIPSET_Q35) {
    error_set_document(error, &firmware->loader_place, "secure", "machine '%s' cannot protect it",
                       domain->os->machine);
    return error_add_hint(error, "machine='q35' can");
  }
  if (domain->features->smm != FEATURE_ON) {
    error_set_document(error, &firmware->loader_place, "secure", "needs system management mode");
    return error_add_hint(error, "add <smm state='on'/> to <features>");
  }
  return TRUE;
}
