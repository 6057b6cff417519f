/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The children of others: whoever is the first process of a container, or has said that it is a subreaper,
 * inherits every process whose parent has ended, and has to reap it.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Whether this process inherits such children. */
gboolean reaper_is_needed(void);

/* Reaps all that have ended, but for @own (0: there is none), which stays for whoever waits for it. */
void reaper_reap(pid_t own);
