/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * swtpm(8), which emulates a TPM for one guest: QEMU and it have the two ends of one socket, and nobody
 * listens on anything.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "host/beside.h"
#include "host/runtime-dir.h"
#include "process/helper.h"
#include "qemu/plan.h"

typedef struct Swtpm Swtpm;

/* Starts it, and returns when it has found that it can use the state, which is made where it is new: with an
 * error of DOMRUN_ERROR_HOST, or DOMRUN_ERROR_STOPPED, that has its last words otherwise. */
Swtpm *swtpm_start(const PlanTpm *plan, const RuntimeDir *directory, const Beside *beside, const Place *place,
                   GError **error);

/* QEMU's end, borrowed. */
int swtpm_fd(const Swtpm *swtpm);

/* Borrowed. */
Helper *swtpm_helper(const Swtpm *swtpm);

/* Ends it, and returns when its state is written: QEMU is not there any more. */
void swtpm_end(Swtpm *swtpm);

/* For PLAN_REQUIRE_TPM: a DOMRUN_ERROR_HOST error. */
gboolean swtpm_check(const PlanRequirement *requirement, GError **error);
