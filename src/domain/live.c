/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/live.h"

#include "xml/annotate.h"
#include "xml/document.h"

static void annotate_metadata(const Domain *domain, xmlNode *root)
{
  xml_set_text(xml_set_child(root, "uuid"), domain->metadata.uuid);
}

static void annotate_pci(const PciAddress *pci, xmlNode *address)
{
  xml_set_attribute(address, "type", "pci");
  xml_set_attribute_format(address, "domain", "0x%04x", pci->domain);
  xml_set_attribute_format(address, "bus", "0x%02x", pci->bus);
  xml_set_attribute_format(address, "slot", "0x%02x", pci->slot);
  xml_set_attribute_format(address, "function", "0x%x", pci->function);
  if (pci->multifunction)
    xml_set_attribute(address, "multifunction", "on");
}

static void annotate_drive(const DriveAddress *drive, xmlNode *address)
{
  xml_set_attribute(address, "type", "drive");
  xml_set_attribute_format(address, "controller", "%u", drive->controller);
  xml_set_attribute_format(address, "bus", "%u", drive->bus);
  xml_set_attribute_format(address, "target", "%u", drive->target);
  xml_set_attribute_format(address, "unit", "%u", drive->unit);
}

static void annotate_usb(const UsbAddress *usb, xmlNode *address)
{
  xml_set_attribute(address, "type", "usb");
  xml_set_attribute_format(address, "bus", "%u", usb->bus);
  xml_set_attribute(address, "port", usb->port);
}

static void annotate_address(const Address *address, xmlNode *node)
{
  switch (address->type) {
  case ADDRESS_PCI:
    annotate_pci(&address->pci, xml_set_child(node, "address"));
    return;
  case ADDRESS_DRIVE:
    annotate_drive(&address->drive, xml_set_child(node, "address"));
    return;
  case ADDRESS_USB:
    annotate_usb(&address->usb, xml_set_child(node, "address"));
    return;
  case ADDRESS_NONE:
  case ADDRESS_ISA: /* only ever the document's own, as the next */
  case ADDRESS_VIRTIO_SERIAL:
  case ADDRESS_LAST:
    return;
  }
}

char *domain_live_xml(const Domain *domain)
{
  annotate_metadata(domain, xml_document_root(domain->document));
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (!device->node)
      continue;
    xml_set_attribute(xml_set_child(device->node, "alias"), "name", device->alias);
    annotate_address(&device->address, device->node);
    device->room->annotate(domain, device, device->node);
  }
  return xml_document_text(domain->document);
}
