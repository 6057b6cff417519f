/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/panic.h"

#include "devices/controller/controller.h"

ENUM_TABLE(panic_driver_table, PANIC_LAST, [PANIC_ISA] = "pvpanic", [PANIC_PVPANIC] = "pvpanic-pci",
           [PANIC_S390] = NULL); /* hyperv: hyperv_translate() */

gboolean panic_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Panic *panic = (const Panic *)device;
  Props *props;

  if (!enum_to_string(&panic_driver_table, (int)panic->model)) /* a part of the CPU or the machine */
    return TRUE;
  props = props_new("driver", enum_to_string(&panic_driver_table, (int)panic->model));
  if (panic->iobase)
    props_add_uint(props, "ioport", panic->iobase);
  if (panic->model == PANIC_PVPANIC) {
    props_add_string(props, "id", device->alias);
    controller_add_address(domain, device, props);
  }
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
