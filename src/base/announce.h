/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the supervisor tells the user while the guest runs: one line each on standard error, made safe for a
 * terminal, and in its place also while the terminal is raw. The same lines, with the time before them, go to
 * a log file, which is all that there is of them when the guest runs in the background.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

/* A line as it is: "serial0: /dev/pts/5". */
void announce(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The same after "domrun: ". */
void announce_notice(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* A line for the log alone. */
void announce_log(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Begins a log in the file @name of the directory @directory_fd, which stays open as long as the log; mode
 * 0600. With @is_continued it goes on with the one that is there. When it has a megabyte, it becomes NAME.1,
 * and a new one is begun. */
gboolean announce_open_log(int directory_fd, const char *name, gboolean is_continued, GError **error);
void announce_close_log(void);

/* From now on GLib's fatal errors, of which memory that there is not is the usual one, are told as any error
 * is and end the program with EXIT_CODE_INTERNAL, in place of a signal and a core file with all that the
 * program knows. */
void announce_fatal_errors(void);
