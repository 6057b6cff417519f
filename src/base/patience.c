/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/patience.h"

#include "base/error.h"

enum { MAX_FACTOR = 1000 };

static const char variable[] = "DOMRUN_PATIENCE";

static gboolean get_factor(guint64 *factor)
{
  const char *text = g_getenv(variable);

  *factor = 1;
  return !text || *text == 0 || g_ascii_string_to_unsigned(text, 10, 1, MAX_FACTOR, factor, NULL);
}

guint patience_of(guint milliseconds)
{
  guint64 factor;

  get_factor(&factor);
  return (guint)MIN(milliseconds * factor, G_MAXINT);
}

gboolean patience_check(GError **error)
{
  guint64 factor;

  return get_factor(&factor) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                   "the environment variable %s is '%s', which is no whole number from 1 to %d", variable,
                   g_getenv(variable), MAX_FACTOR);
}
