/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the state of a TPM is kept, and making it: swtpm_setup(8) does to a new TPM what a manufacturer
 * would, once, and is never let loose on one that is there but to choose banks of PCRs.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "host/beside.h"
#include "qemu/plan.h"

/* The state of @plan at @path, locked against any other guest for as long as the descriptor, or a copy of it,
 * is open; made where it is not there, whole or not at all. @secret: the key's, or -1; it is read from its
 * beginning. What is only needed meanwhile is in @temporary, which goes with the guest, however that ends. -1
 * with a DOMRUN_ERROR_HOST error. */
int tpm_state_open(const PlanTpm *plan, const char *path, const char *temporary, int secret,
                   const Beside *beside, const Place *place, GError **error);

/* Whether swtpm_setup is needed for it; for who only looks. */
gboolean tpm_state_is_to_be_made(const PlanTpm *plan);
