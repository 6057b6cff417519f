/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Huge pages of this host: as many as somebody has set aside. The kernel's documentation,
 * admin-guide/mm/hugetlbpage.
 */
#pragma once

#include "qemu/plan.h"

/* For PLAN_REQUIRE_HUGEPAGES: a DOMRUN_ERROR_HOST error that names the command which helps. */
gboolean hugepages_check(const PlanRequirement *requirement, GError **error);
