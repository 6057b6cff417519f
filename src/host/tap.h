/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tap devices: the host's end of a guest's network interface. Each is gone when the last descriptor of it is
 * closed, in whatever way that happens; only one that somebody else made to stay stays.
 */
#pragma once

#include <glib.h>

#include "qemu/plan.h"

/* Makes the device, or finds the one that the plan calls existing; gives it the host's MAC address and the
 * MTU, attaches it to its bridge, sets it up, and runs its script. Without the right to do that
 * (CAP_NET_ADMIN) it is QEMU's bridge helper that makes a device on the bridge. -1 with a DOMRUN_ERROR_HOST
 * error at @place on failure, with nothing left behind. The caller frees @ret_name. */
int tap_open(const PlanTap *tap, const Place *place, char **ret_name, GError **error);

/* One more queue of the device @name. */
int tap_open_queue(const char *name, const Place *place, GError **error);

/* Runs the script for the end. A failure of it changes nothing any more. The caller closes the descriptors.
 */
void tap_run_downscript(const PlanTap *tap, const char *name);

/* The kernel's back end for a queue. */
int tap_open_vhost(const Place *place, GError **error);
