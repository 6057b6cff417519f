/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two are properties of the chipset's power management. -global is what reaches a device that the machine
 * has built in.
 */
#include "config.h"

#include "domain/chipset.h"
#include "domain/features.h"
#include "domain/pm.h"

static void add_state(Plan *plan, const char *driver, const char *property, FeatureState state)
{
  if (state != FEATURE_UNSET)
    plan_add_format(plan, PLAN_BOTH, "-global", "%s.%s=%d", driver, property, state == FEATURE_OFF);
}

void pm_translate(const Domain *domain, Plan *plan)
{
  const char *driver = chipset_pm_driver(chipset_of(domain), domain->features->acpi);

  if (!driver)
    return;
  add_state(plan, driver, "disable_s3", domain->pm->to_mem);
  add_state(plan, driver, "disable_s4", domain->pm->to_disk);
}
