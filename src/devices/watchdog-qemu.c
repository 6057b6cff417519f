/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: the iTCO timer of QEMU's Q35 resets nothing unless the strap that says so is off (ICH9-LPC.noreboot,
 * on since machine version 8.0, off before).
 */
#include "config.h"

#include "devices/watchdog.h"

#include "devices/controller/controller.h"

ENUM_TABLE(watchdog_driver_table, WATCHDOG_LAST, [WATCHDOG_I6300ESB] = "i6300esb", [WATCHDOG_IB700] = "ib700",
           [WATCHDOG_DIAG288] = "diag288", [WATCHDOG_ITCO] = /* the board's */ NULL);

gboolean watchdog_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Watchdog *watchdog = (const Watchdog *)device;
  gboolean dumps = watchdog->action == WATCHDOG_DUMP;

  if (watchdog->model == WATCHDOG_ITCO) {
    plan_add(plan, PLAN_BOTH, "-global", "ICH9-LPC.noreboot=off");
  } else {
    Props *props = props_new("driver", enum_to_string(&watchdog_driver_table, (int)watchdog->model));

    props_add_string(props, "id", device->alias);
    if (device->pci_plug != PCI_PLUG_NONE)
      controller_add_address(domain, device, props);
    plan_add_json(plan, PLAN_BOTH, "-device", props);
  }
  if (device->index > 0)
    return TRUE;
  plan_add(plan, PLAN_BOTH, "-watchdog-action",
           dumps ? "pause" : enum_to_string(&watchdog_action_table, (int)watchdog->action));
  plan->watchdog_dumps = dumps;
  if (dumps)
    plan_lack(plan, &device->place, "action",
              "the guest's memory is not written when its watchdog runs out; the guest stands");
  return TRUE;
}
