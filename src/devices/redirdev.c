/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/redirdev.h"

#include <string.h>

#include "devices/chardev/chardev.h"
#include "domain/devices.h"
#include "xml/element.h"

ENUM_TABLE(redirdev_bus_table, 1, "usb");

static gboolean redirdev_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType usb[] = { ADDRESS_USB, ADDRESS_NONE };
  Redirdev *redirdev = (Redirdev *)device;
  int bus = 0;

  if (!xml_attribute_enum(node, "bus", &redirdev_bus_table, &bus, error))
    return FALSE;
  if (!xml_has_attribute(node, "type")) {
    xml_error(error, node, "type", "is missing");
    return error_add_hint(error, "type='spicevmc' is a device of a viewer by SPICE");
  }
  return chardev_source_parse(node, &redirdev->source, error) && device_parse_boot(node, device, error) &&
         device_parse_alias(node, device, error) && address_parse(node, usb, &device->address, error);
}

static gboolean redirdev_complete(Domain *domain, Device *device, GError **error)
{
  device->is_usb = TRUE;
  device_set_alias(domain, device, "redir%u", device->index);
  return TRUE;
}

/* ---- What may be plugged in ---- */

/* A number of @digits hexadecimal digits, or -1 for any. */
static gboolean read_number(xmlNode *node, const char *name, guint32 max, guint digits, GString *rules,
                            GError **error)
{
  guint32 number = 0;

  if (!xml_has_attribute(node, name) || g_strcmp0(xml_attribute(node, name), "-1") == 0) {
    g_string_append(rules, "-1:");
    return TRUE;
  }
  if (!xml_attribute_uint32(node, name, 0, max, &number, error))
    return FALSE;
  g_string_append_printf(rules, "0x%0*X:", (int)digits, number);
  return TRUE;
}

static gboolean is_version(const char *text)
{
  const char *dot = strchr(text, '.');
  gsize before = dot ? (gsize)(dot - text) : 0, after = dot ? strlen(dot + 1) : 0;

  return before >= 1 && before <= 2 && after >= 1 && after <= 2 && strspn(text, "0123456789") == before &&
         strspn(dot + 1, "0123456789") == after;
}

/* "2.1" is version 2.10: each digit has four bits of its own. */
static gboolean read_version(xmlNode *node, GString *rules, GError **error)
{
  const char *version = xml_attribute(node, "version"), *dot;

  if (!version || g_str_equal(version, "-1")) {
    g_string_append(rules, "-1:");
    return TRUE;
  }
  if (!is_version(version))
    return xml_error(error, node, "version", "'%s' is not a version (expected: as in 1.10, or -1 for any)",
                     version);
  dot = strchr(version, '.');
  g_string_append_printf(rules, "0x%s%.*s%c%c:", dot - version == 1 ? "0" : "", (int)(dot - version), version,
                         dot[1], dot[2] ? dot[2] : '0');
  return TRUE;
}

static gboolean read_rule(xmlNode *node, GString *rules, GError **error)
{
  gboolean is_allowed = FALSE;

  if (!xml_has_attribute(node, "allow"))
    return xml_error(error, node, "allow", "is missing (known: yes, no)");
  if (rules->len > 0)
    g_string_append_c(rules, '|');
  if (!read_number(node, "class", 0xff, 2, rules, error) ||
      !read_number(node, "vendor", 0xffff, 4, rules, error) ||
      !read_number(node, "product", 0xffff, 4, rules, error) || !read_version(node, rules, error) ||
      !xml_attribute_yes_no(node, "allow", &is_allowed, error))
    return FALSE;
  g_string_append_c(rules, is_allowed ? '1' : '0');
  return TRUE;
}

static gboolean redirfilter_parse(xmlNode *node, Device *device, GError **error)
{
  g_autoptr(GString) rules = g_string_new(NULL);

  XML_FOREACH_CHILD(node, rule, "usbdev") {
    if (!read_rule(rule, rules, error))
      return FALSE;
  }
  if (rules->len > 0)
    ((Redirfilter *)device)->rules = xml_document_keep(xml_document_of(node), rules->str);
  return TRUE;
}

static gboolean redirfilter_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "redirfilter%u", device->index);
  return TRUE;
}

/* Two would leave open whose word counts. */
static gboolean redirfilter_validate(const Domain *domain, const Device *device, GError **error)
{
  const Device *first = device_first_of(domain, &redirfilter_room);

  if (!device_first_of(domain, &redirdev_room))
    report_warning(domain->report, &device->place, NULL, NULL,
                   "there is no <redirdev> to filter: this has no effect");
  return first == device || error_set_document(error, &device->place, NULL,
                                               "a guest has one filter: that on line %d", first->place.line);
}

const DeviceRoom redirdev_room = {
  .element = "redirdev",
  .size = sizeof(Redirdev),
  .has_source = TRUE,
  .usb_order = DEVICE_USB_ORDER_REDIRDEV,
  .parse = redirdev_parse,
  .complete = redirdev_complete,
  .validate = chardev_validate_source,
  .translate = redirdev_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};

const DeviceRoom redirfilter_room = {
  .element = "redirfilter",
  .size = sizeof(Redirfilter),
  .parse = redirfilter_parse,
  .complete = redirfilter_complete,
  .validate = redirfilter_validate,
  .translate = redirfilter_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
