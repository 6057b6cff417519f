/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The contract of a room, and what every device has.
 *
 * A room is one family of devices: <f>.h has its struct in XML's terms, <f>.c says what the element means,
 * <f>-qemu.c what QEMU gets. Each room's struct begins with a Device; registry.c lists the rooms. A device
 * passes through its room's slots in the order in which they stand here.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/address.h"
#include "domain/boot.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;
typedef struct DeviceRoom DeviceRoom;

/* Where the numbers of devices of POWER's hypervisor begin: libvirt's choice. */
enum {
  VIO_BASE_NET = 0x1000,
  VIO_BASE_SCSI = 0x2000,
  VIO_BASE_NVRAM = 0x3000,
  VIO_BASE_TPM = 0x4000,
  VIO_BASE_SERIAL = 0x30000000,
};

typedef struct Device {
  const DeviceRoom *room;
  struct _xmlNode *node; /* where it stands in the document; NULL for a device that is implied */
  Place place;           /* of the same, for messages */
  guint index;           /* how many devices of its room stand before it */
  const char *alias;     /* its id in QEMU and in the live XML; set by the alias pass */
  Address address;       /* given by the document, or set by the address pass */
  PciPlug pci_plug;      /* what the address pass is to look for; set by the room's complete() */
  guint8 pci_order;      /* its turn in that, if it is not its room's; 0: it is */
  gboolean is_usb;       /* plugged into a USB controller: the address pass gives it a port; set likewise */
  BootClass boot_class;  /* which <boot dev=''> of <os> means it; BOOT_NONE: none */
  guint32 boot_order;    /* of <boot order=...>, from 1; 0: none */
  guint32 boot_index;    /* what QEMU is told, from 1; 0: none. Set by the boot pass */
  guint32 vio_base;      /* of the numbers that POWER's hypervisor gives to devices such as this; 0: it is not
                            one of them. Set likewise */
  guint8 board_slot; /* of the root bus: where the board has it, if that is free; 0: nowhere. Set likewise */
  guint32
      acpi_index; /* pci: by which the guest's system names it; 0: none. The address pass refuses others' */
  Place acpi_place;
} Device;

enum {
  DEVICE_PCI_ORDER_FILESYSTEM = 1,
  DEVICE_PCI_ORDER_INTERFACE,
  DEVICE_PCI_ORDER_SOUND,
  DEVICE_PCI_ORDER_CONTROLLER,
  DEVICE_PCI_ORDER_DISK,
  DEVICE_PCI_ORDER_HOSTDEV,
  DEVICE_PCI_ORDER_MEMBALLOON,
  DEVICE_PCI_ORDER_RNG,
  DEVICE_PCI_ORDER_WATCHDOG,
  DEVICE_PCI_ORDER_VIDEO,
  DEVICE_PCI_ORDER_SHMEM,
  DEVICE_PCI_ORDER_INPUT,
  DEVICE_PCI_ORDER_SERIAL,
  DEVICE_PCI_ORDER_VSOCK,
  DEVICE_PCI_ORDER_MEMORY,
  DEVICE_PCI_ORDER_IOMMU,
  DEVICE_PCI_ORDER_CRYPTO,
  DEVICE_PCI_ORDER_PANIC,
  DEVICE_PCI_ORDER_PSTORE,
  DEVICE_PCI_ORDER_LAST = DEVICE_PCI_ORDER_PSTORE,
};

enum {
  DEVICE_USB_ORDER_HOSTDEV = 1,
  DEVICE_USB_ORDER_DISK,
  DEVICE_USB_ORDER_CONTROLLER,
  DEVICE_USB_ORDER_INPUT,
  DEVICE_USB_ORDER_SERIAL,
  DEVICE_USB_ORDER_SOUND,
  DEVICE_USB_ORDER_REDIRDEV,
  DEVICE_USB_ORDER_INTERFACE,
  DEVICE_USB_ORDER_FILESYSTEM,
  DEVICE_USB_ORDER_LAST = DEVICE_USB_ORDER_FILESYSTEM,
};

struct DeviceRoom {
  const char *element; /* the child of <devices> */

  gsize size; /* of the room's struct */

  gboolean has_source; /* the struct begins with a ChardevDevice: devices/chardev/source.h */

  /* Where the room's turn is when PCI slots and USB ports are given out. The numbers are those of no
   * document: they keep libvirt's order, in which a guest has always found its devices. */
  guint8 pci_order, usb_order;

  /* Reads the element, all that the room knows of it, into a device fresh from device_new(). */
  gboolean (*parse)(struct _xmlNode *node, Device *device, GError **error);

  /* Fills in what follows from the other devices and the machine: missing defaults, positions. Devices of the
   * same room are completed in the order of the document. */
  gboolean (*complete)(Domain *domain, Device *device, GError **error);

  /* Refuses what cannot be. */
  gboolean (*validate)(const Domain *domain, const Device *device, GError **error);

  /* Adds arguments, resources and requirements to the plan. Changes nothing and asks the host nothing. */
  gboolean (*translate)(const Domain *domain, const Device *device, Plan *plan, GError **error);

  /* Writes into the live XML what became of the device, beside alias and address, which domain/live.c writes.
   */
  void (*annotate)(const Domain *domain, const Device *device, struct _xmlNode *node);

  /* Frees what the device owns beside itself (strings belong to the document). */
  void (*clear)(Device *device);
};

/* A zeroed device of @room; @node may be NULL. */
Device *device_new(const DeviceRoom *room, struct _xmlNode *node);
void device_free(Device *device);

/* For slots where a room has nothing to do. */
gboolean device_complete_nothing(Domain *domain, Device *device, GError **error);
gboolean device_validate_nothing(const Domain *domain, const Device *device, GError **error);
void device_annotate_nothing(const Domain *domain, const Device *device, struct _xmlNode *node);
void device_clear_nothing(Device *device);

/* Reads <boot order=''>, which disks, interfaces and others share. */
gboolean device_parse_boot(struct _xmlNode *node, Device *device, GError **error);

/* Reads <acpi index=''/>, which PCI devices can have. */
gboolean device_parse_acpi(struct _xmlNode *node, Device *device, GError **error);

/* Reads <alias name='ua-...'>, which the user may choose; other aliases are libvirt's own of a running guest,
 * and mean nothing here. https://libvirt.org/formatdomain.html#devices */
gboolean device_parse_alias(struct _xmlNode *node, Device *device, GError **error);

/* Sets the alias where the user chose none. */
void device_set_alias(const Domain *domain, Device *device, const char *format, ...) G_GNUC_PRINTF(3, 4);
