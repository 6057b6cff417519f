/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/hub.h"

#include "domain/devices.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(hub_type_table, 1, "usb");

static gboolean hub_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_USB, ADDRESS_NONE };
  int only = 0;

  return xml_attribute_enum_required(node, "type", &hub_type_table, &only, error) &&
         device_parse_alias(node, device, error) && address_parse(node, allowed, &device->address, error);
}

static gboolean hub_complete(Domain *domain, Device *device, GError **error)
{
  device->is_usb = TRUE;
  device_set_alias(domain, device, "hub%u", device->index);
  return TRUE;
}

Hub *hub_add(Domain *domain)
{
  Device *device = device_new(&hub_room, /* node= */ NULL);

  device->place = domain->place;
  domain_add_device(domain, device);
  hub_complete(domain, device, /* error= */ NULL);
  return (Hub *)device;
}

static void hub_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  xml_set_attribute(node, "type", "usb");
}

const DeviceRoom hub_room = {
  .element = "hub",
  .size = sizeof(Hub),
  .parse = hub_parse,
  .complete = hub_complete,
  .validate = device_validate_nothing,
  .translate = hub_translate,
  .annotate = hub_annotate,
  .clear = device_clear_nothing,
};
