/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Verbs of virsh that hands know: those that are another verb here, and those that make no sense without a
 * daemon.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;
  const char *verb;    /* what it is here; NULL: nothing */
  const char *option;  /* put before the arguments; or NULL */
  const char *after;   /* put behind them; or NULL */
  const char *instead; /* what to do instead, where it is nothing; a line of advice */
} Habit;

/* The entry for @name, or NULL. */
const Habit *habit_find(const char *name);
