/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json-c's parser is lenient, also where it calls itself strict: it takes NaN, cuts numbers to 64 bits, makes
 * U+FFFD of half a surrogate pair and of some whole ones, and of two members of one name keeps the last. So
 * the text first passes a gate that knows its characters, strings, numbers and words, and counts the nesting;
 * what is left to json-c is where commas and colons stand. Its printer writes U+007F as it is and has another
 * layout than ours.
 *
 * json-c has no object for null, but a NULL pointer, which here means that there is nothing. A Json is either
 * a json_object of json-c or the mark below.
 */
#include "config.h"

#include "base/json.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include "base/quote.h"

G_DEFINE_QUARK(domrun - json - error, json_error)

static const char null_mark[] = "null";

static struct json_object *unwrap(const Json *json)
{
  return (const char *)json == null_mark ? NULL : (struct json_object *)json;
}

static Json *wrap(struct json_object *object)
{
  return object ? (Json *)object : (Json *)null_mark;
}

/* As GLib does, there is no way on without memory. */
static struct json_object *must(struct json_object *object)
{
  if (!object)
    g_error("out of memory");
  return object;
}

Json *json_ref(Json *json)
{
  json_object_get(unwrap(json));
  return json;
}

void json_unref(Json *json)
{
  json_object_put(unwrap(json));
}

/* ---- The gate ---- */

typedef struct {
  const char *at;
  const char *end;
  guint depth;
  guint deepest;
  guint containers;
  gsize members;
} Gate;

static gboolean refuse(GError **error, const char *why)
{
  g_set_error_literal(error, JSON_ERROR, JSON_ERROR_SYNTAX, why);
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
static gboolean gate_number(Gate *gate, char first, GError **error)
{
  char text[64] = { first };
  gsize length = 1;
  gboolean is_integer, fits;

  while (gate->at < gate->end && (g_ascii_isalnum(*gate->at) || strchr("+-.", *gate->at))) {
    if (length + 1 == sizeof text)
      return refuse(error, "a number that is too long");
    text[length++] = *gate->at++;
  }
  if (!is_number(text, &is_integer))
    return refuse(error, "a broken number");
  if (!is_integer)
    fits = isfinite(g_ascii_strtod(text, NULL));
  else if (first == '-')
    fits = g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, NULL, NULL);
  else
    fits = g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, NULL, NULL);
  return fits || refuse(error, "a number beyond all bounds");
}

static gboolean gate_word(Gate *gate, GError **error)
{
  static const char *const words[] = { "true", "false", "null" };
  const char *start = gate->at - 1;

  while (gate->at < gate->end && g_ascii_isalnum(*gate->at))
    gate->at++;
  for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
    if (strlen(words[i]) == (gsize)(gate->at - start) && memcmp(start, words[i], strlen(words[i])) == 0)
      return TRUE;
  }
  return refuse(error, "a word that JSON does not have");
}

static gboolean gate_bracket(Gate *gate, char bracket, guint max_depth, GError **error)
{
  if (bracket == '{' || bracket == '[') {
    if (gate->depth == max_depth)
      return refuse(error, "nested too deep");
    if (++gate->containers > JSON_MAX_CONTAINERS)
      return refuse(error, "too many objects and arrays");
    gate->depth++;
    gate->deepest = MAX(gate->deepest, gate->depth);
  } else if (gate->depth-- == 0) {
    return refuse(error, "a bracket that closes nothing");
  }
  return TRUE;
}

static gboolean gate_token(Gate *gate, char c, guint max_depth, GError **error)
{
  switch (c) {
  case '"':
    return gate_string(gate) || refuse(error, "a broken string");
  case '{':
  case '[':
  case ']':
  case '}':
    return gate_bracket(gate, c, max_depth, error);
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
      return gate_number(gate, c, error);
    if (g_ascii_isalpha(c))
      return gate_word(gate, error);
    return refuse(error, "a character that JSON does not have");
  }
}

static gboolean gate_pass(Gate *gate, guint max_depth, GError **error)
{
  if (!g_utf8_validate_len(gate->at, (gsize)(gate->end - gate->at), NULL))
    return refuse(error, "it is not UTF-8");
  while (gate->at < gate->end) {
    if (!gate_token(gate, *gate->at++, max_depth, error))
      return FALSE;
  }
  return gate->depth == 0 || refuse(error, "it is cut off");
}

/* As one unit of UTF-16 or two. */
static void append_escape(GString *text, gunichar character)
{
  if (character < 0x10000)
    g_string_append_printf(text, "\\u%04x", character);
  else
    g_string_append_printf(text, "\\u%04x\\u%04x", 0xd800 + ((character - 0x10000) >> 10),
                           0xdc00 + (character & 0x3ff));
}

/* ---- Parsing ---- */

static gsize count_members(const Json *json)
{
  gsize count = json_is(json, JSON_OBJECT) ? json_length(json) : 0;
  gconstpointer at = NULL;
  const char *key;
  Json *value;

  while (json_next_member(json, &at, &key, &value))
    count += count_members(value);
  for (gsize i = 0; json_is(json, JSON_ARRAY) && i < json_length(json); i++)
    count += count_members(json_at(json, i));
  return count;
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
    append_escape(text, VEIL_MARK);
    *is_veiled = TRUE;
  }
  append_escape(text, is_misread(character) ? character ^ VEIL_BIT : character);
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
static char *escape_wide(const char *text, gsize length, gsize *ret_length, gboolean *is_veiled)
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

/* The caller frees it. */
static char *unveil_string(const char *string)
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

/* A copy, in which what has no strings is the same. */
static Json *unveil(Json *json)
{
  g_autofree char *string = json_as_string(json) ? unveil_string(json_as_string(json)) : NULL;
  gconstpointer at = NULL;
  const char *key;
  Json *copy, *value;

  if (string)
    return json_new_string(string);
  if (json_is(json, JSON_ARRAY)) {
    copy = json_new_array();
    for (gsize i = 0; i < json_length(json); i++)
      json_append(copy, unveil(json_at(json, i)));
    return copy;
  }
  if (!json_is(json, JSON_OBJECT))
    return json_ref(json);
  copy = json_new_object();
  while (json_next_member(json, &at, &key, &value)) {
    g_autofree char *name = unveil_string(key);

    json_set(copy, name, unveil(value));
  }
  return copy;
}

/* Its depth counts the value itself, and it has room for as much from the start. */
static Json *parse_passed(const char *text, gsize length, guint depth, GError **error)
{
  struct json_tokener *tokener = json_tokener_new_ex((int)depth + 2);
  struct json_object *object;
  enum json_tokener_error result;

  if (!tokener)
    g_error("out of memory");
  json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
  object = json_tokener_parse_ex(tokener, text, (int)length);
  if (json_tokener_get_error(tokener) == json_tokener_continue)
    object = json_tokener_parse_ex(tokener, "", 1); /* a number, say, goes on until something else comes */
  result = json_tokener_get_error(tokener);
  json_tokener_free(tokener);
  if (result == json_tokener_success)
    return wrap(object);
  refuse(error, result == json_tokener_continue ? "it is cut off" : json_tokener_error_desc(result));
  return NULL;
}

Json *json_parse(const char *text, gsize length, guint max_depth, GError **error)
{
  Gate gate = { .at = text, .end = text + length };
  g_autofree char *escaped = NULL;
  gsize escaped_length = 0;
  gboolean is_veiled = FALSE;
  g_autoptr(Json) json = NULL;

  g_assert(max_depth <= 4096); /* printing and freeing recurse */
  if (length >= G_MAXINT32) {
    refuse(error, "it is too long");
    return NULL;
  }
  if (!gate_pass(&gate, max_depth, error))
    return NULL;
  escaped = escape_wide(text, length, &escaped_length, &is_veiled);
  if (escaped && escaped_length >= G_MAXINT32) {
    refuse(error, "it is too long");
    return NULL;
  }
  json = parse_passed(escaped ? escaped : text, escaped ? escaped_length : length, gate.deepest, error);
  if (!json || count_members(json) == gate.members)
    return is_veiled && json ? unveil(json) : g_steal_pointer(&json);
  refuse(error, "a member that is there twice");
  return NULL;
}

/* ---- Printing ---- */

enum { NOT_PRETTY = -1 };

/* A character of more than one byte; returns how many they are. What would be deceptive on a terminal is
 * escaped. */
static gsize print_character(GString *text, const char *at)
{
  gunichar character = g_utf8_get_char_validated(at, -1);
  gboolean is_invalid = character == (gunichar)-1 || character == (gunichar)-2;
  gsize length = is_invalid ? 1 : (gsize)(g_utf8_next_char(at) - at);

  if (is_invalid || !quote_is_deceptive(character))
    g_string_append_len(text, at, (gssize)length);
  else
    append_escape(text, character);
  return length;
}

/* How much of @string is ASCII that needs no escape: nearly all, mostly. */
static gsize plain_length(const char *string)
{
  gsize length = 0;

  while (g_ascii_isprint(string[length]) && string[length] != '"' && string[length] != '\\')
    length++;
  return length;
}

static void print_string(GString *text, const char *string)
{
  static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  gsize length;

  g_string_append_c(text, '"');
  for (const char *c = string; *c; c += length) {
    const char *found;

    length = plain_length(c);
    if (length > 0) {
      g_string_append_len(text, c, (gssize)length);
      continue;
    }
    found = strchr(escaped, *c);
    length = 1;
    if (found)
      g_string_append_printf(text, "\\%c", letters[found - escaped]);
    else if ((guchar)*c < 0x20 || *c == 0x7f)
      g_string_append_printf(text, "\\u%04x", (guint)*c);
    else
      length = print_character(text, c);
  }
  g_string_append_c(text, '"');
}

static void print_integer(GString *text, const Json *json)
{
  gint64 value;
  guint64 large;

  if (json_as_int(json, &value))
    g_string_append_printf(text, "%" G_GINT64_FORMAT, value);
  else if (json_as_uint(json, &large))
    g_string_append_printf(text, "%" G_GUINT64_FORMAT, large);
}

static void break_line(GString *text, int indent)
{
  if (indent >= 0)
    g_string_append_printf(text, "\n%*s", indent * 2, "");
}

static void print_value(GString *text, const Json *json, int indent);

/* @indent is that of what is inside. */
static void print_array(GString *text, const Json *array, int indent)
{
  gsize length = json_length(array);

  for (gsize i = 0; i < length; i++) {
    g_string_append_c(text, i > 0 ? ',' : '[');
    break_line(text, indent);
    print_value(text, json_at(array, i), indent);
  }
  if (length == 0)
    g_string_append_c(text, '[');
  else
    break_line(text, indent - 1);
  g_string_append_c(text, ']');
}

static void print_object(GString *text, const Json *object, int indent)
{
  gconstpointer at = NULL;
  const char *key;
  Json *value;
  char separator = '{';

  while (json_next_member(object, &at, &key, &value)) {
    g_string_append_c(text, separator);
    separator = ',';
    break_line(text, indent);
    print_string(text, key);
    g_string_append(text, indent >= 0 ? " : " : ":");
    print_value(text, value, indent);
  }
  if (separator == '{')
    g_string_append_c(text, '{');
  else
    break_line(text, indent - 1);
  g_string_append_c(text, '}');
}

static void print_value(GString *text, const Json *json, int indent)
{
  gboolean truth = FALSE;

  switch (json_kind(json)) {
  case JSON_NULL:
    g_string_append(text, "null");
    break;
  case JSON_BOOLEAN:
    json_as_bool(json, &truth);
    g_string_append(text, truth ? "true" : "false");
    break;
  case JSON_INTEGER:
    print_integer(text, json);
    break;
  case JSON_REAL:
    g_string_append(text, json_object_to_json_string_ext(unwrap(json), JSON_C_TO_STRING_PLAIN));
    break;
  case JSON_STRING:
    print_string(text, json_as_string(json));
    break;
  case JSON_ARRAY:
    print_array(text, json, indent >= 0 ? indent + 1 : NOT_PRETTY);
    break;
  case JSON_OBJECT:
    print_object(text, json, indent >= 0 ? indent + 1 : NOT_PRETTY);
    break;
  }
}

char *json_print(const Json *json)
{
  GString *text = g_string_sized_new(256); /* most are an argument of QEMU's */

  print_value(text, json, NOT_PRETTY);
  return g_string_free(text, FALSE);
}

char *json_print_pretty(const Json *json)
{
  GString *text = g_string_new(NULL);

  print_value(text, json, 0);
  return g_string_free(text, FALSE);
}

/* ---- Making ---- */

Json *json_new_object(void)
{
  return wrap(must(json_object_new_object()));
}

Json *json_new_array(void)
{
  return wrap(must(json_object_new_array()));
}

Json *json_new_string(const char *value)
{
  return wrap(must(json_object_new_string(value)));
}

void json_set(Json *object, const char *key, Json *value)
{
  if (json_object_object_add(unwrap(object), key, unwrap(value)) < 0)
    g_error("out of memory");
}

void json_remove(Json *object, const char *key)
{
  json_object_object_del(unwrap(object), key);
}

void json_set_null(Json *object, const char *key)
{
  json_set(object, key, wrap(NULL));
}

void json_set_bool(Json *object, const char *key, gboolean value)
{
  json_set(object, key, wrap(must(json_object_new_boolean(value))));
}

void json_set_int(Json *object, const char *key, gint64 value)
{
  json_set(object, key, wrap(must(json_object_new_int64(value))));
}

void json_set_uint(Json *object, const char *key, guint64 value)
{
  json_set(object, key, wrap(must(json_object_new_uint64(value))));
}

void json_set_string(Json *object, const char *key, const char *value)
{
  if (value)
    json_set(object, key, json_new_string(value));
  else
    json_set_null(object, key);
}

void json_append(Json *array, Json *value)
{
  if (json_object_array_add(unwrap(array), unwrap(value)) < 0)
    g_error("out of memory");
}

void json_append_int(Json *array, gint64 value)
{
  json_append(array, wrap(must(json_object_new_int64(value))));
}

void json_append_string(Json *array, const char *value)
{
  json_append(array, json_new_string(value));
}

/* ---- Looking ---- */

JsonKind json_kind(const Json *json)
{
  switch (json_object_get_type(unwrap(json))) {
  case json_type_boolean:
    return JSON_BOOLEAN;
  case json_type_double:
    return JSON_REAL;
  case json_type_int:
    return JSON_INTEGER;
  case json_type_object:
    return JSON_OBJECT;
  case json_type_array:
    return JSON_ARRAY;
  case json_type_string:
    return JSON_STRING;
  case json_type_null:
    break;
  }
  return JSON_NULL;
}

gboolean json_is(const Json *json, JsonKind kind)
{
  return json && json_kind(json) == kind;
}

const char *json_kind_name(JsonKind kind)
{
  static const char *const names[] = {
    [JSON_NULL] = "null",        [JSON_BOOLEAN] = "true or false", [JSON_INTEGER] = "an integer",
    [JSON_REAL] = "a fraction",  [JSON_STRING] = "a string",       [JSON_ARRAY] = "an array",
    [JSON_OBJECT] = "an object",
  };

  return names[kind];
}

const char *json_as_string(const Json *json)
{
  return json_is(json, JSON_STRING) ? json_object_get_string(unwrap(json)) : NULL;
}

gboolean json_as_bool(const Json *json, gboolean *ret_value)
{
  if (!json_is(json, JSON_BOOLEAN))
    return FALSE;
  *ret_value = json_object_get_boolean(unwrap(json));
  return TRUE;
}

/* json-c cuts to the type that it is asked for: beyond both ends, the other type knows. */
gboolean json_as_int(const Json *json, gint64 *ret_value)
{
  if (!json_is(json, JSON_INTEGER) || json_object_get_uint64(unwrap(json)) > G_MAXINT64)
    return FALSE;
  *ret_value = json_object_get_int64(unwrap(json));
  return TRUE;
}

gboolean json_as_uint(const Json *json, guint64 *ret_value)
{
  if (!json_is(json, JSON_INTEGER) || json_object_get_int64(unwrap(json)) < 0)
    return FALSE;
  *ret_value = json_object_get_uint64(unwrap(json));
  return TRUE;
}

Json *json_get(const Json *object, const char *key)
{
  struct json_object *value;

  if (!json_is(object, JSON_OBJECT) || !json_object_object_get_ex(unwrap(object), key, &value))
    return NULL;
  return wrap(value);
}

Json *json_get_object(const Json *object, const char *key)
{
  Json *value = json_get(object, key);

  return json_is(value, JSON_OBJECT) ? value : NULL;
}

const char *json_get_string(const Json *object, const char *key)
{
  return json_as_string(json_get(object, key));
}

gboolean json_get_bool(const Json *object, const char *key)
{
  gboolean value = FALSE;

  json_as_bool(json_get(object, key), &value);
  return value;
}

gboolean json_get_int(const Json *object, const char *key, gint64 *ret_value)
{
  return json_as_int(json_get(object, key), ret_value);
}

gsize json_length(const Json *json)
{
  if (json_is(json, JSON_ARRAY))
    return json_object_array_length(unwrap(json));
  if (json_is(json, JSON_OBJECT))
    return (gsize)json_object_object_length(unwrap(json));
  return 0;
}

Json *json_at(const Json *array, gsize index)
{
  if (!json_is(array, JSON_ARRAY) || index >= json_length(array))
    return NULL;
  return wrap(json_object_array_get_idx(unwrap(array), index));
}

gboolean json_next_member(const Json *object, gconstpointer *at, const char **ret_key, Json **ret_value)
{
  const struct lh_entry *entry = *at;

  if (!json_is(object, JSON_OBJECT))
    return FALSE;
  entry = entry ? lh_entry_next(entry) : lh_table_head(json_object_get_object(unwrap(object)));
  if (!entry)
    return FALSE;
  *at = entry;
  *ret_key = lh_entry_k(entry);
  *ret_value = wrap((struct json_object *)lh_entry_v(entry));
  return TRUE;
}
