/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals as a source of the main loop (signalfd): nothing is done in a handler, and no thread is needed.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct Signals Signals;

/* Calls @func for SIGHUP, SIGINT, SIGTERM, SIGTSTP and SIGCONT, except those that were ignored before
 * (nohup); and for SIGCHLD where the children of others are to be reaped (reaper.h). SIGPIPE, SIGTTIN,
 * SIGTTOU and SIGXFSZ are ignored meanwhile: the calls that would raise them fail instead.
 */
Signals *signals_new(GMainContext *context, void (*func)(int signal, gpointer user_data), gpointer user_data,
                     GError **error);

/* Puts everything back as it was, but for SIGHUP, SIGINT and SIGTERM, which are ignored from now on: the
 * program is about to end, with the exit code that it has. */
void signals_free(Signals *signals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Signals, signals_free)

/* A descriptor that can be read as soon as the user wants to stop: SIGINT, SIGTERM or SIGHUP has come, which
 * this process has blocked. Nobody reads it: the signal stays pending for whoever handles it later. -1 on
 * failure; the caller closes it. */
int signals_open_stop(void);
