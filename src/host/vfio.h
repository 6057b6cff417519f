/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What VFIO takes on the host, whatever kind of device it is. Facts: the kernel's
 * Documentation/driver-api/vfio.rst: a device belongs to a group, /dev/vfio/N, and all of the group goes to
 * one program.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

/* The node of the group of the device in @directory, a path in sysfs below @root: "/dev/vfio/14"; NULL: it is
 * in none. The caller frees it. */
char *vfio_find_group(const char *root, const char *directory);

/* Whether this user may open the group of the device in @directory, a path in sysfs below @root. @what names
 * the device in messages: "PCI device". */
gboolean vfio_check_group(const char *root, const PlanRequirement *requirement, const char *directory,
                          const char *what, GError **error);

/* For PLAN_REQUIRE_LOCKED: the guest's memory stays where it is while a device of the host reaches it. */
gboolean vfio_check_locked(const PlanRequirement *requirement, GError **error);
