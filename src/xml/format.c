/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/format.h"

#include <string.h>

/* One string and not an array of them: pointers would have to be relocated each time domrun starts. */
static const char format_names[] =
#include "xml/format-names.inc"
    ;

enum { PARENTS_SHOWN = 4 };

struct XmlFormat {
  char *text;             /* format_names, cut into the strings that the tables point to */
  GHashTable *values;     /* path to "value,value", or "" */
  GHashTable *elements;   /* element to the GPtrArray of those that may be in it */
  GHashTable *parents;    /* element to the GPtrArray of those that it may be in */
  GHashTable *attributes; /* path of an element to the GPtrArray of its attributes */
};

static void add_to(GHashTable *table, const char *key, const char *name)
{
  GPtrArray *names = g_hash_table_lookup(table, key);

  if (!names) {
    names = g_ptr_array_new();
    g_hash_table_insert(table, g_strdup(key), names);
  }
  g_ptr_array_add(names, (gpointer)name);
}

static void add_line(XmlFormat *format, char *line)
{
  char *values = strchr(line, '=');
  char *element, *attribute;

  if (values)
    *values++ = '\0';
  g_hash_table_insert(format->values, g_strdup(line), values ? values : line + strlen(line));
  attribute = strchr(line, '@');
  if (attribute) {
    *attribute++ = '\0';
    add_to(format->attributes, line, attribute);
    return;
  }
  element = strchr(line, '/');
  *element++ = '\0';
  add_to(format->elements, line, element);
  add_to(format->parents, element, line);
}

static GHashTable *new_table(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

XmlFormat *xml_format_new(void)
{
  XmlFormat *format = g_new0(XmlFormat, 1);

  format->text = g_memdup2(format_names, sizeof format_names);
  format->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  format->elements = new_table();
  format->parents = new_table();
  format->attributes = new_table();
  for (char *line = format->text; *line;) {
    char *end = strchr(line, '\n');

    *end = '\0';
    add_line(format, line);
    line = end + 1;
  }
  return format;
}

void xml_format_free(XmlFormat *format)
{
  if (!format)
    return;
  g_hash_table_unref(format->values);
  g_hash_table_unref(format->elements);
  g_hash_table_unref(format->parents);
  g_hash_table_unref(format->attributes);
  g_free(format->text);
  g_free(format);
}

/* ---- Paths ---- */

/* Of other namespaces the format has nothing; "?:" keeps their names apart from its own. */
static void append_name(GString *path, const xmlNode *node)
{
  static const char prefix[] = "http://libvirt.org/schemas/domain/";
  const char *href = node->ns ? (const char *)node->ns->href : NULL;

  if (href && g_str_has_prefix(href, prefix)) {
    const char *name = href + strlen(prefix);

    g_string_append_len(path, name, (gssize)strcspn(name, "/"));
    g_string_append_c(path, ':');
  } else if (href) {
    g_string_append(path, "?:");
  }
  g_string_append(path, (const char *)node->name);
}

char *xml_format_path(const xmlNode *node, const char *attribute)
{
  GString *path = g_string_new(NULL);

  if (node->parent && node->parent->type == XML_ELEMENT_NODE)
    append_name(path, node->parent);
  g_string_append_c(path, '/');
  append_name(path, node);
  if (attribute)
    g_string_append_printf(path, "@%s", attribute);
  return g_string_free(path, FALSE);
}

/* ---- Asking ---- */

gboolean xml_format_has(const XmlFormat *format, const char *path)
{
  return g_hash_table_contains(format->values, path);
}

gboolean xml_format_has_value(const XmlFormat *format, const char *path, const char *value)
{
  const char *values = g_hash_table_lookup(format->values, path);
  gsize length = strlen(value);

  while (values && *values) {
    gsize next = strcspn(values, ",");

    if (next == length && memcmp(values, value, length) == 0)
      return TRUE;
    values += values[next] ? next + 1 : next;
  }
  return FALSE;
}

static void try_names(const GPtrArray *names, Nearest *nearest)
{
  for (guint i = 0; names && i < names->len; i++)
    nearest_try(nearest, g_ptr_array_index(names, i));
}

void xml_format_try_elements(const XmlFormat *format, const char *parent, Nearest *nearest)
{
  try_names(g_hash_table_lookup(format->elements, parent), nearest);
}

void xml_format_try_attributes(const XmlFormat *format, const char *path, Nearest *nearest)
{
  try_names(g_hash_table_lookup(format->attributes, path), nearest);
}

char *xml_format_find_parents(const XmlFormat *format, const char *element)
{
  const GPtrArray *parents = g_hash_table_lookup(format->parents, element);
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint i = 0; parents && i < MIN(parents->len, PARENTS_SHOWN); i++) {
    const char *parent = g_ptr_array_index(parents, i);

    if (*parent)
      g_string_append_printf(text, "%s<%s>", text->len > 0 ? ", " : "", parent);
  }
  if (text->len == 0)
    return NULL;
  if (parents->len > PARENTS_SHOWN)
    g_string_append(text, ", ...");
  return g_string_free(g_steal_pointer(&text), FALSE);
}

char *xml_format_find_bearer(const XmlFormat *format, const char *path, const char *attribute)
{
  const char *element = strchr(path, '/') + 1, *bearer = NULL;
  const GPtrArray *children = g_hash_table_lookup(format->elements, element);

  for (guint i = 0; children && i < children->len; i++) {
    const char *child = g_ptr_array_index(children, i);
    g_autofree char *key = g_strdup_printf("%s/%s@%s", element, child, attribute);

    /* An <address> has the names of all kinds of addresses: bus, unit, type, ... */
    if (xml_format_has(format, key) && (!bearer || g_str_equal(bearer, "address")))
      bearer = child;
  }
  return bearer ? g_strdup_printf("<%s>", bearer) : NULL;
}
