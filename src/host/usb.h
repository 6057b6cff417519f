/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * USB devices of the host that a guest gets as they are.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

/* For PLAN_REQUIRE_USB; the second below a tree that stands for the host's root. */
gboolean usb_check(const PlanRequirement *requirement, GError **error);
gboolean usb_check_below(const char *root, const PlanRequirement *requirement, GError **error);
