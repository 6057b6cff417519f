/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/firmware.h"

#include "domain/chipset.h"
#include "domain/domain.h"
#include "domain/features.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(firmware_type_table, FIRMWARE_LAST, [FIRMWARE_ROM] = "rom", [FIRMWARE_PFLASH] = "pflash");

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

static gboolean read_loader(xmlNode *os, Domain *domain, GError **error)
{
  Firmware *firmware = domain->firmware;
  xmlNode *loader = NULL;

  if (!xml_child(os, "loader", &loader, error))
    return FALSE;
  if (!loader)
    return TRUE;
  firmware->loader_place = xml_place(loader);
  if (!xml_child_path(os, "loader", &firmware->loader, error) ||
      !xml_attribute_enum(loader, "type", &firmware_type_table, XML_ENUM(&firmware->type), error) ||
      !xml_attribute_yes_no(loader, "readonly", &firmware->is_readonly, error) ||
      !xml_attribute_yes_no(loader, "secure", &firmware->is_secure, error))
    return FALSE;
  if (firmware->loader)
    replace_hvmloader(domain, firmware);
  return TRUE;
}

static gboolean refuse_lone_nvram(xmlNode *nvram, const Firmware *firmware, GError **error)
{
  xml_error(error, nvram, NULL,
            firmware->loader ? "only a loader of type 'pflash' keeps variables"
                             : "there is no <loader> whose variables it could keep");
  return error_add_hint(error,
                        "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>");
}

static gboolean read_nvram(xmlNode *os, Domain *domain, GError **error)
{
  Firmware *firmware = domain->firmware;
  xmlNode *nvram = NULL;
  const char *template;

  if (!xml_child(os, "nvram", &nvram, error))
    return FALSE;
  if (!nvram)
    return TRUE;
  firmware->nvram_place = xml_place(nvram);
  template = xml_attribute(nvram, "template");
  if (!xml_child_path(os, "nvram", &firmware->nvram, error))
    return FALSE;
  if (firmware->nvram && firmware->type != FIRMWARE_PFLASH)
    return refuse_lone_nvram(nvram, firmware, error);
  if (template)
    report_warning(domain->report, &firmware->nvram_place, "template",
                   "copy it once, before the guest's first start", "'%s' is not copied", template);
  return TRUE;
}

/* The variables of a read-only loader are in a file of their own, which libvirt makes. */
static gboolean check_variables(const Firmware *firmware, GError **error)
{
  if (!firmware->loader || firmware->type != FIRMWARE_PFLASH || !firmware->is_readonly || firmware->nvram)
    return TRUE;
  error_set_document(error, &firmware->loader_place, NULL,
                     "a read-only loader needs <nvram>, a file in which the guest keeps its variables");
  return error_add_hint(error,
                        "copy the loader's template once (cp /usr/share/OVMF/OVMF_VARS_4M.fd guest.fd), "
                        "then add <nvram>guest.fd</nvram>");
}

ENUM_TABLE(firmware_auto_table, 2, "bios", "efi");

/* <os firmware='efi'>: libvirt then looks for a loader by itself. */
static gboolean read_auto(xmlNode *os, const Firmware *firmware, GError **error)
{
  int is_efi = FALSE;
  Place place = xml_place(os);

  if (!xml_attribute_enum(os, "firmware", &firmware_auto_table, &is_efi, error))
    return FALSE;
  if (!is_efi || firmware->loader)
    return TRUE;
  error_set_document(error, &place, "firmware", "domrun does not look for a UEFI firmware by itself");
  return error_add_hint(error, "name it: <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd"
                               "</loader>, and in <nvram> a copy of OVMF_VARS_4M.fd");
}

gboolean firmware_parse(xmlNode *root, Domain *domain, GError **error)
{
  xmlNode *os = NULL;

  if (!xml_child(root, "os", &os, error))
    return FALSE;
  return !os || (read_loader(os, domain, error) && read_nvram(os, domain, error) &&
                 check_variables(domain->firmware, error) && read_auto(os, domain->firmware, error));
}

gboolean firmware_validate(const Domain *domain, GError **error)
{
  const Firmware *firmware = domain->firmware;

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
