/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/restarts.h"

enum {
  FIRST_DELAY = 100, /* milliseconds, as the next */
  LAST_DELAY = 10 * 1000,
  LAST_DOUBLING = 8,   /* 100 << 8 is more than that */
  MAX_NUMBER = 100000, /* in what the user says */
  MAX_KEPT = 10,       /* starts that the delay looks at where there is no limit */
  UNLIMITED_SECONDS = 60,
};

struct Restarts {
  RestartLimit limit;
  GArray *starts; /* of gint64: the last ones, oldest first */
};

static gboolean parse_number(const char *text, guint least, guint *ret_number)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned(text, 10, least, MAX_NUMBER, &number, NULL))
    return FALSE;
  *ret_number = (guint)number;
  return TRUE;
}

gboolean restart_limit_parse(const char *text, RestartLimit *ret_limit)
{
  g_auto(GStrv) parts = g_strsplit(text, "/", 2);
  RestartLimit limit = { .limit = 0, .seconds = UNLIMITED_SECONDS };

  if (!g_str_equal(text, "0") && (g_strv_length(parts) != 2 || !parse_number(parts[0], 1, &limit.limit) ||
                                  !parse_number(parts[1], 1, &limit.seconds)))
    return FALSE;
  *ret_limit = limit;
  return TRUE;
}

Restarts *restarts_new(const RestartLimit *limit)
{
  Restarts *restarts = g_new0(Restarts, 1);

  restarts->limit = *limit;
  restarts->starts = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(gint64));
  return restarts;
}

void restarts_free(Restarts *restarts)
{
  if (!restarts)
    return;
  g_array_unref(restarts->starts);
  g_free(restarts);
}

/* Those of the time that counts. */
static guint recent(Restarts *restarts, gint64 now)
{
  gint64 since = now - restarts->limit.seconds * (gint64)G_USEC_PER_SEC;
  guint old = 0;

  while (old < restarts->starts->len && g_array_index(restarts->starts, gint64, old) <= since)
    old++;
  g_array_remove_range(restarts->starts, 0, old);
  return restarts->starts->len;
}

void restarts_note(Restarts *restarts, gint64 now)
{
  if (recent(restarts, now) >= MAX(restarts->limit.limit, MAX_KEPT))
    g_array_remove_index(restarts->starts, 0);
  g_array_append_val(restarts->starts, now);
}

gboolean restarts_is_exhausted(Restarts *restarts, gint64 now)
{
  return restarts->limit.limit > 0 && recent(restarts, now) >= restarts->limit.limit;
}

guint restarts_delay(Restarts *restarts, gint64 now)
{
  guint starts = recent(restarts, now);

  if (starts < 2)
    return 0;
  return MIN((guint)FIRST_DELAY << MIN(starts - 2, LAST_DOUBLING), LAST_DELAY);
}
