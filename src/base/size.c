/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/size.h"

#include <string.h>

gboolean size_parse(const char *text, guint64 unit, guint64 *ret_size)
{
  static const char letters[] = "KMGT";
  const char *letter;
  char *end;
  guint64 number;

  if (!g_ascii_isdigit(*text))
    return FALSE;
  number = g_ascii_strtoull(text, &end, 10);
  if (*end) {
    letter = strchr(letters, g_ascii_toupper(*end));
    if (!letter || (end[1] && !g_str_equal(end + 1, "iB")))
      return FALSE;
    unit = 1ull << (10 * (letter - letters + 1));
  }
  if (number > G_MAXINT64 / unit)
    return FALSE;
  *ret_size = number * unit;
  return TRUE;
}
