/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/quote.h"

#include <string.h>

static gboolean is_plain(const char *string)
{
  const char *c = string;

  while (g_ascii_isalnum(*c) || (*c && strchr("_-+=.,:/@%", *c)))
    c++;
  return *string && !*c;
}

gboolean quote_is_deceptive(gunichar c)
{
  switch ((int)g_unichar_type(c)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_FORMAT: /* marks of direction, joiners, tags: Unicode TR 9 and 36 */
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
    return TRUE;
  default:
    return FALSE;
  }
}

/* The character at @c, which is not the end, and its length; FALSE where it must not be shown as it is. */
static gboolean read_character(const char *c, gunichar *ret_character, gsize *ret_length)
{
  gunichar character = g_utf8_get_char_validated(c, -1);

  if (character == (gunichar)-1 || character == (gunichar)-2) {
    *ret_character = (guchar)*c;
    *ret_length = 1;
    return FALSE;
  }
  *ret_character = character;
  *ret_length = (gsize)(g_utf8_next_char(c) - c);
  return !quote_is_deceptive(character);
}

/* As much of @string as can be shown as it is. Nearly all of all strings is ASCII, which needs no table. */
static gsize harmless_length(const char *string)
{
  gsize at = 0, length;
  gunichar character;

  while (string[at]) {
    if (g_ascii_isprint(string[at]))
      length = 1;
    else if (!read_character(string + at, &character, &length))
      break;
    at += length;
  }
  return at;
}

/* $'...', with bytes in octal: of all escapes the one whose length every shell agrees on. */
static char *quote_with_escapes(const char *string)
{
  GString *quoted = g_string_new("$'");
  gunichar character;
  gsize length;

  for (const char *c = string; *c; c += length) {
    gboolean is_harmless = read_character(c, &character, &length);

    if (*c == '\'' || *c == '\\')
      g_string_append_printf(quoted, "\\%c", *c);
    else if (*c == '\n' || *c == '\r' || *c == '\t')
      g_string_append_printf(quoted, "\\%c", *c == '\n' ? 'n' : *c == '\r' ? 'r' : 't');
    else if (is_harmless)
      g_string_append_len(quoted, c, (gssize)length);
    else
      for (gsize i = 0; i < length; i++)
        g_string_append_printf(quoted, "\\%03o", (guchar)c[i]);
  }
  g_string_append_c(quoted, '\'');
  return g_string_free(quoted, FALSE);
}

void quote_append_for_shell(GString *text, const char *string)
{
  if (is_plain(string)) {
    g_string_append(text, string);
    return;
  }
  if (string[harmless_length(string)]) {
    g_autofree char *escaped = quote_with_escapes(string);

    g_string_append(text, escaped);
    return;
  }
  g_string_append_c(text, '\'');
  for (const char *c = string; *c;) {
    gsize length = strcspn(c, "'");

    g_string_append_len(text, c, (gssize)length);
    c += length;
    if (*c == '\'') {
      g_string_append(text, "'\\''");
      c++;
    }
  }
  g_string_append_c(text, '\'');
}

char *quote_for_shell(const char *string)
{
  g_autoptr(GString) quoted = g_string_new(NULL);

  quote_append_for_shell(quoted, string);
  return g_string_free(g_steal_pointer(&quoted), FALSE);
}

char *quote_for_terminal(const char *string, gboolean keep_newlines)
{
  g_autoptr(GString) text = g_string_new(NULL);
  gunichar character;
  gsize length;

  for (const char *c = string; *c; c += length) {
    gboolean is_harmless = read_character(c, &character, &length);

    if (is_harmless || (character == '\n' && keep_newlines))
      g_string_append_len(text, c, (gssize)length);
    else if (character == '\n')
      g_string_append(text, "\\n");
    else if (character == '\t')
      g_string_append(text, "\\t");
    else if (character <= 0xff)
      g_string_append_printf(text, "\\x%02x", character);
    else
      g_string_append_printf(text, "\\u{%04x}", character);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}
