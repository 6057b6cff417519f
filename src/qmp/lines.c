/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qmp/lines.h"

#include <string.h>

void lines_init(Lines *lines)
{
  lines->bytes = g_byte_array_new();
  lines->start = lines->scanned = 0;
}

void lines_clear(Lines *lines)
{
  g_clear_pointer(&lines->bytes, g_byte_array_unref);
}

void lines_drop(Lines *lines)
{
  g_byte_array_set_size(lines->bytes, 0);
  lines->start = lines->scanned = 0;
}

void lines_append(Lines *lines, const void *bytes, gsize length)
{
  if (lines->start > 0)
    g_byte_array_remove_range(lines->bytes, 0, (guint)lines->start);
  lines->scanned -= lines->start;
  lines->start = 0;
  g_byte_array_append(lines->bytes, bytes, (guint)length);
}

gboolean lines_next(Lines *lines, const char **ret_line, gsize *ret_length)
{
  const guint8 *data = lines->bytes->data;
  const guint8 *newline = NULL;

  if (lines->scanned < lines->bytes->len)
    newline = memchr(data + lines->scanned, '\n', lines->bytes->len - lines->scanned);
  if (!newline) {
    lines->scanned = lines->bytes->len;
    return FALSE;
  }
  *ret_line = (const char *)data + lines->start;
  *ret_length = (gsize)(newline - data) - lines->start;
  lines->start = lines->scanned = (gsize)(newline - data) + 1;
  return TRUE;
}

gsize lines_rest(const Lines *lines)
{
  return lines->bytes->len - lines->start;
}
