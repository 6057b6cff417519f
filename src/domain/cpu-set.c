/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu-set.h"

#include <string.h>

#include "xml/element.h"

/* Reads a number, and moves @text behind it. */
static gboolean read_number(const char **text, guint32 *ret_number)
{
  guint32 number = 0;
  const char *digit = *text;

  for (; g_ascii_isdigit(*digit); digit++) {
    number = number * 10 + (guint32)(*digit - '0');
    if (number >= CPU_SET_MAX)
      return FALSE;
  }
  if (digit == *text)
    return FALSE;
  *text = digit;
  *ret_number = number;
  return TRUE;
}

/* One part: "3", "0-3" or "^2". */
static gboolean read_part(const char **text, guint8 *set)
{
  gboolean is_without = **text == '^';
  guint32 first, last;

  *text += is_without;
  if (!read_number(text, &first))
    return FALSE;
  last = first;
  if (**text == '-' && !is_without) {
    (*text)++;
    if (!read_number(text, &last) || last < first)
      return FALSE;
  }
  memset(set + first, !is_without, last - first + 1);
  return TRUE;
}

static gboolean read_parts(const char *text, guint8 *set)
{
  for (;;) {
    text += strspn(text, " \t\n");
    if (!read_part(&text, set))
      return FALSE;
    text += strspn(text, " \t\n");
    if (!*text)
      return TRUE;
    if (*text++ != ',')
      return FALSE;
  }
}

gboolean cpu_set_parse(xmlNode *node, const char *attribute, const char *text, GArray *ret_set,
                       GError **error)
{
  g_autofree guint8 *set = g_new0(guint8, CPU_SET_MAX);

  if (!read_parts(text, set))
    return xml_error(error, node, attribute, "'%s' is no set of numbers (such as 0-3,^2; at most %d)", text,
                     CPU_SET_MAX - 1);
  for (guint32 i = 0; i < CPU_SET_MAX; i++) {
    if (set[i])
      g_array_append_val(ret_set, i);
  }
  if (ret_set->len == 0)
    return xml_error(error, node, attribute, "'%s' has no member", text);
  return TRUE;
}
