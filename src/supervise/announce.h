/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the supervisor tells the user while the guest runs: one line each on standard error, made safe for a
 * terminal, and in its place also while the terminal is raw.
 */
#pragma once

#include <glib.h>

/* A line as it is: "serial0: /dev/pts/5". */
void announce(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The same after "domrun: ". */
void announce_notice(const char *format, ...) G_GNUC_PRINTF(1, 2);
