/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest's agent, QEMU's (qemu-ga), asked by way of the channel that the document has for it. It is a
 * program of the guest's: what it says is bounded, and believed in nothing but whether it does as it is told.
 * https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
 */
#pragma once

#include "commands/guest.h"

/* Asks the agent to power the guest down ("powerdown") or to boot it again ("reboot"): @mode of
 * guest-shutdown. FALSE with an error: DOMRUN_ERROR_REFUSED where the guest has no such channel, does not
 * run, or its agent refuses; DOMRUN_ERROR_NO_ANSWER where nobody answers. */
gboolean agent_shut_down(GuestCommand *command, const char *mode, GError **error);
