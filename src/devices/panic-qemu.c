/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/panic.h"

gboolean panic_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Panic *panic = (const Panic *)device;
  Props *props = props_new("driver", "pvpanic");

  if (panic->iobase)
    props_add_uint(props, "ioport", panic->iobase);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
