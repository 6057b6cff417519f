/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SCSI devices of the host, "0:0:4:8" (adapter, bus, target, unit), that a guest talks to as they are; and
 * mediated devices, parts of a device that its driver has divided.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

/* The node of the SCSI device, "/dev/sg3", or NULL. The caller frees it. */
char *scsi_find(const char *name);

/* The node of the group of the mediated device, "/dev/vfio/14", or NULL. The caller frees it. */
char *mdev_find_group(const char *root, const char *uuid);

/* For PLAN_REQUIRE_SCSI, PLAN_REQUIRE_MDEV; below a tree that stands for the host's root. */
gboolean scsi_check(const PlanRequirement *requirement, GError **error);
gboolean scsi_check_below(const char *root, const PlanRequirement *requirement, GError **error);
gboolean mdev_check(const PlanRequirement *requirement, GError **error);
gboolean mdev_check_below(const char *root, const PlanRequirement *requirement, GError **error);
