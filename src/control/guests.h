/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guests of this user, found by what their supervisors left on disk: nobody is asked, so that a list
 * takes no time and a supervisor that hangs is on it. What a supervisor left that is gone is removed on the
 * way.
 */
#pragma once

#include "control/client.h"
#include "control/state.h"
#include "host/runtime-dir.h"

typedef struct {
  GuestState state;
  RuntimeDir *directory;
  gboolean is_supervised; /* its lock is held; otherwise only its remains are there (GUEST_PRESERVED) */
} Guest;

void guest_free(Guest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)

/* All guests below @root (NULL: the usual one), by name; the caller unrefs the array of Guest. */
GPtrArray *guests_list(const char *root, GError **error);

/* The guest that is called @what, or has that uuid (with dashes or without), or that id. NULL with a
 * DOMRUN_ERROR_NO_GUEST error that names the nearest one, and where was looked; or, where a uuid or an id
 * fits several, those: it is not guessed, except that one that runs comes before the remains of others. */
Guest *guests_find(const char *root, const char *what, GError **error);

/* Connects to its supervisor. NULL with an error: DOMRUN_ERROR_REFUSED where it has none any more,
 * DOMRUN_ERROR_NO_ANSWER where it does not answer. */
ControlClient *guest_connect(const Guest *guest, GError **error);
