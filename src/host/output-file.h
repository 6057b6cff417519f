/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that gets what a guest writes.
 */
#pragma once

#include "base/error.h"

/* Opens @path for writing, made where it is missing. What is there is kept where @append, and in any case
 * what others write meanwhile. -1 with a DOMRUN_ERROR_HOST error at @place (and @attribute) on failure. */
int output_file_open(const char *path, gboolean append, const Place *place, const char *attribute,
                     GError **error);
