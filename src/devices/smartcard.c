/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/smartcard.h"

#include "devices/chardev/chardev.h"
#include "devices/controller/controller.h"
#include "domain/devices.h"
#include "xml/element.h"

ENUM_TABLE(smartcard_mode_table, SMARTCARD_LAST, [SMARTCARD_HOST] = "host",
           [SMARTCARD_HOST_CERTIFICATES] = "host-certificates", [SMARTCARD_PASSTHROUGH] = "passthrough");

/* Where libvirt looks. */
static const char usual_database[] = "/etc/pki/nssdb";

static gboolean parse_certificates(xmlNode *node, Smartcard *smartcard, GError **error)
{
  guint count = 0;
  xmlNode *database = NULL;

  XML_FOREACH_CHILD(node, element, "certificate") {
    const char *name = "";

    if (!xml_text(element, &name, error))
      return FALSE;
    if (!*name)
      return xml_error(error, element, NULL, "is empty");
    if (count < SMARTCARD_CERTIFICATES)
      smartcard->certificates[count] = name;
    count++;
  }
  if (count != SMARTCARD_CERTIFICATES)
    return xml_error(error, node, NULL, "%d <certificate> are needed, and there are %u",
                     SMARTCARD_CERTIFICATES, count);
  smartcard->database = usual_database;
  smartcard->database_place = xml_place(node);
  if (!xml_child(node, "database", &database, error))
    return FALSE;
  if (database)
    smartcard->database_place = xml_place(database);
  return !database || xml_text_path(database, &smartcard->database, error);
}

static gboolean parse_passthrough(xmlNode *node, Smartcard *smartcard, GError **error)
{
  if (!xml_has_attribute(node, "type")) {
    xml_error(error, node, "type", "is missing");
    return error_add_hint(error, "type='spicevmc' is a card of a viewer by SPICE");
  }
  return chardev_source_parse(node, &smartcard->source, error);
}

static gboolean smartcard_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType ccid[] = { ADDRESS_CCID, ADDRESS_NONE };
  Smartcard *smartcard = (Smartcard *)device;

  if (!xml_attribute_enum_required(node, "mode", &smartcard_mode_table, XML_ENUM(&smartcard->mode), error) ||
      (smartcard->mode == SMARTCARD_HOST_CERTIFICATES && !parse_certificates(node, smartcard, error)) ||
      (smartcard->mode == SMARTCARD_PASSTHROUGH && !parse_passthrough(node, smartcard, error)))
    return FALSE;
  return device_parse_alias(node, device, error) && address_parse(node, ccid, &device->address, error);
}

/* The reader is a device on USB. */
static gboolean smartcard_complete(Domain *domain, Device *device, GError **error)
{
  device->address.type = ADDRESS_CCID;
  if (!controller_find(domain, CONTROLLER_CCID, 0))
    controller_add(domain, CONTROLLER_CCID, CONTROLLER_MODEL_DEFAULT, 0)->device.place = device->place;
  device_set_alias(domain, device, "smartcard%u", device->index);
  return TRUE;
}

static gboolean smartcard_validate(const Domain *domain, const Device *device, GError **error)
{
  const Device *first = device_first_of(domain, &smartcard_room);

  if (first != device)
    return error_set_document(error, &device->place, NULL, "a guest has one smartcard: that on line %d",
                              first->place.line);
  return chardev_validate_source(domain, device, error);
}

const DeviceRoom smartcard_room = {
  .element = "smartcard",
  .size = sizeof(Smartcard),
  .has_source = TRUE,
  .parse = smartcard_parse,
  .complete = smartcard_complete,
  .validate = smartcard_validate,
  .translate = smartcard_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
