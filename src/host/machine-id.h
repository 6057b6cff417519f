/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What tells this host from others. machine-id(5) asks programs not to give the id itself away: what is made
 * from it here tells nothing of it, and is not what other programs make of it.
 * https://www.freedesktop.org/software/systemd/man/machine-id.html
 */
#pragma once

#include <glib.h>

#define MACHINE_ID_FILE "/etc/machine-id"

/* 64 hexadecimal digits that follow from the id in the file @path; NULL where there is none (yet). The caller
 * frees them. */
char *machine_id_derive(const char *path);
