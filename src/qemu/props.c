/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qemu/props.h"

struct Props {
  Json *object; /* keeps the order of insertion */
  char *word;   /* of key=value: what stands before the first key, or NULL */
};

Props *props_new_empty(void)
{
  Props *props = g_new0(Props, 1);

  props->object = json_new_object();
  return props;
}

Props *props_new(const char *key, const char *value)
{
  Props *props = props_new_empty();

  if (key)
    props_add_string(props, key, value);
  else
    props->word = g_strdup(value);
  return props;
}

void props_free(Props *props)
{
  if (!props)
    return;
  json_unref(props->object);
  g_free(props->word);
  g_free(props);
}

void props_add_string(Props *props, const char *key, const char *value)
{
  if (value)
    json_set_string(props->object, key, value);
}

void props_add_format(Props *props, const char *key, const char *format, ...)
{
  g_autofree char *value = NULL;
  va_list arguments;

  va_start(arguments, format);
  value = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  props_add_string(props, key, value);
}

void props_add_uint(Props *props, const char *key, guint64 value)
{
  json_set_uint(props->object, key, value);
}

void props_add_int(Props *props, const char *key, gint64 value)
{
  json_set_int(props->object, key, value);
}

void props_add_null(Props *props, const char *key)
{
  json_set_null(props->object, key);
}

void props_add_bool(Props *props, const char *key, gboolean value)
{
  json_set_bool(props->object, key, value);
}

void props_add_props(Props *props, const char *key, Props *value)
{
  json_set(props->object, key, json_ref(value->object));
  props_free(value);
}

void props_add_all(Props *props, const Props *others)
{
  gconstpointer at = NULL;
  const char *key;
  Json *value;

  while (json_next_member(others->object, &at, &key, &value))
    json_set(props->object, key, json_ref(value));
}

void props_add_array(Props *props, const char *key, Json *value)
{
  json_set(props->object, key, value);
}

Json *props_steal_json(Props *props)
{
  Json *json = json_ref(props->object);

  props_free(props);
  return json;
}

gboolean props_has(const Props *props, const char *key)
{
  return json_get(props->object, key) != NULL;
}

char *props_to_json(const Props *props)
{
  g_assert(!props->word);
  return json_print(props->object);
}

static void append_escaped(GString *text, const char *value)
{
  for (const char *c = value; *c; c++) {
    if (*c == ',')
      g_string_append_c(text, ',');
    g_string_append_c(text, *c);
  }
}

/* What takes several values takes each with the key. */
static void append_keyval(GString *text, const char *key, const Json *value)
{
  g_autofree char *number = json_is(value, JSON_INTEGER) ? json_print(value) : NULL;
  const char *string = json_as_string(value);
  gboolean is_on = FALSE;

  if (json_is(value, JSON_ARRAY)) {
    for (gsize i = 0; i < json_length(value); i++)
      append_keyval(text, key, json_at(value, i));
    return;
  }
  if (text->len)
    g_string_append_c(text, ',');
  g_string_append(text, key);
  g_string_append_c(text, '=');
  if (string)
    append_escaped(text, string);
  else if (json_as_bool(value, &is_on))
    g_string_append(text, is_on ? "on" : "off");
  else
    g_string_append(text, number);
}

char *props_json_to_keyval(const Json *object, const char *word)
{
  g_autoptr(GString) text = g_string_new(NULL);
  gconstpointer at = NULL;
  const char *key;
  Json *value;

  append_escaped(text, json_get_string(object, word));
  while (json_next_member(object, &at, &key, &value)) {
    if (!json_is(value, JSON_STRING) && !json_is(value, JSON_INTEGER) && !json_is(value, JSON_BOOLEAN))
      return NULL;
    if (!g_str_equal(key, word))
      append_keyval(text, key, value);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}

char *props_to_keyval(const Props *props)
{
  g_autoptr(GString) text = g_string_new(NULL);
  gconstpointer at = NULL;
  const char *key;
  Json *value;

  if (props->word)
    append_escaped(text, props->word);
  while (json_next_member(props->object, &at, &key, &value))
    append_keyval(text, key, value);
  return g_string_free(g_steal_pointer(&text), FALSE);
}
