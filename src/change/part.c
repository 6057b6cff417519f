/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "change/part.h"

#include <string.h>

gboolean change_error(const Change *change, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s: '%s' %s", change->option, change->value, text);
}

void change_warn(const Change *change, xmlNode *node, const char *format, ...)
{
  Place place = xml_place(node);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  report_warning(change->report, &place, NULL, NULL, "%s=%s: %s", change->option, change->value, text);
}

const char *change_peek(xmlNode *node, const char *name)
{
  return xml_has_attribute(node, name) ? xml_attribute(node, name) : "";
}

xmlNode *change_child(xmlNode *node, const char *name)
{
  return xml_next_child(node, name, NULL);
}

GPtrArray *change_children(xmlNode *node, const char *name)
{
  GPtrArray *children = g_ptr_array_new();

  XML_FOREACH_CHILD(node, child, name)
    g_ptr_array_add(children, child);
  return children;
}

xmlNode *change_devices(const Change *change)
{
  return xml_set_child(change->root, "devices");
}

xmlNode *change_add(const Change *change, xmlNode *parent, const char *name)
{
  xmlNode *node = xml_add_child(parent, name);

  xml_set_origin(node, change->option, change->value);
  return node;
}

char **change_split(const char *value)
{
  g_autoptr(GStrvBuilder) parts = g_strv_builder_new();
  g_autoptr(GString) part = g_string_new(NULL);

  for (const char *byte = value; *byte; byte++) {
    if (*byte == ',' && byte[1] != ',') {
      g_strv_builder_add(parts, part->str);
      g_string_truncate(part, 0);
      continue;
    }
    byte += *byte == ',';
    g_string_append_c(part, *byte);
  }
  g_strv_builder_add(parts, part->str);
  return g_strv_builder_end(parts);
}
