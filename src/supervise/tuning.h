/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between QEMU's first answer and the guest's first instruction: the threads that <cputune> has something to
 * say of are pinned and scheduled.
 *
 * What QEMU says of its threads is believed only of threads that it has. Of the threads that have no CPUs of
 * their own, those that run the guest or its disks get what the guest has as a whole: they were born with the
 * emulator's.
 */
#pragma once

#include "supervise/supervisor.h"

/* The error of the first step that failed, borrowed; or NULL. */
typedef void (*TuningFunc)(Supervisor *supervisor, const GError *error);

/* @done is called at once where there is nothing to do. Meanwhile supervisor->tuning is what is being done.
 */
void tuning_start(Supervisor *supervisor, TuningFunc done);

/* Gives it up, once QEMU's connection is gone. */
void tuning_free(Tuning *tuning);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tuning, tuning_free)
