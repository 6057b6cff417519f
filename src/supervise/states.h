/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of a guest, and the one timer that belongs to it.
 */
#pragma once

#include "supervise/supervisor.h"

/* Changes the state; its timer is gone. @reason is a literal. Everybody who wants to know is told. */
void states_set(Supervisor *supervisor, State state, const char *reason);

/* The timer of the state: replaces the one there was. @func gets the supervisor. */
void states_start_timer(Supervisor *supervisor, guint milliseconds, GSourceFunc func);
void states_stop_timer(Supervisor *supervisor);

/* Finishes without waiting for anything more. */
void states_finish(Supervisor *supervisor);

/* What was to be started again is not; the consoles are finished, and then the guest has ended. */
void states_cancel_restart(Supervisor *supervisor);
