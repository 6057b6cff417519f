/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "control/arguments.h"

#include <string.h>

#include "base/nearest.h"

/* Characters of what was found that an error shows. */
enum { SHOWN_LENGTH = 40 };

static const Argument nothing[] = { { NULL } };

static char *join_names(const Argument *table)
{
  GString *names = g_string_new(NULL);

  for (; table->name; table++)
    g_string_append_printf(names, "%s%s", names->len ? ", " : "", table->name);
  return g_string_free(names, FALSE);
}

/* "an integer from 0 to 9": what is allowed. */
static char *describe(const Argument *argument)
{
  g_autofree char *words = argument->words ? g_strjoinv(", ", (char **)argument->words) : NULL;

  switch (argument->kind) {
  case ARGUMENT_BOOLEAN:
    return g_strdup("true or false");
  case ARGUMENT_INTEGER:
    return g_strdup_printf("an integer from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, argument->min,
                           argument->max);
  case ARGUMENT_STRING:
    return words ? g_strdup_printf("one of: %s", words) : g_strdup("a string, not empty");
  case ARGUMENT_PATH:
    return g_strdup("an absolute path");
  case ARGUMENT_OBJECT:
    return g_strdup("an object");
  case ARGUMENT_KEYS:
    return g_strdup_printf("an array of names of keys, or of integers from %" G_GINT64_FORMAT
                           " to %" G_GINT64_FORMAT,
                           argument->min, argument->max);
  case ARGUMENT_ANY:
    break;
  }
  return g_strdup("anything");
}

/* The value as it came, if it is short; otherwise its beginning. */
static char *show(const Json *value)
{
  g_autofree char *text = json_print(value);

  if (g_utf8_strlen(text, -1) <= SHOWN_LENGTH)
    return g_steal_pointer(&text);
  *g_utf8_offset_to_pointer(text, SHOWN_LENGTH) = '\0';
  return g_strconcat(text, "...", NULL);
}

static gboolean is_in_range(const Argument *argument, const Json *value)
{
  gint64 number;

  return json_as_int(value, &number) && number >= argument->min && number <= argument->max;
}

static gboolean is_text(const Json *value)
{
  const char *text = json_as_string(value);

  return text && *text;
}

static gboolean are_keys(const Argument *argument, const Json *array)
{
  gsize length = json_is(array, JSON_ARRAY) ? json_length(array) : 0;

  for (gsize i = 0; i < length; i++) {
    const Json *key = json_at(array, i);

    if (!is_text(key) && !is_in_range(argument, key))
      return FALSE;
  }
  return length > 0;
}

static gboolean is_allowed(const Argument *argument, const Json *value)
{
  switch (argument->kind) {
  case ARGUMENT_BOOLEAN:
    return json_is(value, JSON_BOOLEAN);
  case ARGUMENT_INTEGER:
    return is_in_range(argument, value);
  case ARGUMENT_STRING:
    return is_text(value) && (!argument->words || g_strv_contains(argument->words, json_as_string(value)));
  case ARGUMENT_PATH:
    return is_text(value) && g_path_is_absolute(json_as_string(value));
  case ARGUMENT_OBJECT:
    return json_is(value, JSON_OBJECT);
  case ARGUMENT_KEYS:
    return are_keys(argument, value);
  case ARGUMENT_ANY:
    break;
  }
  return TRUE;
}

static gboolean unknown_error(const Argument *table, const char *name, GError **error)
{
  g_autofree char *names = join_names(table);
  Nearest nearest = NEAREST_INIT(name);

  for (const Argument *known = table; known->name; known++)
    nearest_try(&nearest, known->name);
  if (!table->name)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "unknown argument '%s': there are none", name);
  if (nearest.name)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                     "unknown argument '%s' (known: %s); did you mean '%s'?", name, names, nearest.name);
  return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "unknown argument '%s' (known: %s)", name, names);
}

static gboolean check_one(const Argument *argument, const Json *value, GError **error)
{
  g_autofree char *allowed = NULL, *found = NULL;

  if (value ? is_allowed(argument, value) : !argument->is_needed)
    return TRUE;
  allowed = describe(argument);
  if (!value)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the argument '%s' is missing: %s",
                     argument->name, allowed);
  found = show(value);
  return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "argument '%s': %s is not %s", argument->name,
                   found, allowed);
}

gboolean arguments_check(const Argument *table, const Json *given, GError **error)
{
  gconstpointer at = NULL;
  const char *name;
  Json *value;

  if (!table)
    table = nothing;
  while (json_next_member(given, &at, &name, &value)) {
    const Argument *argument = table;

    while (argument->name && !g_str_equal(argument->name, name))
      argument++;
    if (!argument->name)
      return unknown_error(table, name, error);
  }
  for (const Argument *argument = table; argument->name; argument++) {
    if (!check_one(argument, json_get(given, argument->name), error))
      return FALSE;
  }
  return TRUE;
}
