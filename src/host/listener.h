/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether somebody listens already where a guest is to.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

/* Whether a process of this network namespace listens on the UNIX socket @path. */
gboolean listener_has_path(const char *path);

/* Whether "HOST PORT" can be listened on: FALSE with the reason, which the caller frees. It is tried, and
 * undone at once. HOST may be empty: every address of this host; one that is a name is not looked up, and
 * passes. */
gboolean listener_can_bind(const char *address, gboolean is_udp, char **ret_reason);

/* Binds the first TCP port of @host (a name is looked up) from @first on that nobody has, and does not
 * listen. Who binds without SO_REUSEADDR finds it in use; QEMU, which binds with it, can listen there. The
 * caller closes the descriptor when the port is no longer to be kept. -1 with a DOMRUN_ERROR_HOST error. */
int listener_keep_port(const char *host, int first, int *ret_port, const Place *place, GError **error);
