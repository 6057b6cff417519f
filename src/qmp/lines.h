/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream of bytes, cut into lines as they come.
 */
#pragma once

#include <glib.h>

typedef struct {
  GByteArray *bytes;
  gsize start;   /* of the first line that was not taken */
  gsize scanned; /* up to here there is no newline after @start */
} Lines;

void lines_init(Lines *lines);
void lines_clear(Lines *lines);

void lines_append(Lines *lines, const void *bytes, gsize length);

/* Takes the next whole line; it has no newline, no NUL after it, and stays until the next call for @lines.
 * FALSE where there is none. */
gboolean lines_next(Lines *lines, const char **ret_line, gsize *ret_length);

/* How many bytes were not taken: after lines_next() said FALSE, those of a line that has not ended. */
gsize lines_rest(const Lines *lines);

/* Forgets what was not taken. */
void lines_drop(Lines *lines);
