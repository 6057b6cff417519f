/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/watchdog.h"

#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/domain.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(watchdog_model_table, WATCHDOG_LAST, [WATCHDOG_I6300ESB] = "i6300esb", [WATCHDOG_IB700] = "ib700",
           [WATCHDOG_ITCO] = "itco", [WATCHDOG_DIAG288] = "diag288");
ENUM_TABLE(watchdog_action_table, WATCHDOG_ACTION_LAST, [WATCHDOG_RESET] = "reset",
           [WATCHDOG_SHUTDOWN] = "shutdown", [WATCHDOG_POWEROFF] = "poweroff", [WATCHDOG_PAUSE] = "pause",
           [WATCHDOG_DUMP] = "dump", [WATCHDOG_NONE] = "none", [WATCHDOG_INJECT_NMI] = "inject-nmi");

static gboolean watchdog_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Watchdog *watchdog = (Watchdog *)device;

  if (!xml_attribute_enum_required(node, "model", &watchdog_model_table, XML_ENUM(&watchdog->model), error) ||
      !xml_attribute_enum(node, "action", &watchdog_action_table, XML_ENUM(&watchdog->action), error) ||
      !device_parse_alias(node, device, error))
    return FALSE;
  return watchdog->model != WATCHDOG_I6300ESB || address_parse(node, allowed, &device->address, error);
}

static gboolean watchdog_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "watchdog%u", device->index);
  if (((const Watchdog *)device)->model == WATCHDOG_I6300ESB)
    device->pci_plug = PCI_PLUG_CONVENTIONAL;
  return TRUE;
}

static void claim_model(const Device *device, GPtrArray *claims)
{
  if (device->room == &watchdog_room)
    g_ptr_array_add(claims,
                    g_strdup(enum_to_string(&watchdog_model_table, (int)((const Watchdog *)device)->model)));
}

static gboolean watchdog_validate(const Domain *domain, const Device *device, GError **error)
{
  const Watchdog *watchdog = (const Watchdog *)device;
  const Watchdog *first = (const Watchdog *)device_first_of(domain, &watchdog_room);
  const char *model = enum_to_string(&watchdog_model_table, (int)watchdog->model);
  const Device *same = device_first_claimant(domain, claim_model, model);

  if (same != device)
    return error_set_document(error, &device->place, "model", "a machine has one '%s': that of line %d",
                              model, same->place.line);
  if (watchdog->action != first->action)
    return error_set_document(error, &device->place, "action",
                              "'%s' is not the '%s' of line %d, and QEMU does the same for all of them",
                              enum_to_string(&watchdog_action_table, (int)watchdog->action),
                              enum_to_string(&watchdog_action_table, (int)first->action),
                              first->device.place.line);
  if (watchdog->model == WATCHDOG_ITCO && chipset_of(domain) != CHIPSET_Q35) {
    error_set_document(error, &device->place, "model", "machine '%s' has no 'itco'", domain->os->machine);
    return error_add_hint(error, "machine='q35' has; model='i6300esb' goes with every machine that has PCI");
  }
  if ((watchdog->model == WATCHDOG_DIAG288) != (chipset_of(domain) == CHIPSET_CCW) ||
      (watchdog->model == WATCHDOG_IB700 && !chipset_is_x86(chipset_of(domain))))
    return error_set_document(
        error, &device->place, "model", "machine '%s' cannot have '%s' (%s)", domain->os->machine, model,
        chipset_of(domain) == CHIPSET_CCW ? "it can have: diag288" : "with PCI it can have: i6300esb");
  return TRUE;
}

const DeviceRoom watchdog_room = {
  .element = "watchdog",
  .size = sizeof(Watchdog),
  .pci_order = DEVICE_PCI_ORDER_WATCHDOG,
  .parse = watchdog_parse,
  .complete = watchdog_complete,
  .validate = watchdog_validate,
  .translate = watchdog_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
