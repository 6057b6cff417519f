/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether the host has what a plan needs. Looks (stat, access), and changes nothing.
 */
#pragma once

#include "base/report.h"
#include "qemu/plan.h"

/* Adds one DOMRUN_ERROR_HOST error for each requirement of @plan that is not met. */
void requirements_check(const Plan *plan, Report *report);
