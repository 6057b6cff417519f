/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <controller>: what other devices are plugged into.
 * https://libvirt.org/formatdomain.html#controllers
 *
 * Few documents name all that they need: controller_ensure() adds what a disk or another device asks for, and
 * the address pass (domain/address.c) adds PCI bridges and root ports.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"

typedef struct ControllerTable ControllerTable;

typedef enum {
  CONTROLLER_PCI,
  CONTROLLER_USB,
  CONTROLLER_IDE,
  CONTROLLER_FDC,
  CONTROLLER_SATA,
  CONTROLLER_SCSI,
  CONTROLLER_VIRTIO_SERIAL,
  CONTROLLER_LAST,
} ControllerType;

typedef enum {
  CONTROLLER_MODEL_DEFAULT,
  /* pci */
  CONTROLLER_PCI_ROOT,
  CONTROLLER_PCIE_ROOT,
  CONTROLLER_PCI_BRIDGE,
  CONTROLLER_DMI_TO_PCI_BRIDGE,
  CONTROLLER_PCIE_TO_PCI_BRIDGE,
  CONTROLLER_PCIE_ROOT_PORT,
  CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT,
  CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT,
  /* usb */
  CONTROLLER_USB_NONE,
  CONTROLLER_PIIX3_UHCI,
  CONTROLLER_PIIX4_UHCI,
  CONTROLLER_EHCI,
  CONTROLLER_ICH9_EHCI1,
  CONTROLLER_ICH9_UHCI1,
  CONTROLLER_ICH9_UHCI2,
  CONTROLLER_ICH9_UHCI3,
  CONTROLLER_PCI_OHCI,
  CONTROLLER_NEC_XHCI,
  CONTROLLER_QEMU_XHCI,
  /* scsi; the first three and the transitional ones of virtio-serial too */
  CONTROLLER_VIRTIO_SCSI,
  CONTROLLER_VIRTIO_TRANSITIONAL,
  CONTROLLER_VIRTIO_NON_TRANSITIONAL,
  CONTROLLER_VIRTIO,
  CONTROLLER_LSILOGIC,
  CONTROLLER_LSISAS1068,
  CONTROLLER_LSISAS1078,
  CONTROLLER_VMPVSCSI,
  CONTROLLER_AM53C974,
  CONTROLLER_DC390,
  /* ide */
  CONTROLLER_PIIX3,
  CONTROLLER_PIIX4,
  CONTROLLER_ICH6,
  CONTROLLER_MODEL_LAST,
} ControllerModel;

extern const EnumTable controller_type_table;
extern const EnumTable controller_model_table;

/* The last index that a controller can have. */
enum { CONTROLLER_INDEX_MAX = ADDRESS_CONTROLLER_MAX };

/* A number that the document leaves open. */
#define CONTROLLER_UNSET G_MAXUINT32

typedef struct {
  Device device;
  ControllerType type;
  ControllerModel model;
  guint32 index;       /* among those of its type; CONTROLLER_UNSET until complete() */
  gboolean is_builtin; /* the machine has it: QEMU needs no argument */
  guint32 ports;       /* usb xhci, virtio-serial; CONTROLLER_UNSET: QEMU's own number, as in what follows */
  guint32 vectors;     /* virtio-serial */
  guint32 master_port; /* usb: <master startport=''> of a companion */
  guint32 queues;      /* scsi, of <driver>, as the next */
  guint32 cmd_per_lun;
  guint32 max_sectors;
  guint32 chassis; /* pci, of <target>, as the next */
  guint32 port;
  guint32 chassis_nr;
} Controller;

extern const DeviceRoom controller_room;

/* The controller, or NULL. Of a USB companion group it is the master. */
Controller *controller_find(const Domain *domain, ControllerType type, guint32 index);

/* Adds every controller of @type up to @index, which is at most CONTROLLER_INDEX_MAX, that is not there, in
 * the default model. @place is that of the device that wants it, for messages. */
void controller_ensure(Domain *domain, ControllerType type, guint32 index, const Place *place);

/* Adds one; @model may be CONTROLLER_MODEL_DEFAULT. The domain owns it. */
Controller *controller_add(Domain *domain, ControllerType type, ControllerModel model, guint32 index);

/* Numbers the controllers of the document, which controller_find() finds from then on, and adds what every
 * machine has: the PCI root, and a USB controller where the document names none. */
gboolean controller_imply(Domain *domain, GError **error);

/* What controller_find() looks into; empty. */
ControllerTable *controller_table_new(void);
void controller_table_free(ControllerTable *table);

/* How many USB ports it has. */
guint controller_usb_ports(const Controller *controller);

gboolean controller_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);

/* The name of a PCI bus in QEMU: "pci.0", "pcie.0", "pci.3". */
const char *controller_pci_bus(const Domain *domain, guint32 index);

/* The name of the bus of USB controller @index: "usb.0". The caller frees it. */
char *controller_usb_bus(const Domain *domain, guint32 index);

/* Adds where the device is plugged in: "bus" and "addr" for PCI, "bus" and "port" for USB; for rooms'
 * translate(). */
void controller_add_address(const Domain *domain, const Device *device, Props *props);
