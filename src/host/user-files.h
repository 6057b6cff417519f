/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of a plan's files the user may have as whom QEMU is run: QEMU opens them by their paths.
 */
#pragma once

#include <glib.h>

#include "base/report.h"
#include "host/account.h"
#include "qemu/plan.h"

/* Adds DOMRUN_ERROR_HOST errors at the places of what @account may not use, each with a next step, and a
 * warning for what no place in the document names. With @is_chowned a guest's own files will be that user's.
 * After requirements_check(), by whose checks root may use all of it. */
void user_files_check(const Plan *plan, const Account *account, gboolean is_chowned, Report *report);
