/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dbus-daemon(1), a bus for one guest and those who look at it: this user's processes alone.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "host/beside.h"
#include "host/runtime-dir.h"
#include "process/helper.h"

/* Starts it, and returns when it listens on the socket @name, of the sockets of @directory; NULL with a
 * DOMRUN_ERROR_HOST error, or DOMRUN_ERROR_STOPPED, that has its last words.  */
Helper *dbus_daemon_start(const RuntimeDir *directory, const char *name, const Beside *beside,
                          const Place *place, GError **error);

/* Ends it, with its socket. */
void dbus_daemon_end(Helper *helper, const RuntimeDir *directory, const char *name);
