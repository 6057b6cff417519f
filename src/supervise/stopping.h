/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a guest is stopped. A ladder: the power button, by ACPI, pressed again and again, since a guest that
 * still boots misses it; when the time for that is over, QMP's `quit`, after which QEMU writes back what it
 * has cached; when that takes too long, SIGKILL. Each step is told.
 */
#pragma once

#include "supervise/supervisor.h"

/* Milliseconds between two presses. */
enum { POWER_BUTTON_AGAIN = 5 * 1000 };

/* Begins at the first step, or at the second where the options say so; @seconds is the time for it, or -1 for
 * that of the options, and 0 is no limit. */
void stopping_power_down(Supervisor *supervisor, int seconds);

/* Presses the button alone, again and again: until the guest powers down, or for @seconds (0: for ever),
 * after which it runs on. Nothing is ever ended. QMP answers, and the guest has ACPI. */
void stopping_ask(Supervisor *supervisor, guint seconds);

/* The same for a guest that is started again when it has powered off; one that does not power off in time
 * runs on. */
void stopping_reboot(Supervisor *supervisor);

/* Begins at the second step: QMP's `quit` (or SIGKILL, where QMP does not answer yet, or any more). @reason
 * is why, as in states_set(). */
void stopping_quit(Supervisor *supervisor, const char *reason);

/* `quit`, and SIGKILL soon after; with @is_graceful no SIGKILL ever. */
void stopping_destroy(Supervisor *supervisor, gboolean is_graceful);

/* A QEMU that is to end, and was too young to be told, takes commands now. */
void stopping_on_ready(const Supervisor *supervisor);

/* QEMU is about to end by itself: waits for that as for the end of a `quit`. */
void stopping_await_end(Supervisor *supervisor, const char *reason);

/* QEMU has closed its connection while the guest ran: it is ending by itself, or has to be ended. */
void stopping_on_hang_up(Supervisor *supervisor);

/* SIGINT, SIGTERM or SIGHUP has come at @now, the monotonic time in microseconds: the ladder; from the second
 * on, one step down for each that comes a second after the last, or later. */
void stopping_on_signal(Supervisor *supervisor, gint64 now);

/* The guest is there again after somebody asked for its end. */
void stopping_resume(Supervisor *supervisor);
