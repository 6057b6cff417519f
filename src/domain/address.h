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
  ADDRESS_UNASSIGNED,  /* a device of the host that no guest gets, though it is taken from the host */
  ADDRESS_CCID,        /* there is one reader, with one slot */
  ADDRESS_CCW,         /* a device of s390's channel subsystem */
  ADDRESS_VIRTIO_MMIO, /* which registers in memory it has is QEMU's to say */
  ADDRESS_SPAPR_VIO,   /* a device of POWER's hypervisor */
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

/* Channel subsystem, subchannel set, device number. */
typedef struct {
  guint32 cssid, ssid, devno;
  gboolean has_devno; /* it is given, or was assigned */
} CcwAddress;

typedef struct {
  guint64 reg;
  gboolean has_reg; /* it is given, or was assigned */
} SpaprVioAddress;

/* What s390 knows a PCI device by; a number that is not given is assigned. */
typedef struct {
  Place place; /* of the element, if there is one */
  gboolean has_uid, has_fid;
  guint32 uid; /* from 1 */
  guint32 fid;
} ZpciAddress;

typedef struct {
  AddressType type;
  gboolean is_given; /* by the document */
  gboolean
      is_pci_wanted; /* the document wants one on PCI, whichever; the type is NONE until it is assigned */
  Place place;       /* of the element, if it is given */
  PciAddress pci;    /* that of @type has a meaning */
  ZpciAddress zpci;  /* with the former, on s390 */
  DriveAddress drive;
  UsbAddress usb;
  VirtioSerialAddress virtio_serial;
  CcwAddress ccw;
  SpaprVioAddress spapr_vio;
  guint32 iobase; /* ISA; 0: not given, as for the next */
  guint32 irq;
} Address;

/* Where a device wants to be plugged in on a machine with PCI. On one without PCI Express all of them go to
 * the conventional bus. */
typedef enum {
  PCI_PLUG_NONE,          /* not a PCI device */
  PCI_PLUG_CONVENTIONAL,  /* rtl8139, e1000, lsi, ...: behind a bridge where the root is PCI Express */
  PCI_PLUG_EXPRESS,       /* e1000e, xhci: a root port of its own */
  PCI_PLUG_VIRTIO,        /* likewise, where the machine has not another bus for virtio devices */
  PCI_PLUG_INTEGRATED,    /* VGA, ICH9 parts: on the root bus itself */
  PCI_PLUG_PRIMARY_VIDEO, /* as CONVENTIONAL, but in the slot that firmware expects it in while that is free
                           */
  PCI_PLUG_PRIMARY_VIDEO_VIRTIO, /* likewise, as VIRTIO */
} PciPlug;

/* Reads the attributes of @node, an <address> of the host's PCI, where the type may be left away. */
gboolean address_parse_host(struct _xmlNode *node, PciAddress *ret_pci, GError **error);

/* Reads <address> of @node, if there is one; a type other than those of @allowed (ended by ADDRESS_NONE) is
 * an error. What may be on a PCI bus may be on the bus that another machine has in its place. */
gboolean address_parse(struct _xmlNode *node, const AddressType *allowed, Address *ret_address,
                       GError **error);
