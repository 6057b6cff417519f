/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is the kernel that limits QEMU: nothing of this is on its command line.
 */
#include "config.h"

#include "domain/limits.h"

void domain_limits_translate(const DomainLimits *limits, Plan *plan)
{
  plan->limits = limits->plan;
  if (limits->plan.is_given)
    plan_lack(plan, &limits->plan.place, /* attribute= */ NULL,
              "this QEMU has no limits (systemd-run --scope -p NAME=VALUE before it sets them)");
}
