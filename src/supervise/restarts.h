/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often a guest is started again: a guest that keeps ending is not started for ever, and waits longer
 * each time.
 */
#pragma once

#include <glib.h>

typedef struct {
  guint limit;   /* so many starts within the time are enough; 0: there is no limit */
  guint seconds; /* the time */
} RestartLimit;

/* A guest that ends five times within a minute is broken. systemd has 5 within 10 seconds, which a kernel
 * that panics while it boots never reaches. */
#define RESTART_LIMIT_DEFAULT                                                                                \
  {                                                                                                          \
    .limit = 5, .seconds = 60                                                                                \
  }

/* "N/SECONDS", or "0". FALSE where @text is neither. */
gboolean restart_limit_parse(const char *text, RestartLimit *ret_limit);

typedef struct Restarts Restarts;

Restarts *restarts_new(const RestartLimit *limit);
void restarts_free(Restarts *restarts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Restarts, restarts_free)

/* The guest is started now: @now is the monotonic time in microseconds, as in all of these. */
void restarts_note(Restarts *restarts, gint64 now);

/* Whether it was started as often as it may. */
gboolean restarts_is_exhausted(Restarts *restarts, gint64 now);

/* How long the next start has to wait, in milliseconds: not at all after one start, then 100 ms, and twice as
 * long each time, up to ten seconds. */
guint restarts_delay(Restarts *restarts, gint64 now);
