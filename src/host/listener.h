/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether somebody listens already where a guest is to.
 */
#pragma once

#include <glib.h>

/* Whether a process of this network namespace listens on the UNIX socket @path. */
gboolean listener_has_path(const char *path);

/* Whether "HOST PORT" can be listened on: FALSE with the reason, which the caller frees. It is tried, and
 * undone at once. HOST may be empty: every address of this host; one that is a name is not looked up, and
 * passes. */
gboolean listener_can_bind(const char *address, gboolean is_udp, char **ret_reason);
