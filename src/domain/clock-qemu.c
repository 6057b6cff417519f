/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/clock.h"

void clock_translate(const Clock *clock, Plan *plan)
{
  plan_add(plan, PLAN_BOTH, "-rtc", clock->offset == CLOCK_LOCALTIME ? "base=localtime" : "base=utc");
}
