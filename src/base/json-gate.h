/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a text has to pass before json-c reads it, which is lenient, and what json-c would misread: for
 * json.c.
 */
#pragma once

#include <glib.h>

typedef struct {
  guint depth;      /* of objects and arrays in each other */
  guint containers; /* objects and arrays in all */
} JsonLimits;

typedef struct {
  guint depth;   /* the deepest */
  gsize members; /* of all objects */
} JsonCounts;

/* Whether the characters, strings, numbers and words of @text are JSON's, and its nesting is closed: NULL, or
 * what is wrong, a literal. Where commas and colons stand is not looked at. */
const char *json_gate_pass(const char *text, gsize length, const JsonLimits *limits, JsonCounts *ret_counts);

/* A text that passed, with escapes for all that is not ASCII. NULL: there is nothing to do. *@is_veiled
 * becomes TRUE where strings and names of members then have to go through json_gate_unveil(). The caller
 * frees both results. */
char *json_gate_escape(const char *text, gsize length, gsize *ret_length, gboolean *is_veiled);
char *json_gate_unveil(const char *string);

/* Appends a character as one "\\uXXXX", or as the two of a surrogate pair. */
void json_gate_append_escape(GString *text, gunichar character);
