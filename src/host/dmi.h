/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's own SMBIOS tables, as the kernel shows them: the files of /sys/class/dmi/id
 * (Documentation/ABI/testing/sysfs-class-dmi). Some are root's alone.
 */
#pragma once

#include <glib.h>

/* The text of the file @name ("sys_vendor"), without its end of line; NULL where it cannot be read, or is no
 * text. The caller frees it. */
char *dmi_read(const char *name);

/* The same below a tree that stands for the host's root. */
char *dmi_read_below(const char *root, const char *name);
