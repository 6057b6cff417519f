/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "reader.h"

#include <string.h>

/* ---- A shell ---- */

static const char *read_single_quotes(const char *at, GString *word)
{
  const char *end = strchr(at, '\'');

  g_assert_nonnull(end);
  g_string_append_len(word, at, (gssize)(end - at));
  return end + 1;
}

static const char *read_escape(const char *at, GString *word)
{
  static const char letters[] = "n\nr\rt\t'\'\\\\";
  const char *letter;
  guint value = 0;

  if (*at >= '0' && *at <= '7') {
    for (int i = 0; i < 3; i++, at++) {
      g_assert_true(*at >= '0' && *at <= '7'); /* with fewer digits the next character would be one of them */
      value = value * 8 + (guint)(*at - '0');
    }
    g_assert_true(value > 0 && value < 256);
    g_string_append_c(word, (char)value);
    return at;
  }
  letter = *at ? strchr(letters, *at) : NULL;
  g_assert_true(letter && (letter - letters) % 2 == 0);
  g_string_append_c(word, letter[1]);
  return at + 1;
}

/* $'...' */
static const char *read_dollar_quotes(const char *at, GString *word)
{
  while (*at != '\'') {
    g_assert_true(*at != '\0');
    if (*at == '\\') {
      at = read_escape(at + 1, word);
    } else {
      g_string_append_c(word, *at);
      at++;
    }
  }
  return at + 1;
}

static const char *read_word(const char *at, GString *word)
{
  while (*at && !strchr(" \n", *at)) {
    if (*at == '\'') {
      at = read_single_quotes(at + 1, word);
    } else if (at[0] == '$' && at[1] == '\'') {
      at = read_dollar_quotes(at + 2, word);
    } else if (*at == '\\') {
      g_assert_true(at[1] && at[1] != '\n');
      g_string_append_c(word, at[1]);
      at += 2;
    } else {
      /* A leading ~ and # are read as something else as well, and {} by bash; = after a name is the caller's.
       */
      g_assert_true(g_ascii_isprint(*at) && !strchr("|&;<>()$`\"*?[]#~!{}^", *at));
      g_string_append_c(word, *at);
      at++;
    }
  }
  return at;
}

char **reader_shell_words(const char *text)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  const char *at = text;

  for (;;) {
    g_autoptr(GString) word = g_string_new(NULL);

    while (*at == ' ' || (at[0] == '\\' && at[1] == '\n'))
      at += *at == ' ' ? 1 : 2;
    if (*at == '\0' || *at == '\n')
      break;
    at = read_word(at, word);
    g_strv_builder_add(builder, word->str);
  }
  g_assert_true(*at == '\0' || at[1] == '\0');
  return g_strv_builder_end(builder);
}

/* ---- A terminal ---- */

/* Unicode's marks that turn the text around them: UAX 9, and the separators and the byte order mark. */
static gboolean turns_text(gunichar c)
{
  return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void reader_check_terminal(const char *text, gsize length, gboolean may_have_newlines)
{
  g_assert_true(g_utf8_validate(text, (gssize)length, NULL));
  for (const char *at = text; at < text + length; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);

    g_assert_true(c >= 0x20 || (c == '\n' && may_have_newlines));
    g_assert_true(c < 0x7f || c > 0x9f);
    g_assert_false(turns_text(c));
  }
}

/* ---- QEMU ---- */

GPtrArray *reader_option_values(const char *text)
{
  GPtrArray *values = g_ptr_array_new_with_free_func(g_free);

  while (*text) {
    g_autoptr(GString) item = g_string_new(NULL);
    const char *equals;

    for (; *text && (*text != ',' || text[1] == ','); text++) {
      text += *text == ',';
      g_string_append_c(item, *text);
    }
    text += *text == ',';
    equals = strchr(item->str, '=');
    g_ptr_array_add(values, g_strdup(equals ? equals + 1 : item->str));
  }
  return values;
}
