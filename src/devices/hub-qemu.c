/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/hub.h"

#include "devices/controller/controller.h"

gboolean hub_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  Props *props = props_new("driver", "usb-hub");

  props_add_string(props, "id", device->alias);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
