/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files and links of the kernel's sysfs, below a tree that stands for the host's root: "" is the host itself.
 */
#pragma once

#include <glib.h>

/* The text of a file without the white space around it, or the last word of what a link leads to; NULL where
 * there is none. @format makes an absolute path. The caller frees it. */
char *sysfs_read(const char *root, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *sysfs_link(const char *root, const char *format, ...) G_GNUC_PRINTF(2, 3);

gboolean sysfs_has(const char *root, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Writes a whole file, which is there already; FALSE with errno. */
gboolean sysfs_write(const char *root, const char *text, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* For tests: what does below another root what the kernel does on the host when a file was written, whose
 * path is that below the root. NULL: nobody. */
typedef void (*SysfsKernel)(const char *root, const char *path, const char *text);
void sysfs_set_kernel(SysfsKernel kernel);

/* The names in a directory, in order; none where there is none. The caller frees it. */
GPtrArray *sysfs_list(const char *root, const char *format, ...) G_GNUC_PRINTF(2, 3);
