/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/enum.h"

#include "base/nearest.h"

const char *enum_to_string(const EnumTable *table, int value)
{
  if (value < 0 || (guint)value >= table->count)
    return NULL;
  return table->strings[value];
}

gboolean enum_from_string(const EnumTable *table, const char *string, int *ret_value)
{
  for (guint i = 0; i < table->count; i++) {
    if (table->strings[i] && g_str_equal(table->strings[i], string)) {
      *ret_value = (int)i;
      return TRUE;
    }
  }
  return FALSE;
}

char *enum_known(const EnumTable *table)
{
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint i = 0; i < table->count; i++) {
    if (table->strings[i])
      g_string_append_printf(text, "%s%s", text->len ? ", " : "", table->strings[i]);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}

const char *enum_nearest(const EnumTable *table, const char *string)
{
  Nearest nearest = NEAREST_INIT(string);

  for (guint i = 0; i < table->count; i++)
    nearest_try(&nearest, table->strings[i]);
  return nearest.name;
}
