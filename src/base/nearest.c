/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/nearest.h"

#include <string.h>

/* Longer names are never mistyped into each other, and the rows below stay on the stack. */
enum { NAME_MAX_LENGTH = 40 };

static guint distance(const char *a, const char *b)
{
  guint rows[3][NAME_MAX_LENGTH + 1];
  guint *before = rows[0], *above = rows[1], *row = rows[2];
  gsize width = strlen(b);

  for (gsize j = 0; j <= width; j++)
    above[j] = (guint)j;
  for (gsize i = 1; a[i - 1]; i++) {
    char x = g_ascii_tolower(a[i - 1]);
    guint *next = before;

    row[0] = (guint)i;
    for (gsize j = 1; j <= width; j++) {
      char y = g_ascii_tolower(b[j - 1]);

      row[j] = MIN(MIN(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
      if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && g_ascii_tolower(a[i - 2]) == y)
        row[j] = MIN(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
    row = next;
  }
  return above[width];
}

void nearest_try(Nearest *nearest, const char *name)
{
  gsize length, wanted_length;
  guint steps, allowed;

  if (!name)
    return;
  length = strlen(name);
  wanted_length = strlen(nearest->wanted);
  allowed = MAX(1, (guint)length / 3);
  if (length > NAME_MAX_LENGTH || wanted_length > NAME_MAX_LENGTH || wanted_length > length + allowed ||
      length > wanted_length + allowed)
    return;
  steps = distance(nearest->wanted, name);
  if (length <= 2 &&
      steps > 0) /* every word of two letters is near to every other: "on" is no slip for "no" */
    return;
  if (steps < nearest->distance && steps <= allowed && steps < length) {
    nearest->name = name;
    nearest->distance = steps;
  }
}
