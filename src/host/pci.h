/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PCI devices of the host that a guest gets as they are, by VFIO.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

/* For PLAN_REQUIRE_PCI. */
gboolean pci_check(const PlanRequirement *requirement, GError **error);
