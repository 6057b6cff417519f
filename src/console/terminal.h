/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user's terminal, made raw for as long as a console is connected to it, and put back on every way out,
 * a crash of this program included.
 */
#pragma once

#include <glib.h>

typedef struct Terminal Terminal;

typedef enum {
  TERMINAL_RAW,          /* every key goes to the guest */
  TERMINAL_WITH_SIGNALS, /* Ctrl-C and its kin keep their meaning for this program */
} TerminalMode;

/* NULL where @fd is no terminal. There can be one at a time. @fd is borrowed. */
Terminal *terminal_new(int fd, TerminalMode mode);

/* Puts it back. */
void terminal_free(Terminal *terminal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Terminal, terminal_free)

/* Undoes what a guest may have told the terminal that @fd writes to, which need not be the one above:
 * colours, the other screen, the mouse, bracketed paste, a cursor that is not shown; and begins a new line
 * where
 * @is_within_line. Nothing where @fd is no terminal. It is not waited for long. */
void terminal_reset(int fd, gboolean is_within_line);

/* Puts it back for a while (before this program is stopped), and takes it again if it is this job's. */
void terminal_suspend(Terminal *terminal);
void terminal_resume(Terminal *terminal);
