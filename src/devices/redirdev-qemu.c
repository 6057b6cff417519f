/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/redirdev.h"

#include "devices/controller/controller.h"
#include "domain/devices.h"

gboolean redirdev_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Redirfilter *filter = (const Redirfilter *)device_first_of(domain, &redirfilter_room);
  Props *props = props_new("driver", "usb-redir");

  chardev_source_translate(&((const Redirdev *)device)->source, device, plan);
  props_add_format(props, "chardev", "char%s", device->alias);
  props_add_string(props, "id", device->alias);
  props_add_string(props, "filter", filter ? filter->rules : NULL);
  if (device->boot_index)
    props_add_uint(props, "bootindex", device->boot_index);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}

/* Each device has it among its own. */
gboolean redirfilter_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  return TRUE;
}
