/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/overrides.h"

#include <string.h>

#include "xml/element.h"

ENUM_TABLE(override_type_table, OVERRIDE_LAST, [OVERRIDE_STRING] = "string", [OVERRIDE_SIGNED] = "signed",
           [OVERRIDE_UNSIGNED] = "unsigned", [OVERRIDE_BOOL] = "bool", [OVERRIDE_REMOVE] = "remove");
ENUM_TABLE(override_bool_table, 2, "false", "true");

static gboolean set_number_error(xmlNode *node, const char *text, const char *kind, GError **error)
{
  return xml_error(error, node, "value", "'%s' is not %s in decimal", text, kind);
}

static gboolean read_value(xmlNode *node, Override *override, GError **error)
{
  const char *text = xml_attribute(node, "value");
  int is_true = 0;

  switch (override->type) {
  case OVERRIDE_STRING:
    override->string = text;
    return TRUE;
  case OVERRIDE_SIGNED:
    return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &override->number, NULL) ||
           set_number_error(node, text, "a whole number", error);
  case OVERRIDE_UNSIGNED:
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &override->magnitude, NULL) ||
           set_number_error(node, text, "a whole number from 0 on", error);
  case OVERRIDE_BOOL:
    if (!xml_attribute_enum(node, "value", &override_bool_table, &is_true, error))
      return FALSE;
    override->is_true = is_true;
    return TRUE;
  case OVERRIDE_REMOVE:
  case OVERRIDE_LAST:
    break;
  }
  return TRUE;
}

/* These say which device it is, and that is the rest of the document's word. */
static gboolean check_name(xmlNode *node, const char *name, GError **error)
{
  if (!g_str_equal(name, "id") && !g_str_equal(name, "driver"))
    return TRUE;
  xml_error(error, node, "name", "'%s' is no property of a device, but names it", name);
  return error_add_hint(error, "<qemu:arg value='-device'/> in <qemu:commandline> adds a device of any kind");
}

static gboolean read_property(xmlNode *node, Override override, Overrides *overrides, GError **error)
{
  if (!xml_attribute_required(node, "name", &override.property, error) ||
      !check_name(node, override.property, error) ||
      !xml_attribute_enum_required(node, "type", &override_type_table, XML_ENUM(&override.type), error))
    return FALSE;
  if (override.type != OVERRIDE_REMOVE && !xml_has_attribute(node, "value"))
    return xml_error(error, node, "value", "is missing");
  if (override.type == OVERRIDE_REMOVE && xml_has_attribute(node, "value"))
    return xml_error(error, node, "value", "type='remove' takes no value");
  if (!read_value(node, &override, error))
    return FALSE;
  g_array_append_val(overrides->properties, override);
  return TRUE;
}

static gboolean read_device(xmlNode *node, Overrides *overrides, GError **error)
{
  Override override = { .place = xml_place(node) };
  xmlNode *frontend;

  if (!xml_attribute_required(node, "alias", &override.alias, error))
    return FALSE;
  if (!xml_child_required(node, "qemu:frontend", &frontend, error))
    return FALSE;
  XML_FOREACH_CHILD(frontend, property, "qemu:property") {
    if (!read_property(property, override, overrides, error))
      return FALSE;
  }
  return TRUE;
}

gboolean overrides_parse(xmlNode *root, Overrides *ret_overrides, GError **error)
{
  xmlNode *overrides = NULL;

  if (!xml_child(root, "qemu:override", &overrides, error))
    return FALSE;
  if (!overrides)
    return TRUE;
  ret_overrides->properties = g_array_new(FALSE, FALSE, sizeof(Override));
  XML_FOREACH_CHILD(overrides, device, "qemu:device") {
    if (!read_device(device, ret_overrides, error))
      return FALSE;
  }
  return TRUE;
}

void overrides_clear(Overrides *overrides)
{
  g_clear_pointer(&overrides->properties, g_array_unref);
}
