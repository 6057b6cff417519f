/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/nvram.h"

gboolean nvram_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  plan_add_format(plan, PLAN_BOTH, "-global", "spapr-nvram.reg=0x%" G_GINT64_MODIFIER "x",
                  device->address.spapr_vio.reg);
  return TRUE;
}
