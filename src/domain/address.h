/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <address>: where in the machine a device is. Given in the document, or assigned by the pass in
 * domain/address.c. https://libvirt.org/formatdomain.html#device-addresses
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/props.h"

struct _xmlNode;

typedef enum {
  ADDRESS_NONE,
  ADDRESS_PCI,
  ADDRESS_DRIVE,
  ADDRESS_USB,
  ADDRESS_ISA,
  ADDRESS_VIRTIO_SERIAL,
  ADDRESS_UNASSIGNED, /* a device of the host that no guest gets, though it is taken from the host */
  ADDRESS_CCID,       /* there is one reader, with one slot */
  ADDRESS_LAST,
} AddressType;

extern const EnumTable address_type_table;

/* The last controller, or USB bus, that an address can name. */
enum { ADDRESS_CONTROLLER_MAX = 255 };

typedef struct {
  guint32 domain, bus, slot, function;
  gboolean multifunction; /* QEMU is told that the slot has more functions than this one */
} PciAddress;

typedef struct {
  guint32 controller, bus, target, unit;
} DriveAddress;

typedef struct {
  guint32 bus;      /* the index of the controller */
  const char *port; /* "1", "1.2"; NULL: not assigned */
} UsbAddress;

typedef struct {
  guint32 controller, bus;
  guint32 port; /* 0: not given */
} VirtioSerialAddress;

typedef struct {
  AddressType type;
  gboolean is_given; /* by the document */
  Place place;       /* of the element, if it is given */
  PciAddress pci;    /* that of @type has a meaning */
  DriveAddress drive;
  UsbAddress usb;
  VirtioSerialAddress virtio_serial;
  guint32 iobase; /* ISA; 0: not given, as for the next */
  guint32 irq;
} Address;

/* Where a device wants to be plugged in on a machine with PCI. On one without PCI Express all of them go to
 * the conventional bus. */
typedef enum {
  PCI_PLUG_NONE,          /* not a PCI device */
  PCI_PLUG_CONVENTIONAL,  /* rtl8139, e1000, lsi, ...: behind a bridge where the root is PCI Express */
  PCI_PLUG_EXPRESS,       /* virtio, e1000e, xhci: a root port of its own */
  PCI_PLUG_INTEGRATED,    /* VGA, ICH9 parts: on the root bus itself */
  PCI_PLUG_PRIMARY_VIDEO, /* as CONVENTIONAL, but in the slot that firmware expects it in while that is free
                           */
  PCI_PLUG_PRIMARY_VIDEO_EXPRESS, /* likewise, as EXPRESS */
} PciPlug;

/* Reads the attributes of @node, an <address> of the host's PCI, where the type may be left away. */
gboolean address_parse_host(struct _xmlNode *node, PciAddress *ret_pci, GError **error);

/* Reads <address> of @node, if there is one; a type other than those of @allowed (ended by ADDRESS_NONE) is
 * an error. */
gboolean address_parse(struct _xmlNode *node, const AddressType *allowed, Address *ret_address,
                       GError **error);
