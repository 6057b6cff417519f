/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guests of this user, found by what their supervisors left on disk: nobody is asked, so that a list
 * takes no time and a supervisor that hangs is on it. What a supervisor left that is gone is removed on the
 * way. Only a supervisor that has no room to write anything is asked.
 */
#pragma once

#include "control/client.h"
#include "control/state.h"
#include "host/runtime-dir.h"

typedef struct {
  GuestState state;
  RuntimeDir *directory;
  gboolean is_supervised;   /* its lock is held */
  gboolean is_unsupervised; /* or its QEMU is there without a supervisor (GUEST_UNSUPERVISED); where neither
                           is so, only its   remains are there (GUEST_PRESERVED, GUEST_ENDED) */
} Guest;

void guest_free(Guest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)

/* Whether this is what is left of the last run of its name: how it ended, its log and its last events. It
 * stays until the name is started again, it is forgotten, or it is one of too many. */
gboolean guest_is_trace(const Guest *guest);

/* Sets a DOMRUN_ERROR_NO_GUEST error for a guest that is a trace. */
gboolean guest_trace_error(const Guest *guest, GError **error);

/* Whether a supervisor looks after it: the one that it was found with, or one that has adopted it since. The
 * name is free before a supervisor hangs up by itself, and another guest may have started under it since, in
 * the same directory. */
gboolean guest_is_there(const Guest *guest);

/* Whether nothing of it runs any more, once its supervisor has hung up: a QEMU that was killed with it is
 * waited for. FALSE with an error: DOMRUN_ERROR_REFUSED where QEMU has outlived it, DOMRUN_ERROR_NO_ANSWER
 * where it is there still. */
gboolean guest_check_over(const Guest *guest, GError **error);

/* Kills the QEMU of a guest that is unsupervised, and removes what is left of it. */
gboolean guest_end_unsupervised(const Guest *guest, GError **error);

/* Removes all traces below @root but the 100 newest. */
void guests_forget_old(const char *root);

/* All guests below @root (NULL: the usual one), by name; the caller unrefs the array of Guest. */
GPtrArray *guests_list(const char *root, GError **error);

/* The guest that is called @what, or has that uuid (with dashes or without), or that id. NULL with a
 * DOMRUN_ERROR_NO_GUEST error that names the nearest one, and where was looked; or, where a uuid or an id
 * fits several, those: it is not guessed, except that one that runs comes before the remains of others. */
Guest *guests_find(const char *root, const char *what, GError **error);

/* Connects to its supervisor, or to the one that is just adopting it. NULL with an error:
 * DOMRUN_ERROR_REFUSED or DOMRUN_ERROR_NO_GUEST (a trace) where it has none any more, DOMRUN_ERROR_NO_ANSWER
 * where it does not answer. */
ControlClient *guest_connect(const Guest *guest, GError **error);
