/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of a guest that belong to the user as whom QEMU is run for as long as the guest is there. What they
 * were before is noted in the guest's runtime directory before anything is changed, and by these notes alone
 * they are given back: by whoever ends the guest, or finds what is left of it.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "base/json.h"
#include "host/account.h"
#include "host/runtime-dir.h"

/* Gives @path, a file, a block device, or a directory with the files in it, to @account. Refused with a
 * DOMRUN_ERROR_HOST error: what is reached by a link that others than root could have made, what has a second
 * name, what another guest has. What is that user's already stays so. */
gboolean ownership_take(const RuntimeDir *directory, const Account *account, const char *path,
                        const Place *place, GError **error);

/* The same of all files of the plan that are the guest's alone and are there. */
gboolean ownership_take_all(const RuntimeDir *directory, const Account *account, const Plan *plan,
                            GError **error);

/* What domrun has made for the guest just now, a file or a directory with the files in it, becomes and stays
 * that user's. */
gboolean ownership_settle(const Account *account, const char *path, const Place *place, GError **error);

/* Root's directories that @path is in, from @base on, which is domrun's own, let everybody pass, who does not
 * see what is in them. */
gboolean ownership_let_pass(const char *path, const char *base, const Place *place, GError **error);

/* Gives all back, in the guest's runtime directory, an open one. QEMU, and what served it, have ended. */
void ownership_give_back(int directory);

/* The guest goes on in another directory: the notes move. */
void ownership_move(int from, int to);
