/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the end of a guest means: the action of <on_poweroff>, <on_reboot> or <on_crash>, the exit code, and
 * what there is to say.
 */
#pragma once

#include "supervise/supervisor.h"

/* ShutdownCause of QEMU's run-state.json. */
Cause cause_of_shutdown(const char *reason);

/* The word of docs/control.md: "power-off", "panic", ... */
const char *cause_reason(Cause cause);

/* What the document wants to be done about it; whoever asked for the end of the guest wants
 * LIFECYCLE_DESTROY, and who asked for a reboot LIFECYCLE_RESTART. */
LifecycleAction outcome_action(const Supervisor *supervisor);

/* Whether the action starts the guest again. */
gboolean lifecycle_is_restart(LifecycleAction action);

/* Decides what becomes of the guest, whose QEMU has ended as @end says, or is kept (NULL): exit code, error,
 * reason, whether it is started again, whether its remains are left. Once; later calls change nothing. */
void outcome_decide(Supervisor *supervisor, const EmulatorEnd *end);
