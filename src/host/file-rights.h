/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rights of a file, for people.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/* "mode 0660, owner root, group kvm", names where the host has them. The caller frees it. */
char *file_rights_describe(const struct stat *status);
