/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/quote.h"

#include <string.h>

static gboolean is_plain(const char *string)
{
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";

  return *string && strspn(string, safe) == strlen(string);
}

char *quote_for_shell(const char *string)
{
  g_autoptr(GString) quoted = NULL;

  if (is_plain(string))
    return g_strdup(string);
  quoted = g_string_new("'");
  for (const char *c = string; *c; c++) {
    if (*c == '\'')
      g_string_append(quoted, "'\\''");
    else
      g_string_append_c(quoted, *c);
  }
  g_string_append_c(quoted, '\'');
  return g_string_free(g_steal_pointer(&quoted), FALSE);
}

/* Characters that reorder or hide the text around them (Unicode TR 9 and 36). */
static gboolean is_deceptive(gunichar c)
{
  return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
         c == 0xfeff;
}

char *quote_for_terminal(const char *string, gboolean keep_newlines)
{
  g_autoptr(GString) text = g_string_new(NULL);

  for (const char *c = string; *c;) {
    gunichar character = g_utf8_get_char_validated(c, -1);

    if (character == (gunichar)-1 || character == (gunichar)-2) {
      g_string_append_printf(text, "\\x%02x", (guchar)*c);
      c++;
      continue;
    }
    if (character == '\n' && keep_newlines)
      g_string_append_c(text, '\n');
    else if (character == '\n')
      g_string_append(text, "\\n");
    else if (character == '\t')
      g_string_append(text, "\\t");
    else if (g_unichar_iscntrl(character))
      g_string_append_printf(text, "\\x%02x", character);
    else if (is_deceptive(character))
      g_string_append_printf(text, "\\u{%04x}", character);
    else
      g_string_append_unichar(text, character);
    c = g_utf8_next_char(c);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}
