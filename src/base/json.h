/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON values: the only door to json-c, which nobody else includes. A value is counted by references; what it
 * holds is its own. Members keep the order in which they were added.
 *
 * Whoever asks a value for something may pass NULL, which has nothing: the answer of a stranger is looked
 * through in one expression. json_kind() tells the missing from the wrong.
 */
#pragma once

#include <glib.h>

typedef struct Json Json;

typedef enum {
  JSON_NULL,
  JSON_BOOLEAN,
  JSON_INTEGER, /* from -2^63 to 2^64-1 */
  JSON_REAL,    /* keeps the digits that it was parsed from */
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT,
} JsonKind;

typedef enum {
  JSON_ERROR_SYNTAX,
} JsonError;

#define JSON_ERROR (json_error_quark())
GQuark json_error_quark(void);

Json *json_ref(Json *json);
void json_unref(Json *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Json, json_unref)

/* ---- Text ---- */

/* @length bytes as one value (RFC 8259) that nests @max_depth deep at most, or NULL with a JSON_ERROR.
 * Stricter than the RFC asks where a value could be read in two ways: a member that is there twice, the
 * character U+0000, half a surrogate pair, and numbers that neither 64 bits nor a double can hold are
 * refused, and so are more than JSON_MAX_CONTAINERS objects and arrays: one takes two bytes to say, and
 * hundreds to hold. Memory and time grow with @length. */
enum { JSON_MAX_CONTAINERS = 128 * 1024 };
Json *json_parse(const char *text, gsize length, guint max_depth, GError **error);

/* On one line without a space, or over many. The caller frees it. Strings are UTF-8, in which only
 * quotes, backslashes and what would be deceptive on a terminal (base/quote.h) are escaped. */
char *json_print(const Json *json);
char *json_print_pretty(const Json *json);

/* ---- Making ---- */

Json *json_new_object(void);
Json *json_new_array(void);
Json *json_new_string(const char *value);

/* Sets a member, whether it was there or not; @key is copied. json_set() takes @value. A string that is NULL
 * becomes null. */
void json_set(Json *object, const char *key, Json *value);
void json_set_null(Json *object, const char *key);
void json_set_bool(Json *object, const char *key, gboolean value);
void json_set_int(Json *object, const char *key, gint64 value);
void json_set_uint(Json *object, const char *key, guint64 value);
void json_set_string(Json *object, const char *key, const char *value);

/* Takes a member away, if it is there. */
void json_remove(Json *object, const char *key);

/* At the end of an array. json_append() takes @value. */
void json_append(Json *array, Json *value);
void json_append_int(Json *array, gint64 value);
void json_append_string(Json *array, const char *value);

/* ---- Looking ---- */

/* @json is not NULL. */
JsonKind json_kind(const Json *json);
gboolean json_is(const Json *json, JsonKind kind);

/* "a string", "an array": for messages. */
const char *json_kind_name(JsonKind kind);

/* The value itself, where it is of that kind; otherwise NULL, or FALSE with @ret_value untouched. An integer
 * beyond @ret_value's type is none of its kind. Borrowed. */
const char *json_as_string(const Json *json);
gboolean json_as_bool(const Json *json, gboolean *ret_value);
gboolean json_as_int(const Json *json, gint64 *ret_value);
gboolean json_as_uint(const Json *json, guint64 *ret_value);

/* A member: any one, or NULL where it is missing; or one of a kind, as above. Borrowed. */
Json *json_get(const Json *object, const char *key);
Json *json_get_object(const Json *object, const char *key);
const char *json_get_string(const Json *object, const char *key);
gboolean json_get_bool(const Json *object, const char *key); /* FALSE where there is none */
gboolean json_get_int(const Json *object, const char *key, gint64 *ret_value);

/* How many elements or members; 0 for what has neither. */
gsize json_length(const Json *json);

/* An element of an array, or NULL. Borrowed. */
Json *json_at(const Json *array, gsize index);

/* Goes through the members of an object in their order: *@at is NULL before the first call. FALSE after the
 * last. The object is not changed meanwhile. */
gboolean json_next_member(const Json *object, gconstpointer *at, const char **ret_key, Json **ret_value);
