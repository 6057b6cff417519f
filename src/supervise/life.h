/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a guest from its plan to its end, in this process.
 *
 * What ends it: a power-off, a reboot or a crash, as <on_poweroff>, <on_reboot> and <on_crash> say; a command
 * of the control socket (docs/control.md); or SIGINT, SIGTERM or SIGHUP (stopping.h). Whatever happens,
 * nothing is left behind but what the document wants to be preserved.
 */
#pragma once

#include "supervise/supervisor.h"

/* Starts the guest, and returns the exit code (base/exit-code.h) when it has ended. @error is set where there
 * is something to say about that: it could not be started, QEMU died. */
int life_run(const SupervisorOptions *options, GError **error);
