/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "Did you mean ...?": the nearest of several names, by the optimal string alignment distance (insertions,
 * deletions, substitutions, and swaps of neighbours), ignoring case. A name counts as near when at most a
 * third of its letters, and at least one, had to change.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *wanted;
  const char *name; /* the nearest so far, borrowed; NULL where none was near */
  guint distance;
} Nearest;

#define NEAREST_INIT(string)                                                                                 \
  {                                                                                                          \
    (string), NULL, G_MAXUINT                                                                                \
  }

/* Considers @name, which may be NULL. */
void nearest_try(Nearest *nearest, const char *name);
