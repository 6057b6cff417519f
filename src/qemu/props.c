/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qemu/props.h"

struct Props {
  JsonObject *object; /* keeps the order of insertion */
  char *word;         /* of key=value: what stands before the first key, or NULL */
};

Props *props_new_empty(void)
{
  Props *props = g_new0(Props, 1);

  props->object = json_object_new();
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
  json_object_unref(props->object);
  g_free(props->word);
  g_free(props);
}

void props_add_string(Props *props, const char *key, const char *value)
{
  if (value)
    json_object_set_string_member(props->object, key, value);
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
  /* json-glib has signed integers only, and no number of a domain needs the 64th bit. */
  g_assert(value <= G_MAXINT64);
  json_object_set_int_member(props->object, key, (gint64)value);
}

void props_add_int(Props *props, const char *key, gint64 value)
{
  json_object_set_int_member(props->object, key, value);
}

void props_add_null(Props *props, const char *key)
{
  json_object_set_null_member(props->object, key);
}

void props_add_bool(Props *props, const char *key, gboolean value)
{
  json_object_set_boolean_member(props->object, key, value);
}

void props_add_props(Props *props, const char *key, Props *value)
{
  json_object_set_object_member(props->object, key, json_object_ref(value->object));
  props_free(value);
}

void props_add_array(Props *props, const char *key, JsonArray *value)
{
  json_object_set_array_member(props->object, key, value);
}

gboolean props_has(const Props *props, const char *key)
{
  return json_object_has_member(props->object, key);
}

char *props_to_json(const Props *props)
{
  g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

  g_assert(!props->word);
  json_node_set_object(root, props->object);
  return json_to_string(root, /* pretty= */ FALSE);
}

static void append_escaped(GString *text, const char *value)
{
  for (const char *c = value; *c; c++) {
    if (*c == ',')
      g_string_append_c(text, ',');
    g_string_append_c(text, *c);
  }
}

static void append_keyval(JsonObject *object, const char *key, JsonNode *value, gpointer data)
{
  GString *text = data;
  GType type = json_node_get_value_type(value);

  g_assert(JSON_NODE_HOLDS_VALUE(value));
  g_string_append_printf(text, "%s%s=", text->len ? "," : "", key);
  if (type == G_TYPE_STRING)
    append_escaped(text, json_node_get_string(value));
  else if (type == G_TYPE_BOOLEAN)
    g_string_append(text, json_node_get_boolean(value) ? "on" : "off");
  else
    g_string_append_printf(text, "%" G_GINT64_FORMAT, json_node_get_int(value));
}

char *props_to_keyval(const Props *props)
{
  g_autoptr(GString) text = g_string_new(NULL);

  if (props->word)
    append_escaped(text, props->word);
  json_object_foreach_member(props->object, append_keyval, text);
  return g_string_free(g_steal_pointer(&text), FALSE);
}
