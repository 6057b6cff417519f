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
#include <string.h>

#include "base/json-gate.h"
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

static gboolean refuse(GError **error, const char *why)
{
  g_set_error_literal(error, JSON_ERROR, JSON_ERROR_SYNTAX, why);
  return FALSE;
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

/* A copy, in which what has no strings is the same. */
static Json *unveil(Json *json)
{
  g_autofree char *string = json_as_string(json) ? json_gate_unveil(json_as_string(json)) : NULL;
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
    g_autofree char *name = json_gate_unveil(key);

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
  const JsonLimits limits = { .depth = max_depth, .containers = JSON_MAX_CONTAINERS };
  JsonCounts counts;
  g_autofree char *escaped = NULL;
  gsize escaped_length = 0;
  gboolean is_veiled = FALSE;
  const char *wrong;
  g_autoptr(Json) json = NULL;

  g_assert(max_depth <= 4096); /* printing and freeing recurse */
  wrong = length >= G_MAXINT32 ? "it is too long" : json_gate_pass(text, length, &limits, &counts);
  if (!wrong)
    escaped = json_gate_escape(text, length, &escaped_length, &is_veiled);
  if (escaped && escaped_length >= G_MAXINT32)
    wrong = "it is too long";
  if (wrong) {
    refuse(error, wrong);
    return NULL;
  }
  json = parse_passed(escaped ? escaped : text, escaped ? escaped_length : length, counts.depth, error);
  if (!json || count_members(json) == counts.members)
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
    json_gate_append_escape(text, character);
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
