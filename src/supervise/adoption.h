/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest that goes on without its supervisor gets another one. What that takes stands in the guest's runtime
 * directory: how it was run (the file `run`, which is the command's matter) and what its QEMU has of the host
 * (`resources`). The plan is translated from the first anew, and QEMU is connected to where it listens; what
 * happened meanwhile, QEMU's state tells.
 *
 * Of those that try at once the guest's lock lets one. Until all that may fail has succeeded nothing of the
 * guest is changed.
 */
#pragma once

#include "supervise/supervisor.h"

/* Takes over the guest, with @handlers for its QEMU: its directory, locks, resources, process, consoles.
 * FALSE with an error, and adoption_abandon() then puts all down again: DOMRUN_ERROR_TAKEN where another
 * supervisor was first, DOMRUN_ERROR_NO_GUEST where QEMU has just ended. */
gboolean adoption_prepare(Supervisor *supervisor, const EmulatorHandlers *handlers, GError **error);

/* Leaves the guest as it was. */
void adoption_abandon(Supervisor *supervisor);

/* QEMU was asked its state, a RunState of its run-state.json, for the first time. TRUE: nothing else is to be
 * done about that, since the guest never ran: QEMU is ended, and started again. */
gboolean adoption_on_status(Supervisor *supervisor, const char *status);

/* Why the guest was shut down that was found so. */
Cause adoption_cause(const Supervisor *supervisor);

/* Writes down what another supervisor needs; where that cannot be, it is said once, and nobody can adopt the
 * guest. */
void adoption_write(Supervisor *supervisor);
