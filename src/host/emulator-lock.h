/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lock that a guest's QEMU inherits, so that the guest's name stays taken for as long as QEMU lives, also
 * where its supervisor was killed: QEMU runs on then, until somebody adopts it, unless it is tied to its
 * supervisor. It is a file of the guest's directory beside the supervisor's lock, and not that lock itself,
 * since whoever has a lock open can give it back, and QEMU may be its guest's.
 *
 * All take the guest's directory, open.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

/* The file's name. */
extern const char emulator_lock_name[];

/* Takes the lock for the QEMU of @guest, whose name is for the error, and which runs as @uid; @is_tied: the
 * kernel kills it with its supervisor. The caller passes the descriptor on (it is close-on-exec here) and
 * closes it. -1 with a DOMRUN_ERROR_HOST error: a process of the last one has it still. */
int emulator_lock_take(int directory, const char *guest, uid_t uid, gboolean is_tied, GError **error);

/* Whether somebody has it. Only who has the supervisor's lock, or keeps others from it, may ask: it is tried.
 */
gboolean emulator_lock_is_held(int directory);

/* Whether the QEMU that has it was tied to its supervisor: where that is gone, so is QEMU in a moment. It may
 * stay all the same, where a wrapper has started it, or its file has capabilities (setcap). */
gboolean emulator_lock_is_passing(int directory);

/* Kills those that have it: the process @pid that started at @start (process_start(); 0: it is not known),
 * and whoever else the kernel names; none but those of the directory's owner. FALSE with a
 * DOMRUN_ERROR_REFUSED error where it is held in the end, which names who has it as far as that is known. */
gboolean emulator_lock_end_holders(int directory, gint64 pid, gint64 start, GError **error);

/* When the process @pid started, in clock ticks since the boot (proc(5)); with @pid it names a process for
 * good. 0: there is none, or it has ended. */
gint64 process_start(gint64 pid);
