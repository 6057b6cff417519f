/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/live.h"

#include "devices/audio.h"
#include "devices/chardev/chardev.h"
#include "devices/graphics/graphics.h"
#include "devices/redirdev.h"
#include "devices/registry.h"
#include "domain/devices.h"
#include "domain/firmware.h"
#include "domain/metadata.h"
#include "xml/annotate.h"
#include "xml/document.h"
#include "xml/element.h"

static void annotate_metadata(const Domain *domain, xmlNode *root)
{
  xml_set_text(xml_set_child_after(root, "uuid", "name"), domain->metadata->uuid);
  if (domain->metadata->genid)
    xml_set_text(xml_set_child_after(root, "genid", "uuid"), domain->metadata->genid);
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

static void annotate_zpci(const ZpciAddress *zpci, xmlNode *address)
{
  xmlNode *node;

  if (!zpci->has_uid)
    return;
  node = xml_set_child(address, "zpci");
  xml_set_attribute_format(node, "uid", "0x%04x", zpci->uid);
  xml_set_attribute_format(node, "fid", "0x%08x", zpci->fid);
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

static void annotate_virtio_serial(const VirtioSerialAddress *port, xmlNode *address)
{
  xml_set_attribute(address, "type", "virtio-serial");
  xml_set_attribute_format(address, "controller", "%u", port->controller);
  xml_set_attribute_format(address, "bus", "%u", port->bus);
  xml_set_attribute_format(address, "port", "%u", port->port);
}

static void annotate_ccid(xmlNode *address)
{
  xml_set_attribute(address, "type", "ccid");
  xml_set_attribute(address, "controller", "0");
  xml_set_attribute(address, "slot", "0");
}

static void annotate_ccw(const CcwAddress *ccw, xmlNode *address)
{
  xml_set_attribute(address, "type", "ccw");
  xml_set_attribute_format(address, "cssid", "0x%x", ccw->cssid);
  xml_set_attribute_format(address, "ssid", "0x%x", ccw->ssid);
  xml_set_attribute_format(address, "devno", "0x%04x", ccw->devno);
}

static void annotate_spapr_vio(const SpaprVioAddress *vio, xmlNode *address)
{
  xml_set_attribute(address, "type", "spapr-vio");
  xml_set_attribute_format(address, "reg", "0x%08" G_GINT64_MODIFIER "x", vio->reg);
}

static void annotate_address(const Address *address, xmlNode *node)
{
  switch (address->type) {
  case ADDRESS_PCI:
    annotate_pci(&address->pci, xml_set_child(node, "address"));
    annotate_zpci(&address->zpci, xml_set_child(node, "address"));
    return;
  case ADDRESS_DRIVE:
    annotate_drive(&address->drive, xml_set_child(node, "address"));
    return;
  case ADDRESS_USB:
    annotate_usb(&address->usb, xml_set_child(node, "address"));
    return;
  case ADDRESS_VIRTIO_SERIAL:
    annotate_virtio_serial(&address->virtio_serial, xml_set_child(node, "address"));
    return;
  case ADDRESS_CCID:
    annotate_ccid(xml_set_child(node, "address"));
    return;
  case ADDRESS_CCW:
    annotate_ccw(&address->ccw, xml_set_child(node, "address"));
    return;
  case ADDRESS_SPAPR_VIO:
    annotate_spapr_vio(&address->spapr_vio, xml_set_child(node, "address"));
    return;
  case ADDRESS_VIRTIO_MMIO:
    xml_set_attribute(xml_set_child(node, "address"), "type", "virtio-mmio");
    return;
  case ADDRESS_NONE:
  case ADDRESS_ISA: /* only ever the document's own, as the next */
  case ADDRESS_UNASSIGNED:
  case ADDRESS_LAST:
    return;
  }
}

/* ---- What is known since it runs ---- */

static void claim_alias(const Device *device, GPtrArray *claims)
{
  g_ptr_array_add(claims, g_strconcat(device->room->element, " ", device->alias, NULL));
}

static void annotate_device(const Device *device, const LiveDevice *fact)
{
  if (fact->tty)
    xml_set_attribute(xml_set_child(device->node, "source"), "path", fact->tty);
  if (fact->tty && device->room == &console_room)
    xml_set_attribute(device->node, "tty", fact->tty);
  if (fact->socket) {
    xml_set_attribute(xml_set_child(device->node, "source"), "mode", "bind");
    xml_set_attribute(xml_set_child(device->node, "source"), "path", fact->socket);
  }
  if (fact->tap)
    xml_set_attribute(xml_set_child(device->node, "target"), "dev", fact->tap);
}

/* A console that is another name of a serial device has its alias, too. */
static void annotate_device_fact(const Domain *domain, const LiveDevice *fact)
{
  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    g_autofree char *claim = g_strconcat((*room)->element, " ", fact->alias, NULL);
    const Device *device = device_first_claimant(domain, claim_alias, claim);

    if (device && device->node)
      annotate_device(device, fact);
  }
}

/* Those that the document leaves to domrun: the elements are in the order of @graphics' list, and an
 * attribute that says the same stands for its first. */
static void annotate_sockets(const Graphics *graphics)
{
  const GArray *listens = graphics->listens;
  guint i = 0;

  if (listens->len > 0 && g_array_index(listens, GraphicsListen, 0).is_generated &&
      xml_has_attribute(graphics->device.node, "socket"))
    xml_set_attribute(graphics->device.node, "socket", g_array_index(listens, GraphicsListen, 0).path);
  XML_FOREACH_CHILD(graphics->device.node, element, "listen") {
    if (i < listens->len && g_array_index(listens, GraphicsListen, i).is_generated)
      xml_set_attribute(element, "socket", g_array_index(listens, GraphicsListen, i).path);
    i++;
  }
}

static void annotate_display_fact(const Domain *domain, const LiveDisplay *fact)
{
  const Graphics *graphics =
      fact->is_spice ? graphics_spice_of(domain) : graphics_of_display(domain, fact->index);

  if (!graphics || !graphics->device.node)
    return;
  if (fact->port)
    xml_set_attribute_format(graphics->device.node, "port", "%d", fact->port);
  if (fact->tls_port)
    xml_set_attribute_format(graphics->device.node, "tlsPort", "%d", fact->tls_port);
  if (fact->websocket)
    xml_set_attribute_format(graphics->device.node, "websocket", "%d", fact->websocket);
  annotate_sockets(graphics);
}

static void annotate_facts(const Domain *domain, const LiveFacts *facts)
{
  xmlNode *root = xml_document_root(domain->document);

  if (facts->id)
    xml_set_attribute_format(root, "id", "%" G_GINT64_FORMAT, facts->id);
  if (facts->name)
    xml_set_text(xml_set_child(root, "name"), facts->name);
  for (guint i = 0; facts->devices && i < facts->devices->len; i++)
    annotate_device_fact(domain, &g_array_index(facts->devices, LiveDevice, i));
  for (guint i = 0; facts->displays && i < facts->displays->len; i++)
    annotate_display_fact(domain, &g_array_index(facts->displays, LiveDisplay, i));
}

char *live_describe(const Domain *domain, const LiveFacts *facts)
{
  xmlNode *root = xml_document_root(domain->document);
  xmlNode *devices = xml_set_child(root, "devices");

  annotate_metadata(domain, root);
  firmware_annotate(domain->firmware, root);
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (!device->node) /* implied: what it is, its room writes */
      device->node = xml_add_child(devices, device->room->element);
    if (device->room != &graphics_room && device->room != &audio_room &&
        device->room != &redirfilter_room) /* the format knows no alias of them */
      xml_set_attribute(xml_set_child(device->node, "alias"), "name", device->alias);
    annotate_address(&device->address, device->node);
    device->room->annotate(domain, device, device->node);
  }
  if (facts)
    annotate_facts(domain, facts);
  return xml_document_text(domain->document);
}
