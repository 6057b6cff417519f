/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that gets what a guest writes.
 */
#pragma once

#include "base/error.h"

/* Opens @path for writing, made where it is missing. What is there is kept where @append, and in any case
 * what others write meanwhile. A symbolic link is not followed in a directory that is another's, or that
 * others may write. -1 with a DOMRUN_ERROR_HOST error at @place (and @attribute) on failure. */
int output_file_open(const char *path, gboolean append, const Place *place, const char *attribute,
                     GError **error);

/* The same error where @path is such a link. */
gboolean output_file_check_link(const char *path, const Place *place, const char *attribute, GError **error);

/* The last part of @path, which has it, and the directory before that: -1 with errno set where it cannot be
 * opened. *@ret_flags, where it is not NULL, is what open(2) of something in it needs: O_NOFOLLOW or 0. */
const char *output_file_name(const char *path);
int output_file_open_directory(const char *path, int *ret_flags);
