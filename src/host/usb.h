/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * USB devices of the host that a guest gets as they are.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

/* The node of the one device that it can be, "/dev/bus/usb/001/004"; NULL where there is none, or several.
 * The caller frees it. The second below a tree that stands for the host's root. */
char *usb_find(const PlanUsb *usb);
char *usb_find_below(const char *root, const PlanUsb *usb);

/* For PLAN_REQUIRE_USB; the second below a tree that stands for the host's root. */
gboolean usb_check(const PlanRequirement *requirement, GError **error);
gboolean usb_check_below(const char *root, const PlanRequirement *requirement, GError **error);
