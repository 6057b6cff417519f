/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev.h"

gboolean serial_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Chardev *serial = (const Chardev *)device;
  Props *props = props_new("driver", "isa-serial");

  chardev_source_translate(&serial->source, device, plan);
  props_add_format(props, "chardev", "char%s", device->alias);
  props_add_string(props, "id", device->alias);
  props_add_int(props, "index", serial->port);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}

gboolean console_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  /* Every console there is so far is another name of a serial port. */
  return TRUE;
}
