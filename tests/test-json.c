/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/json.h"

enum { DEPTH = 16 };

static Json *parse(const char *text, GError **error)
{
  return json_parse(text, strlen(text), DEPTH, error);
}

/* ---- Text ---- */

/* What is not written back as it came has a second text. */
static const char *const accepted[][2] = {
  { "null", NULL },
  { "true", NULL },
  { "false", NULL },
  { "0", NULL },
  { "-0", "0" },
  { "42", NULL },
  { "-9223372036854775808", NULL },
  { "9223372036854775807", NULL },
  { "9223372036854775808", NULL },
  { "18446744073709551615", NULL },
  { "1.0", NULL },
  { "0.1", NULL },
  { "-2.5e3", NULL },
  { "1E+300", NULL },
  { "\"\"", NULL },
  { "\"\\u009b\\u061c\\u202e\xc2\x9b\\udb40\\udc41\\u2029\"",
    "\"\\u009b\\u061c\\u202e\\u009b\\udb40\\udc41\\u2029\"" },
  { "{\"gr\xc3\xbc\xc3\x9f\": \"\xe2\x82\xac \xf0\x9f\x98\x80\"}",
    "{\"gr\xc3\xbc\xc3\x9f\":\"\xe2\x82\xac \xf0\x9f\x98\x80\"}" },
  { "\"\\u00e9\\ud83d\\ude00\\u007f\\u001f\"", "\"\xc3\xa9\xf0\x9f\x98\x80\\u007f\\u001f\"" },
  { "\"\\\\\\\"\\/\\b\\f\\n\\r\\t\"", "\"\\\\\\\"/\\b\\f\\n\\r\\t\"" },
  { "\"/* no comment */ // '[[{{\"", NULL },
  { "[]", NULL },
  { "{}", NULL },
  { " [ 1 , [ ] , { } , null ]\r\n\t", "[1,[],{},null]" },
  { "{\"z\":1,\"a\":{\"z\":2},\"\":[{\"z\":3},{\"z\":4}]}", NULL },
};

static const char *const refused[] = {
  "",
  " ",
  "nul",
  "nulls",
  "Null",
  "TRUE",
  "NaN",
  "nan",
  "Infinity",
  "-Infinity",
  "inf",
  "undefined",
  "00",
  "01",
  "-",
  "-01",
  "+1",
  ".5",
  "1.",
  "1.e5",
  "1e",
  "1e+",
  "1e5.5",
  "0x10",
  "1e999",
  "-1e999",
  "18446744073709551616",
  "-9223372036854775809",
  "100000000000000000000000000000000000000000000000000000000000000000000000",
  "1 2",
  "{}{}",
  "[] x",
  "[],",
  "[1,]",
  "[,1]",
  "[1 2]",
  "[1",
  "[1}",
  "{1:2}",
  "{a:1}",
  "{'a':1}",
  "{\"a\"}",
  "{\"a\":}",
  "{\"a\":1,}",
  "{\"a\" 1}",
  "{\"a\"::1}",
  "[1:2]",
  "{\"a\":1,\"a\":1}",
  "[{\"a\":{\"b\":1,\"c\":2,\"b\":3}}]",
  "{\"a\":1,\"\\u0061\":2}",
  "]",
  "}",
  "'x'",
  "/* x */ 1",
  "1 // x",
  "# x",
  "\"x",
  "\"\\",
  "\"\\u12\"",
  "\"\\u0000\"",
  "{\"a\\u0000b\":1}",
  "\"\\ud800\"",
  "\"\\ud800x\"",
  "\"\\ud800\\u0041\"",
  "\"\\udc00\"",
  "\"\\x41\"",
  "\"line\nbreak\"",
  "\"\x1f\"",
  "\"\xff\"",
  "\"\xc0\x80\"",
  "\"\xed\xa0\x80\"",
  "\xef\xbb\xbf{}",
  "\v1",
};

static void test_accepted(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(accepted); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) json = parse(accepted[i][0], &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = json_print(json);
    g_assert_cmpstr(text, ==, accepted[i][1] ? accepted[i][1] : accepted[i][0]);
  }
}

/* All characters, as they are and as escapes, in a value and in a name of a member. */
static void test_characters(void)
{
  for (gunichar first = 1; first < 0x110000; first += 0x400) {
    g_autoptr(GString) text = g_string_new(NULL), escaped = g_string_new("{\"");
    g_autoptr(Json) made = NULL, string = NULL, object = NULL;
    g_autofree char *printed = NULL, *rest = NULL;
    gconstpointer at = NULL;
    const char *key;
    Json *value;

    for (gunichar c = first; c < MIN(first + 0x400, 0x110000); c++) {
      gunichar beyond = c - 0x10000;

      if (c >= 0xd800 && c < 0xe000)
        continue;
      g_string_append_unichar(text, c);
      if (c < 0x10000)
        g_string_append_printf(escaped, "\\u%04X", c);
      else
        g_string_append_printf(escaped, "\\u%04x\\u%04x", 0xd800 + (beyond >> 10), 0xdc00 + (beyond & 0x3ff));
    }
    g_string_append(escaped, "\":[null,1.50]}");
    made = json_new_string(text->str);
    printed = json_print(made);
    string = json_parse(printed, strlen(printed), 1, NULL);
    g_assert_cmpstr(json_as_string(string), ==, text->str);
    object = json_parse(escaped->str, escaped->len, 3, NULL);
    g_assert_true(json_next_member(object, &at, &key, &value));
    g_assert_cmpstr(key, ==, text->str);
    rest = json_print(value);
    g_assert_cmpstr(rest, ==, "[null,1.50]");
  }
}

static void test_refused(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) json = parse(refused[i], &error);

    if (json)
      g_error("accepted: %s", refused[i]);
    g_assert_error(error, JSON_ERROR, JSON_ERROR_SYNTAX);
  }
}

/* As part of the text, and behind its end, where nobody looks. */
static void test_nul(void)
{
  static const char bytes[] = "{\"a\":\"\0\"}\0";

  for (gsize length = 0; length < sizeof bytes; length++)
    g_assert_null(json_parse(bytes, length, DEPTH, NULL));
  for (gsize length = 1; length < 4; length++) {
    g_autofree char *number = g_strndup("123", length);
    g_autoptr(Json) json = json_parse("123", length, DEPTH, NULL);
    g_autofree char *text = json_print(json);

    g_assert_cmpstr(text, ==, number);
  }
}

static char *nested(guint depth, const char *opening, const char *inside, const char *closing)
{
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append(text, opening);
  g_string_append(text, inside);
  for (guint i = 0; i < depth; i++)
    g_string_append(text, closing);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_depth(void)
{
  static const guint depths[] = { 0, 1, 2, 31, 32, 33, 1024, 4096 };

  for (gsize i = 0; i < G_N_ELEMENTS(depths); i++) {
    guint depth = depths[i];
    g_autofree char *arrays = nested(depth, "[", "1", "]");
    g_autofree char *objects = nested(depth, "{\"a\":", "\"x\"", "}");
    g_autoptr(Json) array = json_parse(arrays, strlen(arrays), depth, NULL);
    g_autoptr(Json) object = json_parse(objects, strlen(objects), depth, NULL);

    g_assert_nonnull(array);
    g_assert_nonnull(object);
    if (depth > 0) {
      g_assert_null(json_parse(arrays, strlen(arrays), depth - 1, NULL));
      g_assert_null(json_parse(objects, strlen(objects), depth - 1, NULL));
    }
  }
}

/* Many members, of which the hash table grows: none is lost or moved. */
static void test_many_members(void)
{
  g_autoptr(Json) object = json_new_object(), again = NULL;
  g_autofree char *text = NULL;
  gconstpointer at = NULL;
  const char *key;
  Json *value;
  gint64 number, next = 0;

  for (int i = 0; i < 10000; i++) {
    g_autofree char *name = g_strdup_printf("%d", 7919 * i % 10007);

    json_set_int(object, name, i);
  }
  text = json_print(object);
  again = parse(text, NULL);
  g_assert_cmpuint(json_length(again), ==, 10000);
  while (json_next_member(again, &at, &key, &value)) {
    g_assert_true(json_as_int(value, &number));
    g_assert_cmpint(number, ==, next++);
  }
  g_assert_cmpint(next, ==, 10000);
}

static void test_pretty(void)
{
  g_autoptr(Json) json = parse("{\"a\":[1,[\"x\"],{}],\"b\":{\"c\":[]}}", NULL);
  g_autofree char *text = json_print_pretty(json);

  g_assert_cmpstr(text, ==,
                  "{\n  \"a\" : [\n    1,\n    [\n      \"x\"\n    ],\n    {}\n  ],\n"
                  "  \"b\" : {\n    \"c\" : []\n  }\n}");
}

/* ---- Values ---- */

static void test_making(void)
{
  g_autoptr(Json) object = json_new_object();
  Json *array = json_new_array();
  g_autofree char *text = NULL;

  json_append(array, json_new_object());
  json_append_int(array, G_MININT64);
  json_append_string(array, "x");
  json_set_string(object, "s", "a\"b");
  json_set_string(object, "n", NULL);
  json_set_uint(object, "u", G_MAXUINT64);
  json_set_bool(object, "b", 4);
  json_set(object, "a", array);
  json_set_null(object, "k\n");
  json_set_int(object, "s", -1); /* in the place of the first */
  text = json_print(object);
  g_assert_cmpstr(text, ==,
                  "{\"s\":-1,\"n\":null,\"u\":18446744073709551615,\"b\":true,"
                  "\"a\":[{},-9223372036854775808,\"x\"],\"k\\n\":null}");
}

static void test_kinds(void)
{
  static const char text[] = "[null,true,1,1.5,\"x\",[],{}]";
  g_autoptr(Json) array = parse(text, NULL);
  gboolean truth = 7;
  gint64 number = 7;
  guint64 positive = 7;

  g_assert_cmpuint(json_length(array), ==, JSON_OBJECT + 1);
  for (int i = JSON_NULL; i <= JSON_OBJECT; i++) {
    Json *value = json_at(array, (gsize)i);

    g_assert_nonnull(value);
    g_assert_cmpint(json_kind(value), ==, i);
    g_assert_true(json_is(value, (JsonKind)i));
    g_assert_nonnull(json_kind_name((JsonKind)i));
    g_assert_true(!json_as_string(value) == (i != JSON_STRING));
    g_assert_true(json_as_bool(value, &truth) == (i == JSON_BOOLEAN));
    g_assert_true(json_as_int(value, &number) == (i == JSON_INTEGER));
    g_assert_true(json_as_uint(value, &positive) == (i == JSON_INTEGER));
  }
  g_assert_true(truth == TRUE && number == 1 && positive == 1);
  g_assert_null(json_at(array, JSON_OBJECT + 1));
}

static void test_numbers(void)
{
  static const char text[] = "{\"max\":18446744073709551615,\"over\":9223372036854775808,"
                             "\"most\":9223372036854775807,\"least\":-9223372036854775808,\"real\":1.0}";
  g_autoptr(Json) object = parse(text, NULL);
  gint64 number = 7;
  guint64 positive = 7;

  g_assert_false(json_get_int(object, "max", &number));
  g_assert_false(json_get_int(object, "over", &number));
  g_assert_false(json_get_int(object, "real", &number));
  g_assert_false(json_get_int(object, "absent", &number));
  g_assert_false(json_as_uint(json_get(object, "least"), &positive));
  g_assert_true(number == 7 && positive == 7);
  g_assert_true(json_get_int(object, "most", &number) && number == G_MAXINT64);
  g_assert_true(json_get_int(object, "least", &number) && number == G_MININT64);
  g_assert_true(json_as_uint(json_get(object, "max"), &positive) && positive == G_MAXUINT64);
  g_assert_true(json_as_uint(json_get(object, "most"), &positive) && positive == G_MAXINT64);
}

/* A missing member is nothing, a member that is null is something; nothing has neither members nor value. */
static void test_missing(void)
{
  g_autoptr(Json) object = parse("{\"n\":null,\"o\":{\"s\":\"x\"},\"b\":true,\"t\":\"true\"}", NULL);
  g_autoptr(Json) kept = NULL;
  gconstpointer at = NULL;
  const char *key;
  Json *value;
  gint64 number;

  g_assert_null(json_get(object, "absent"));
  g_assert_true(json_is(json_get(object, "n"), JSON_NULL));
  g_assert_null(json_get_object(object, "n"));
  g_assert_cmpstr(json_get_string(json_get_object(object, "o"), "s"), ==, "x");
  g_assert_null(json_get_string(json_get_object(object, "absent"), "s"));
  g_assert_true(json_get_bool(object, "b"));
  g_assert_false(json_get_bool(object, "t"));
  g_assert_false(json_is(NULL, JSON_NULL));
  g_assert_null(json_as_string(NULL));
  g_assert_false(json_get_int(NULL, "x", &number));
  g_assert_cmpuint(json_length(NULL) + json_length(json_get(object, "t")), ==, 0);
  g_assert_null(json_at(object, 0));
  g_assert_false(json_next_member(NULL, &at, &key, &value));
  kept = json_ref(json_get(object, "n"));
  g_assert_true(json_is(kept, JSON_NULL));
  json_unref(NULL);
  g_assert_null(json_ref(NULL));
}

/* "[[],[],...]": one more than there may be is refused. */
static void test_many_containers(void)
{
  for (guint inner = JSON_MAX_CONTAINERS - 1; inner <= JSON_MAX_CONTAINERS; inner++) {
    g_autoptr(GString) text = g_string_new("[[]");
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) json = NULL;

    for (guint i = 1; i < inner; i++)
      g_string_append(text, ",[]");
    g_string_append_c(text, ']');
    json = json_parse(text->str, text->len, DEPTH, &error);
    if (inner < JSON_MAX_CONTAINERS) {
      g_assert_no_error(error);
      g_assert_cmpuint(json_length(json), ==, inner);
    } else {
      g_assert_null(json);
      g_assert_error(error, JSON_ERROR, JSON_ERROR_SYNTAX);
    }
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/json/text/accepted", test_accepted);
  g_test_add_func("/json/text/characters", test_characters);
  g_test_add_func("/json/text/refused", test_refused);
  g_test_add_func("/json/text/nul", test_nul);
  g_test_add_func("/json/text/depth", test_depth);
  g_test_add_func("/json/text/many-members", test_many_members);
  g_test_add_func("/json/text/many-containers", test_many_containers);
  g_test_add_func("/json/text/pretty", test_pretty);
  g_test_add_func("/json/value/making", test_making);
  g_test_add_func("/json/value/kinds", test_kinds);
  g_test_add_func("/json/value/numbers", test_numbers);
  g_test_add_func("/json/value/missing", test_missing);
  return g_test_run();
}
