/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virtiofsd(1), which shares a directory with one guest. There are two of them: QEMU's own, in C, until QEMU
 * 8.0, which needs root; and the one in Rust, which needs no rights.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "host/beside.h"
#include "host/runtime-dir.h"
#include "process/helper.h"
#include "qemu/plan.h"

typedef struct Virtiofsd Virtiofsd;

/* Starts it, and returns when it answers. What it listens on has the file @name in @directory for a moment,
 * and then none.  NULL with an error of DOMRUN_ERROR_HOST, or DOMRUN_ERROR_STOPPED,
 * that has its last words. */
Virtiofsd *virtiofsd_start(const PlanVirtiofsd *plan, const RuntimeDir *directory, const char *name,
                           const Beside *beside, const Place *place, GError **error);

/* QEMU's end, borrowed. */
int virtiofsd_fd(const Virtiofsd *virtiofsd);

/* Borrowed. */
Helper *virtiofsd_helper(const Virtiofsd *virtiofsd);

/* Ends it, and returns when it has ended: QEMU is not there any more. */
void virtiofsd_end(Virtiofsd *virtiofsd);

/* For PLAN_REQUIRE_VIRTIOFSD: a DOMRUN_ERROR_HOST error. */
gboolean virtiofsd_check(const PlanRequirement *requirement, GError **error);
