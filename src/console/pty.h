/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pseudo terminal as a viewer of a console: the path stays the same as long as the guest lives, whoever
 * comes and goes, and however often QEMU is started. Who opens it gets what was printed since it was last
 * open, up to 64 KiB.
 */
#pragma once

#include "base/error.h"
#include "console/console.h"

typedef struct Pty Pty;

/* Makes the terminal and adds it to @console, which must outlive it. */
Pty *pty_new(GMainContext *context, Console *console, GError **error);
void pty_free(Pty *pty);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pty, pty_free)

/* "/dev/pts/5" */
const char *pty_path(const Pty *pty);

/* QEMU is about to end: who opens the terminal from now on is seen at the end. Or another QEMU has started.
 */
void pty_expect_end(Pty *pty);
void pty_expect_more(Pty *pty);

/* The guest has ended, and all it printed is written to the terminal. Calls @finished, possibly at once, when
 * those who have it open have also read it, or do not read for FINAL_PATIENCE milliseconds: closing it throws
 * away what they have not. */
void pty_finish(Pty *pty, void (*finished)(gpointer user_data), gpointer user_data);
