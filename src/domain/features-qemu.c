/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's x86 machines always have an APIC and, with every CPU model that has PAE, PAE: the two need no
 * argument.
 */
#include "config.h"

#include "domain/features.h"

void features_translate(const Features *features, Plan *plan)
{
  if (!features->acpi)
    plan_add(plan, PLAN_BOTH, "-no-acpi", NULL);
}
