/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/file-name.h"

#include <limits.h>
#include <string.h>

char *file_name_join(const char *name, const char *end)
{
  gsize length = strlen(name), room = NAME_MAX - MIN(strlen(end), NAME_MAX);

  if (length > room) {
    for (length = room; length > 0 && ((guchar)name[length] & 0xc0) == 0x80;) /* in the midst of one */
      length--;
  }
  return g_strdup_printf("%.*s%s", (int)length, name, end);
}
