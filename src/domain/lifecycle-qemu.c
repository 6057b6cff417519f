/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU does by itself what needs no supervisor (a reset; ending at a power-off) and stops where the
 * supervisor decides, so that one which comes later finds it so. In the shell's form there is no supervisor:
 * a guest's panic ends QEMU there, and nothing is preserved. Facts: QEMU's manual, option -action; tried with
 * 7.2: shutdown=pause holds for a power-off and for a reboot that is one, and not for SIGTERM or QMP's quit.
 */
#include "config.h"

#include "domain/lifecycle.h"

void lifecycle_translate(const Lifecycle *lifecycle, Plan *plan)
{
  if (lifecycle->on_reboot != LIFECYCLE_RESTART)
    plan_add(plan, PLAN_BOTH, "-action", "reboot=shutdown");
  if (lifecycle_pauses(lifecycle))
    plan_add(plan, PLAN_RUN, "-action", "shutdown=pause");
  plan_add(plan, PLAN_RUN, "-action", "panic=pause");
}
