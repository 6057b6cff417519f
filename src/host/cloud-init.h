/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The image for cloud-init: an ISO 9660 file system with the label CIDATA, made by xorriso(1) or
 * genisoimage(1). What the user's directory has is taken as it is; user-data and meta-data, without which
 * cloud-init looks elsewhere, are made where it has none.
 * https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
 */
#pragma once

#include "base/error.h"
#include "host/beside.h"
#include "qemu/plan.h"

/* The image, open for reading, which has no name any more. @directory is one of this user's own, for what is
 * needed meanwhile, which is gone when this returns; after a kill it is called CLOUD_INIT_SCRATCH. -1 with a
 * DOMRUN_ERROR_HOST error, or DOMRUN_ERROR_STOPPED. */
#define CLOUD_INIT_SCRATCH "cloud-init"
int cloud_init_make(const PlanCloudInit *plan, const char *directory, const Beside *beside,
                    const Place *place, GError **error);

/* For PLAN_REQUIRE_CLOUD_INIT: a DOMRUN_ERROR_HOST error. */
gboolean cloud_init_check(const PlanRequirement *requirement, GError **error);
