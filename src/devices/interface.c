/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface.h"

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(interface_type_table, INTERFACE_LAST, [INTERFACE_USER] = "user");
ENUM_TABLE(interface_model_table,
           INTERFACE_MODEL_LAST, [INTERFACE_MODEL_E1000] = "e1000", [INTERFACE_MODEL_E1000E] = "e1000e",
           [INTERFACE_MODEL_NE2K_PCI] = "ne2k_pci", [INTERFACE_MODEL_PCNET] = "pcnet",
           [INTERFACE_MODEL_RTL8139] = "rtl8139", [INTERFACE_MODEL_VIRTIO] = "virtio");

/* Six pairs of hexadecimal digits, with the same separator between them. */
static gboolean parse_mac(const char *text, guint8 *ret_bytes)
{
  for (gsize i = 0; i < 6; i++) {
    const char *pair = text + 3 * i;

    if (!g_ascii_isxdigit(pair[0]) || !g_ascii_isxdigit(pair[1]) || pair[2] != (i == 5 ? '\0' : ':'))
      return FALSE;
    ret_bytes[i] = (guint8)(g_ascii_xdigit_value(pair[0]) * 16 + g_ascii_xdigit_value(pair[1]));
  }
  return TRUE;
}

static gboolean read_mac(xmlNode *node, const char **ret_mac, GError **error)
{
  xmlNode *mac = NULL;
  const char *text;
  g_autofree char *canonical = NULL;
  guint8 bytes[6];

  if (!xml_child(node, "mac", &mac, error))
    return FALSE;
  if (!mac)
    return TRUE;
  if (!xml_attribute_required(mac, "address", &text, error))
    return FALSE;
  if (!parse_mac(text, bytes))
    return xml_error(error, mac, "address",
                     "'%s' is not a MAC address (expected: six pairs of hexadecimal digits with "
                     "colons, as in 52:54:00:12:34:56)",
                     text);
  if (bytes[0] & 1) {
    xml_error(error, mac, "address", "'%s' is a multicast address, which no interface can have", text);
    return error_add_hint(error, "the first pair must be even, as in 52:54:00:12:34:56");
  }
  canonical = g_ascii_strdown(text, -1);
  *ret_mac = xml_document_keep(xml_document_of(mac), canonical);
  return TRUE;
}

static gboolean read_model(xmlNode *node, InterfaceModel *ret_model, GError **error)
{
  xmlNode *model = NULL;

  if (!xml_child(node, "model", &model, error))
    return FALSE;
  return !model ||
         xml_attribute_enum_required(model, "type", &interface_model_table, XML_ENUM(ret_model), error);
}

static gboolean interface_parse(xmlNode *node, Device *device, GError **error)
{
  Interface *interface = (Interface *)device;

  device->boot_class = OS_BOOT_NETWORK;
  return xml_attribute_enum_required(node, "type", &interface_type_table, XML_ENUM(&interface->type),
                                     error) &&
         read_mac(node, &interface->mac, error) && read_model(node, &interface->model, error) &&
         device_parse_boot(node, device, error) && device_parse_alias(node, device, error);
}

static gboolean interface_complete(Domain *domain, Device *device, GError **error)
{
  Interface *interface = (Interface *)device;

  interface->index = device_index_in_room(domain, device);
  device_set_alias(domain, device, "net%u", interface->index);
  if (interface->model == INTERFACE_MODEL_DEFAULT)
    interface->model = INTERFACE_MODEL_RTL8139;
  if (!interface->mac) {
    g_autofree char *mac = generator_mac(&domain->generator, interface->index);

    interface->mac = xml_document_keep(domain->document, mac);
  }
  return TRUE;
}

static gboolean interface_validate(const Domain *domain, const Device *device, GError **error)
{
  const Interface *interface = (const Interface *)device;

  DOMAIN_FOREACH_DEVICE(domain, other, i)
  {
    if (other == device)
      return TRUE;
    if (other->room == &interface_room && g_str_equal(((const Interface *)other)->mac, interface->mac))
      return xml_error(error, device->node, NULL, "the MAC address '%s' is that of the interface on line %d",
                       interface->mac, other->place.line);
  }
  return TRUE;
}

const DeviceRoom interface_room = {
  .element = "interface",
  .size = sizeof(Interface),
  .parse = interface_parse,
  .complete = interface_complete,
  .validate = interface_validate,
  .translate = interface_translate,
  .clear = device_clear_nothing,
};
