/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/device.h"

#include "domain/domain.h"

/* A slot with its function, as QEMU writes it: "0x3", "0x1.0x2". */
static void add_pci(const Domain *domain, const PciAddress *pci, Props *props)
{
  props_add_string(props, "bus", domain_pci_bus(domain, pci->bus));
  if (pci->multifunction)
    props_add_bool(props, "multifunction", TRUE);
  if (pci->function)
    props_add_format(props, "addr", "0x%x.0x%x", pci->slot, pci->function);
  else
    props_add_format(props, "addr", "0x%x", pci->slot);
}

static void add_usb(const Domain *domain, const UsbAddress *usb, Props *props)
{
  g_autofree char *bus = domain_usb_bus(domain, usb->bus);

  props_add_string(props, "bus", bus);
  props_add_string(props, "port", usb->port);
}

void device_add_address(const Domain *domain, const Device *device, Props *props)
{
  if (device->address.type == ADDRESS_PCI)
    add_pci(domain, &device->address.pci, props);
  else if (device->address.type == ADDRESS_USB)
    add_usb(domain, &device->address.usb, props);
}
