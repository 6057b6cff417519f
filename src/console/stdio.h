/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Standard input and output as a viewer of a console: a terminal, or whatever a script or a CI job has there.
 */
#pragma once

#include "console/console.h"

typedef struct Stdio Stdio;

/* Ctrl+], which leaves the console, as telnet and virsh have it. */
enum { STDIO_ESCAPE = 0x1d };

/* Adds standard input and output to @console, which must outlive it. @alias is the device's, for messages.
 *
 * Where input is a terminal it becomes raw. With @has_escape every key but Ctrl+] goes to the guest; that one
 * takes the viewer away, and the guest runs on. Without, Ctrl-C keeps its meaning for this program. The end
 * of the input ends nothing. */
Stdio *stdio_new(GMainContext *context, Console *console, const char *alias, gboolean has_escape);

/* Says on standard error, where that is a terminal, how to leave, where one can. */
void stdio_announce(const Stdio *stdio);

/* Puts the terminal back. */
void stdio_free(Stdio *stdio);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stdio, stdio_free)

/* This program is about to be stopped by job control; it goes on. */
void stdio_suspend(Stdio *stdio);
void stdio_resume(Stdio *stdio);
