/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What programs that are started inherit of the environment: what QEMU, its libraries and the programs beside
 * it are set up by, and nothing else. A token of whoever runs domrun is none of a guest's business.
 */
#pragma once

#include <glib.h>

#include "process/spawn.h"

/* "NAME=VALUE" strings, NULL at the end; the user's proxies, which may have a password, only with
 * @with_proxies. For another user, @identity, what is this one's own is left out: its
 * session, its home. NULL: for the same. The caller frees them. */
char **environment_inherited(const SpawnIdentity *identity, gboolean with_proxies);
