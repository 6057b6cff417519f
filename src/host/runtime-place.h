/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the runtime directories of guests are: in /run/domrun for root, in $XDG_RUNTIME_DIR/domrun for
 * others, in /tmp/domrun-UID where neither can be used, or where the user says (@given; NULL: one of the
 * usual places).
 */
#pragma once

#include "base/error.h"

/* Opens it, and makes it where it is missing; it has to be one where nobody else can replace what this user
 * makes. -1 with an error on failure. The caller frees *@ret_path, which is absolute. */
int runtime_place_make(const char *given, char **ret_path, GError **error);

/* Opens it to look; *@ret_fd is -1 where it is not there. */
gboolean runtime_place_look(const char *given, char **ret_path, int *ret_fd, GError **error);
