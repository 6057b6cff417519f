/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/panic.h"

#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/domain.h"
#include "domain/features.h"
#include "domain/os.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(panic_model_table, PANIC_LAST, [PANIC_ISA] = "isa", [PANIC_PVPANIC] = "pvpanic",
           [PANIC_HYPERV] = "hyperv", [PANIC_PSERIES] = "pseries", [PANIC_S390] = "s390");

static PanicModel default_model(Chipset chipset)
{
  if (chipset == CHIPSET_PSERIES)
    return PANIC_PSERIES;
  if (chipset == CHIPSET_CCW)
    return PANIC_S390;
  return chipset_is_x86(chipset) ? PANIC_ISA : PANIC_PVPANIC;
}

/* What stands between them is parts of machines. */
static gboolean fits(PanicModel model, Chipset chipset)
{
  switch (model) {
  case PANIC_PSERIES:
    return chipset == CHIPSET_PSERIES;
  case PANIC_S390:
    return chipset == CHIPSET_CCW;
  case PANIC_PVPANIC:
    return chipset_has_pci(chipset);
  case PANIC_ISA:
  case PANIC_HYPERV:
  case PANIC_DEFAULT:
  case PANIC_LAST:
    break;
  }
  return chipset_is_x86(chipset);
}

static gboolean read_isa_address(xmlNode *node, Panic *panic, GError **error)
{
  xmlNode *address = NULL;
  const char *type;

  if (!xml_child(node, "address", &address, error))
    return FALSE;
  if (!address)
    return TRUE;
  if (!xml_attribute_required(address, "type", &type, error))
    return FALSE;
  if (!g_str_equal(type, "isa"))
    return xml_error(error, address, "type", "unknown value '%s' (known: isa)", type);
  return xml_attribute_uint32(address, "iobase", 1, 0xffff, &panic->iobase, error);
}

static gboolean read_address(xmlNode *node, Panic *panic, GError **error)
{
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE };
  xmlNode *address = NULL;

  if (panic->model == PANIC_PVPANIC)
    return address_parse(node, pci, &panic->device.address, error);
  if (panic->model == PANIC_ISA || panic->model == PANIC_DEFAULT)
    return read_isa_address(node, panic, error);
  if (!xml_child(node, "address", &address, error))
    return FALSE;
  return !address || xml_error(error, address, NULL, "model '%s' has no address: it is a part of the %s",
                               enum_to_string(&panic_model_table, (int)panic->model),
                               panic->model == PANIC_HYPERV ? "CPU" : "machine");
}

static gboolean panic_parse(xmlNode *node, Device *device, GError **error)
{
  Panic *panic = (Panic *)device;

  if (!xml_attribute_enum(node, "model", &panic_model_table, XML_ENUM(&panic->model), error))
    return FALSE;
  return (panic->model != PANIC_PVPANIC || device_parse_acpi(node, device, error)) &&
         device_parse_alias(node, device, error) && read_address(node, panic, error);
}

static gboolean panic_complete(Domain *domain, Device *device, GError **error)
{
  Panic *panic = (Panic *)device;

  if (panic->model == PANIC_DEFAULT)
    panic->model = default_model(chipset_of(domain));
  device_set_alias(domain, device, "panic%u", device->index);
  if (panic->model == PANIC_PVPANIC)
    device->pci_plug = PCI_PLUG_CONVENTIONAL;
  if (panic->model == PANIC_HYPERV)
    domain->features->hyperv.has_crash = TRUE;
  return TRUE;
}

static void claim_model(const Device *device, GPtrArray *claims)
{
  if (device->room == &panic_room)
    g_ptr_array_add(claims,
                    g_strdup(enum_to_string(&panic_model_table, (int)((const Panic *)device)->model)));
}

static gboolean panic_validate(const Domain *domain, const Device *device, GError **error)
{
  const char *model = enum_to_string(&panic_model_table, (int)((const Panic *)device)->model);
  const Device *same = device_first_claimant(domain, claim_model, model);

  if (!fits(((const Panic *)device)->model, chipset_of(domain))) {
    error_set_document(error, &device->place, "model", "machine '%s' has none of model '%s'",
                       domain->os->machine, model);
    return error_add_hint(error, "without the attribute it is the machine's own");
  }
  if (same != device)
    return error_set_document(error, &device->place, "model",
                              "a guest can have one panic device of model '%s': that of line %d", model,
                              same->place.line);
  return TRUE;
}

static void panic_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  xml_set_attribute(node, "model", enum_to_string(&panic_model_table, (int)((const Panic *)device)->model));
}

const DeviceRoom panic_room = {
  .element = "panic",
  .size = sizeof(Panic),
  .pci_order = DEVICE_PCI_ORDER_PANIC,
  .parse = panic_parse,
  .complete = panic_complete,
  .validate = panic_validate,
  .translate = panic_translate,
  .annotate = panic_annotate,
  .clear = device_clear_nothing,
};
