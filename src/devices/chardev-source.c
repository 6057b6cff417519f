/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev-source.h"

#include "xml/element.h"

ENUM_TABLE(chardev_type_table, CHARDEV_LAST, [CHARDEV_NULL] = "null", [CHARDEV_PTY] = "pty",
           [CHARDEV_FILE] = "file", [CHARDEV_STDIO] = "stdio");

static gboolean parse_file(xmlNode *node, xmlNode *source, ChardevSource *ret_source, GError **error)
{
  if (!source) {
    xml_error(error, node, NULL, "element <source> is missing");
    return error_add_hint(error, "type 'file' writes to a file: <source path='/var/log/guest.log'/>");
  }
  if (!xml_attribute(source, "path"))
    return xml_error(error, source, "path", "is missing");
  return xml_attribute_path(source, "path", &ret_source->path, error) &&
         xml_attribute_on_off(source, "append", &ret_source->append, error);
}

gboolean chardev_source_parse(xmlNode *node, ChardevSource *ret_source, GError **error)
{
  xmlNode *source = NULL;

  if (!xml_attribute_enum_required(node, "type", &chardev_type_table, XML_ENUM(&ret_source->type), error) ||
      !xml_child(node, "source", &source, error))
    return FALSE;
  ret_source->place = xml_place(source ? source : node);
  switch (ret_source->type) {
  case CHARDEV_FILE:
    return parse_file(node, source, ret_source, error);
  case CHARDEV_PTY:
    if (source) /* where the terminal of a running guest was: a new one is made */
      xml_attribute(source, "path");
    return TRUE;
  case CHARDEV_NULL:
  case CHARDEV_STDIO:
  case CHARDEV_LAST:
    break;
  }
  return TRUE;
}
