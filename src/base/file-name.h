/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of files that are made from a guest's name, which may be as long as a file's name can be.
 */
#pragma once

#include <glib.h>

/* @name, which is UTF-8, and @end: where that is longer than a file system takes (NAME_MAX), @name is cut
 * between two of its characters. @end is short. The caller frees it. */
char *file_name_join(const char *name, const char *end);
