/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Typed properties, in the order in which they were added, and the two ways in which QEMU reads them: JSON
 * (-device, -blockdev, -netdev, -object; the same text that device_add and its kin take) and, where QEMU has
 * no JSON form, key=value (QEMU's documentation, "Standard options": a comma in a value is written twice).
 *
 * The adders skip a value that is unset (NULL), so that a room needs no `if` around each.
 */
#pragma once

#include <glib.h>
#include "base/json.h"

typedef struct Props Props;

/* The first property is that which names the kind of thing: "driver", "type", "qom-type"; or, where @key is
 * NULL, a word without a key, as in `-chardev pty,...` (key=value only). */
Props *props_new(const char *key, const char *value);
Props *props_new_empty(void);
void props_free(Props *props);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Props, props_free)

void props_add_string(Props *props, const char *key, const char *value);
void props_add_format(Props *props, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
void props_add_uint(Props *props, const char *key, guint64 value);
void props_add_int(Props *props, const char *key, gint64 value);
void props_add_null(Props *props, const char *key); /* JSON only */
void props_add_bool(Props *props, const char *key, gboolean value);

/* A nested object; takes @value. JSON only. */
void props_add_props(Props *props, const char *key, Props *value);

/* An array; takes @value. As key=value it is the key with each of them: key=one,key=two. */
void props_add_array(Props *props, const char *key, Json *value);

/* What was added, as an element of such an array; frees @props. */
Json *props_steal_json(Props *props);

/* Adds what @others has, in its order. */
void props_add_all(Props *props, const Props *others);

/* Whether @key was added. */
gboolean props_has(const Props *props, const char *key);

/* One line of JSON. The caller frees it. */
char *props_to_json(const Props *props);

/* The same of a JSON object, with the value of @word before the rest and without its key; NULL where it has
 * what key=value cannot say. */
char *props_json_to_keyval(const Json *object, const char *word);

/* key=value,... with booleans as on and off. The caller frees it. */
char *props_to_keyval(const Props *props);
