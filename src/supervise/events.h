/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU tells of the guest, by events and when it is asked: that it runs or stands, was reset, has
 * powered off, rebooted, panicked; and what comes of it while QEMU is there (life.c: once it is not).
 */
#pragma once

#include "supervise/supervisor.h"

/* An event of QMP; an EmulatorHandlers.event. @data may be NULL. */
void events_handle(const char *name, Json *data, gpointer user_data);

/* Asks QEMU how the guest is, and acts on the answer. */
void events_ask_status(Supervisor *supervisor);

/* The guest runs, or has come to its end already: who waits for the start hears it, and what became of the
 * limits, too. */
void events_finish_start(Supervisor *supervisor);
