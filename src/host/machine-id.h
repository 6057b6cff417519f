/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What tells this host from others. machine-id(5) asks programs not to give the id itself away: what is made
 * from it here tells nothing of it, and is not what other programs make of it.
 * https://www.freedesktop.org/software/systemd/man/machine-id.html
 */
#pragma once

#include "base/error.h"

#define MACHINE_ID_FILE "/etc/machine-id"

/* *@ret_derived becomes 64 hexadecimal digits that follow from the id in the file @path, which the caller
 * frees; NULL where there is none (yet). FALSE with DOMRUN_ERROR_HOST where that cannot be known. */
gboolean machine_id_derive(const char *path, char **ret_derived, GError **error);
