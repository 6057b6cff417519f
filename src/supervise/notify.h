/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells a service manager how it goes: sd_notify(3)'s protocol, a datagram to the socket that the variable
 * NOTIFY_SOCKET names. Without the variable nothing happens, and nothing ever waits or fails.
 */
#pragma once

#include <glib.h>

/* Sends lines such as "READY=1\nSTATUS=...". */
void notify_send(const char *format, ...) G_GNUC_PRINTF(1, 2);
