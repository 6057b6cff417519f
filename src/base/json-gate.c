/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/json-gate.h"

#include <math.h>
#include <string.h>

typedef struct {
  const char *at;
  const char *end;
  guint depth;
  guint deepest;
  guint containers;
  gsize members;
  const char *wrong;
} Gate;

static gboolean refuse(Gate *gate, const char *why)
{
  gate->wrong = why;
  return FALSE;
}

static gboolean gate_hex4(Gate *gate, guint *ret_value)
{
  guint value = 0;

  if (gate->end - gate->at < 4)
    return FALSE;
  for (int i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value(*gate->at++);

    if (digit < 0)
      return FALSE;
    value = value * 16 + (guint)digit;
  }
  *ret_value = value;
  return TRUE;
}

/* After "\u": four digits, and the second half of a pair where the first half is one. */
static gboolean gate_unicode(Gate *gate)
{
  guint unit, second;

  if (!gate_hex4(gate, &unit) || unit == 0)
    return FALSE;
  if (unit < 0xd800 || unit > 0xdfff)
    return TRUE;
  if (unit > 0xdbff || gate->end - gate->at < 6 || gate->at[0] != '\\' || gate->at[1] != 'u')
    return FALSE;
  gate->at += 2;
  return gate_hex4(gate, &second) && second >= 0xdc00 && second <= 0xdfff;
}

/* After the opening quote, to behind the closing one. */
static gboolean gate_string(Gate *gate)
{
  while (gate->at < gate->end) {
    guchar c = (guchar)*gate->at++;

    if (c == '"')
      return TRUE;
    if (c < 0x20)
      return FALSE;
    if (c != '\\')
      continue;
    if (gate->at == gate->end)
      return FALSE;
    c = (guchar)*gate->at++;
    if (c == 'u' ? !gate_unicode(gate) : !strchr("\"\\/bfnrt", c) || c == 0)
      return FALSE;
  }
  return FALSE;
}

/* At least one digit. */
static gboolean skip_digits(const char **at)
{
  const char *start = *at;

  while (g_ascii_isdigit(**at))
    (*at)++;
  return *at > start;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?, the whole of @text. */
static gboolean is_number(const char *text, gboolean *ret_is_integer)
{
  *ret_is_integer = TRUE;
  if (*text == '-')
    text++;
  if (*text == '0')
    text++;
  else if (!skip_digits(&text))
    return FALSE;
  if (*text == '.') {
    *ret_is_integer = FALSE;
    text++;
    if (!skip_digits(&text))
      return FALSE;
  }
  if (*text == 'e' || *text == 'E') {
    *ret_is_integer = FALSE;
    text++;
    if (*text == '-' || *text == '+')
      text++;
    if (!skip_digits(&text))
      return FALSE;
  }
  return *text == 0;
}

/* A number that 64 bits or a double can hold: json-c would cut it, or make infinity of it, which is no JSON.
 */
static gboolean gate_number(Gate *gate, char first)
{
  char text[64] = { first };
  gsize length = 1;
  gboolean is_integer, fits;

  while (gate->at < gate->end && (g_ascii_isalnum(*gate->at) || strchr("+-.", *gate->at))) {
    if (length + 1 == sizeof text)
      return refuse(gate, "a number that is too long");
    text[length++] = *gate->at++;
  }
  if (!is_number(text, &is_integer))
    return refuse(gate, "a broken number");
  if (!is_integer)
    fits = isfinite(g_ascii_strtod(text, NULL));
  else if (first == '-')
    fits = g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, NULL, NULL);
  else
    fits = g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, NULL, NULL);
  return fits || refuse(gate, "a number beyond all bounds");
}

static gboolean gate_word(Gate *gate)
{
  static const char *const words[] = { "true", "false", "null" };
  const char *start = gate->at - 1;

  while (gate->at < gate->end && g_ascii_isalnum(*gate->at))
    gate->at++;
  for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
    if (strlen(words[i]) == (gsize)(gate->at - start) && memcmp(start, words[i], strlen(words[i])) == 0)
      return TRUE;
  }
  return refuse(gate, "a word that JSON does not have");
}

static gboolean gate_bracket(Gate *gate, char bracket, const JsonLimits *limits)
{
  if (bracket == '{' || bracket == '[') {
    if (gate->depth == limits->depth)
      return refuse(gate, "nested too deep");
    if (++gate->containers > limits->containers)
      return refuse(gate, "too many objects and arrays");
    gate->depth++;
    gate->deepest = MAX(gate->deepest, gate->depth);
  } else if (gate->depth-- == 0) {
    return refuse(gate, "a bracket that closes nothing");
  }
  return TRUE;
}

static gboolean gate_token(Gate *gate, char c, const JsonLimits *limits)
{
  switch (c) {
  case '"':
    return gate_string(gate) || refuse(gate, "a broken string");
  case '{':
  case '[':
  case ']':
  case '}':
    return gate_bracket(gate, c, limits);
  case ':':
    gate->members++;
    return TRUE;
  case ' ':
  case '\t':
  case '\r':
  case '\n':
  case ',':
    return TRUE;
  default:
    if (g_ascii_isdigit(c) || c == '-')
      return gate_number(gate, c);
    if (g_ascii_isalpha(c))
      return gate_word(gate);
    return refuse(gate, "a character that JSON does not have");
  }
}

static gboolean pass(Gate *gate, const JsonLimits *limits)
{
  if (!g_utf8_validate_len(gate->at, (gsize)(gate->end - gate->at), NULL))
    return refuse(gate, "it is not UTF-8");
  while (gate->at < gate->end) {
    if (!gate_token(gate, *gate->at++, limits))
      return FALSE;
  }
  return gate->depth == 0 || refuse(gate, "it is cut off");
}

const char *json_gate_pass(const char *text, gsize length, const JsonLimits *limits, JsonCounts *ret_counts)
{
  Gate gate = { .at = text, .end = text + length };

  if (!pass(&gate, limits))
    return gate.wrong;
  *ret_counts = (JsonCounts){ .depth = gate.deepest, .members = gate.members };
  return NULL;
}

/* ---- What json-c misreads ---- */

void json_gate_append_escape(GString *text, gunichar character)
{
  if (character < 0x10000)
    g_string_append_printf(text, "\\u%04x", character);
  else
    g_string_append_printf(text, "\\u%04x\\u%04x", 0xd800 + ((character - 0x10000) >> 10),
                           0xdc00 + (character & 0x3ff));
}

/* json-c takes a character beyond U+FFFF whose last 16 bits look like half a surrogate pair for one, and
 * makes U+FFFD of it (its pull request 893). So such a one goes through it as another of its plane, behind a
 * mark; the mark itself, which is no character, is doubled. */
enum { VEIL_MARK = 0xfdd0, VEIL_BIT = 0x1000 };

static gboolean is_misread(gunichar character)
{
  return character > 0xffff && (character & 0xf800) == 0xd800;
}

static void append_passing(GString *text, gunichar character, gboolean *is_veiled)
{
  if (character == VEIL_MARK || is_misread(character)) {
    json_gate_append_escape(text, VEIL_MARK);
    *is_veiled = TRUE;
  }
  json_gate_append_escape(text, is_misread(character) ? character ^ VEIL_BIT : character);
}

/* The character of an escape or a pair of them, behind "\u". */
static gunichar read_escape(Gate *gate)
{
  guint unit = 0, second = 0;

  gate_hex4(gate, &unit);
  if (unit < 0xd800 || unit > 0xdfff)
    return unit;
  gate->at += 2;
  gate_hex4(gate, &second);
  return 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
}

/* Whether there may be more in it than characters, and escapes of them, that json-c reads rightly. */
static gboolean has_wide(const char *text, gsize length)
{
  for (gsize at = 0; at < length; at++) {
    if ((text[at] & 0x80) ||
        (text[at] == '\\' && length - at > 2 && text[at + 1] == 'u' && strchr("dDfF", text[at + 2])))
      return TRUE;
  }
  return FALSE;
}

/* json-c 0.18, that of Debian 13, takes every byte of a string that is not ASCII for a control character (its
 * issue 875). After the gate there are such bytes in strings only, and never behind a backslash. NULL: there
 * is nothing to do. *@is_veiled: the strings have to be looked through afterwards. */
char *json_gate_escape(const char *text, gsize length, gsize *ret_length, gboolean *is_veiled)
{
  Gate gate = { .at = text, .end = text + length };
  GString *escaped;

  if (!has_wide(text, length))
    return NULL;
  escaped = g_string_sized_new(length);
  while (gate.at < gate.end) {
    if (*gate.at & 0x80) {
      append_passing(escaped, g_utf8_get_char(gate.at), is_veiled);
      gate.at = g_utf8_next_char(gate.at);
    } else if (gate.at[0] == '\\' && gate.at[1] == 'u') {
      gate.at += 2;
      append_passing(escaped, read_escape(&gate), is_veiled);
    } else {
      if (*gate.at == '\\')
        g_string_append_c(escaped, *gate.at++);
      g_string_append_c(escaped, *gate.at++);
    }
  }
  *ret_length = escaped->len;
  return g_string_free(escaped, FALSE);
}

char *json_gate_unveil(const char *string)
{
  g_autoptr(GString) text = g_string_new(NULL);

  for (const char *c = string; *c; c = g_utf8_next_char(c)) {
    gunichar character = g_utf8_get_char(c);

    if (character == VEIL_MARK) {
      c = g_utf8_next_char(c);
      character = g_utf8_get_char(c);
      if (character != VEIL_MARK)
        character ^= VEIL_BIT;
    }
    g_string_append_unichar(text, character);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}
