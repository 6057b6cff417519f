/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/address.h"

#include <string.h>

#include "xml/element.h"

ENUM_TABLE(address_type_table, ADDRESS_LAST, [ADDRESS_PCI] = "pci", [ADDRESS_DRIVE] = "drive",
           [ADDRESS_USB] = "usb", [ADDRESS_ISA] = "isa", [ADDRESS_VIRTIO_SERIAL] = "virtio-serial",
           [ADDRESS_UNASSIGNED] = "unassigned", [ADDRESS_CCID] = "ccid", [ADDRESS_CCW] = "ccw",
           [ADDRESS_VIRTIO_MMIO] = "virtio-mmio", [ADDRESS_SPAPR_VIO] = "spapr-vio");

static gboolean parse_pci(xmlNode *node, PciAddress *pci, GError **error)
{
  return xml_attribute_uint32(node, "domain", 0, 0, &pci->domain, error) &&
         xml_attribute_uint32(node, "bus", 0, 0xff, &pci->bus, error) &&
         xml_attribute_uint32(node, "slot", 0, 0x1f, &pci->slot, error) &&
         xml_attribute_uint32(node, "function", 0, 7, &pci->function, error) &&
         xml_attribute_on_off(node, "multifunction", &pci->multifunction, error);
}

static gboolean parse_drive(xmlNode *node, DriveAddress *drive, GError **error)
{
  return xml_attribute_uint32(node, "controller", 0, ADDRESS_CONTROLLER_MAX, &drive->controller, error) &&
         xml_attribute_uint32(node, "bus", 0, G_MAXINT32, &drive->bus, error) &&
         xml_attribute_uint32(node, "target", 0, G_MAXINT32, &drive->target, error) &&
         xml_attribute_uint32(node, "unit", 0, G_MAXINT32, &drive->unit, error);
}

ENUM_TABLE(host_type_table, 1, "pci");

gboolean address_parse_host(xmlNode *node, PciAddress *ret_pci, GError **error)
{
  int type = 0;

  return xml_attribute_enum(node, "type", &host_type_table, &type, error) &&
         xml_attribute_uint32(node, "domain", 0, G_MAXUINT32, &ret_pci->domain, error) &&
         xml_attribute_uint32(node, "bus", 0, 0xff, &ret_pci->bus, error) &&
         xml_attribute_uint32(node, "slot", 0, 0x1f, &ret_pci->slot, error) &&
         xml_attribute_uint32(node, "function", 0, 7, &ret_pci->function, error);
}

/* Numbers with dots between them: a path through hubs. */
static gboolean is_usb_port(const char *port)
{
  gboolean was_digit = FALSE;

  for (const char *c = port; *c; c++) {
    if (!g_ascii_isdigit(*c) && !(*c == '.' && was_digit))
      return FALSE;
    was_digit = g_ascii_isdigit(*c);
  }
  return was_digit && strlen(port) <= 15;
}

static gboolean parse_usb(xmlNode *node, UsbAddress *usb, GError **error)
{
  usb->port = xml_attribute(node, "port");
  if (usb->port && !is_usb_port(usb->port))
    return xml_error(error, node, "port",
                     "'%s' is not a USB port (expected: numbers with dots between them, as in 1.2)",
                     usb->port);
  return xml_attribute_uint32(node, "bus", 0, ADDRESS_CONTROLLER_MAX, &usb->bus, error);
}

/* A controller has one bus. */
static gboolean parse_virtio_serial(xmlNode *node, VirtioSerialAddress *address, GError **error)
{
  return xml_attribute_uint32(node, "controller", 0, ADDRESS_CONTROLLER_MAX, &address->controller, error) &&
         xml_attribute_uint32(node, "bus", 0, 0, &address->bus, error) &&
         xml_attribute_uint32(node, "port", 0, 511, &address->port, error);
}

static gboolean parse_ccid(xmlNode *node, GError **error)
{
  guint32 controller, slot;

  return xml_attribute_uint32(node, "controller", 0, 0, &controller, error) &&
         xml_attribute_uint32(node, "slot", 0, 0, &slot, error);
}

static gboolean parse_isa(xmlNode *node, Address *address, GError **error)
{
  return xml_attribute_uint32(node, "iobase", 1, 0xffff, &address->iobase, error) &&
         xml_attribute_uint32(node, "irq", 1, 15, &address->irq, error);
}

/* A guest's own channel subsystem is 0xfe, and others belong to devices of the host. */
static gboolean parse_ccw(xmlNode *node, CcwAddress *ccw, GError **error)
{
  gboolean has_cssid = xml_has_attribute(node, "cssid"), has_ssid = xml_has_attribute(node, "ssid");

  ccw->cssid = 0xfe;
  ccw->has_devno = xml_has_attribute(node, "devno");
  if (!xml_attribute_uint32(node, "cssid", 0, 0xfe, &ccw->cssid, error) ||
      !xml_attribute_uint32(node, "ssid", 0, 3, &ccw->ssid, error) ||
      !xml_attribute_uint32(node, "devno", 0, 0xffff, &ccw->devno, error))
    return FALSE;
  if (has_cssid != has_ssid || has_cssid != ccw->has_devno)
    return xml_error(error, node,
                     !has_cssid  ? "cssid"
                     : !has_ssid ? "ssid"
                                 : "devno",
                     "is missing: 'cssid', 'ssid' and 'devno' are given together");
  return TRUE;
}

static gboolean parse_spapr_vio(xmlNode *node, SpaprVioAddress *address, GError **error)
{
  address->has_reg = xml_has_attribute(node, "reg");
  return xml_attribute_uint(node, "reg", 0, G_MAXUINT32, &address->reg, error);
}

static gboolean is_in_place_of_pci(AddressType type)
{
  return type == ADDRESS_CCW || type == ADDRESS_VIRTIO_MMIO || type == ADDRESS_SPAPR_VIO;
}

/* Only the types in @allowed, for the message. */
static gboolean check_allowed(xmlNode *node, const AddressType *allowed, AddressType type, GError **error)
{
  g_autoptr(GString) known = g_string_new(NULL);

  for (const AddressType *one = allowed; *one != ADDRESS_NONE; one++) {
    if (*one == type || (*one == ADDRESS_PCI && is_in_place_of_pci(type)))
      return TRUE;
    g_string_append_printf(known, "%s%s", known->len ? ", " : "",
                           enum_to_string(&address_type_table, (int)*one));
  }
  return xml_error(error, node, "type",
                   "a device of this kind cannot have an address of type '%s' (allowed: %s)",
                   enum_to_string(&address_type_table, (int)type), known->str);
}

static gboolean parse_zpci(xmlNode *node, ZpciAddress *zpci, GError **error)
{
  xmlNode *child = NULL;

  if (!xml_child(node, "zpci", &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  zpci->place = xml_place(child);
  zpci->has_uid = xml_has_attribute(child, "uid");
  zpci->has_fid = xml_has_attribute(child, "fid");
  return xml_attribute_uint32(child, "uid", 1, 0xffff, &zpci->uid, error) &&
         xml_attribute_uint32(child, "fid", 0, G_MAXUINT32, &zpci->fid, error);
}

/* All zeros are the host bridge's own, and mean that nobody chose an address. */
static gboolean parse_pci_or_none(xmlNode *node, Address *address, GError **error)
{
  PciAddress *pci = &address->pci;

  if (!parse_pci(node, pci, error) || !parse_zpci(node, &address->zpci, error))
    return FALSE;
  address->is_given = pci->bus || pci->slot || pci->function;
  address->is_pci_wanted = !address->is_given;
  if (!address->is_given)
    address->type = ADDRESS_NONE;
  return TRUE;
}

gboolean address_parse(xmlNode *node, const AddressType *allowed, Address *ret_address, GError **error)
{
  xmlNode *element = NULL;
  AddressType type = ADDRESS_NONE;

  if (!xml_child(node, "address", &element, error))
    return FALSE;
  if (!element)
    return TRUE;
  if (!xml_attribute_enum_required(element, "type", &address_type_table, XML_ENUM(&type), error) ||
      !check_allowed(element, allowed, type, error))
    return FALSE;
  ret_address->type = type;
  ret_address->is_given = TRUE;
  ret_address->place = xml_place(element);
  switch (type) {
  case ADDRESS_PCI:
    return parse_pci_or_none(element, ret_address, error);
  case ADDRESS_DRIVE:
    return parse_drive(element, &ret_address->drive, error);
  case ADDRESS_USB:
    return parse_usb(element, &ret_address->usb, error);
  case ADDRESS_ISA:
    return parse_isa(element, ret_address, error);
  case ADDRESS_VIRTIO_SERIAL:
    return parse_virtio_serial(element, &ret_address->virtio_serial, error);
  case ADDRESS_CCID:
    return parse_ccid(element, error);
  case ADDRESS_CCW:
    return parse_ccw(element, &ret_address->ccw, error);
  case ADDRESS_SPAPR_VIO:
    return parse_spapr_vio(element, &ret_address->spapr_vio, error);
  case ADDRESS_VIRTIO_MMIO:
  case ADDRESS_UNASSIGNED:
  case ADDRESS_NONE:
  case ADDRESS_LAST:
    break;
  }
  return TRUE;
}
