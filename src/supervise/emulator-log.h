/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU says on its standard output and error: relayed to the user line by line, made safe for a
 * terminal, and its last lines kept for the error if it dies.
 */
#pragma once

#include <glib.h>

typedef struct EmulatorLog EmulatorLog;

/* Takes @fd, the reading end of a pipe. Until emulator_log_relay() lines are only kept: if QEMU fails to
 * start, they end the error text instead. */
EmulatorLog *emulator_log_new(GMainContext *context, int fd);
void emulator_log_free(EmulatorLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EmulatorLog, emulator_log_free)

/* Relays what was kept, and from now on each line at once. */
void emulator_log_relay(EmulatorLog *log);

/* Reads what is there, without waiting: after QEMU has ended. */
void emulator_log_drain(EmulatorLog *log);

/* The lines that were kept and not relayed, with newlines between; NULL where there are none. The caller
 * frees it. */
char *emulator_log_last_words(const EmulatorLog *log);
