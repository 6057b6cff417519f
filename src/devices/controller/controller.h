/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <controller>: what other devices are plugged into.
 * https://libvirt.org/formatdomain.html#controllers
 *
 * Few documents name all that they need: controller_ensure() adds what a disk or another device asks for, and
 * the address pass (machine/address.c) adds PCI bridges and root ports.
 */
#pragma once

#include "devices/controller/driver.h"
#include "devices/controller/model.h"
#include "devices/controller/target.h"
#include "domain/device.h"

typedef struct ControllerTable ControllerTable;

/* The last index that a controller can have. */
enum { CONTROLLER_INDEX_MAX = ADDRESS_CONTROLLER_MAX };

typedef struct {
  Device device;
  ControllerType type;
  ControllerModel model;
  guint32 index;        /* among those of its type; CONTROLLER_UNSET until complete() */
  gboolean is_numbered; /* the document has no index of it */
  guint rank;           /* for controller_sort() */
  guint type_rank;      /* the same for all of a type: in what order types first appear */
  gboolean is_builtin;  /* the machine has it: QEMU needs no argument */
  gboolean has_drives;  /* fdc: set by the disks that are on it */
  guint32 ports;        /* usb xhci, virtio-serial; CONTROLLER_UNSET: QEMU's own number, as in what follows */
  guint32 vectors;      /* virtio-serial */
  guint32 master_port;  /* usb: <master startport=''> of a companion */
  ControllerDriver driver;
  ControllerTarget target; /* pci */
} Controller;

extern const DeviceRoom controller_room;

/* ---- table.c ---- */

/* The controller, or NULL. Of a USB companion group it is the master. */
Controller *controller_find(const Domain *domain, ControllerType type, guint32 index);

/* Adds every controller of @type up to @index, which is at most CONTROLLER_INDEX_MAX, that is not there, in
 * the default model. @place is that of the device that wants it, for messages. */
void controller_ensure(Domain *domain, ControllerType type, guint32 index, const Place *place);

/* Adds one; @model may be CONTROLLER_MODEL_DEFAULT. The domain owns it. */
Controller *controller_add(Domain *domain, ControllerType type, ControllerModel model, guint32 index);

/* Those of the document that have an index are found from then on by controller_find(). */
void controller_enter_given(Domain *domain);

/* After that: numbers the other controllers of the document, which are found, too, and adds what every
 * machine has: the PCI root, and a USB controller where the document names none. */
gboolean controller_imply(Domain *domain, GError **error);

/* Gives the controllers libvirt's order, in which they get their places: types as they first appear, in each
 * by the index of the document, a companion behind its master; then what the document does not have. */
void controller_sort(Domain *domain);

/* What controller_find() looks into; empty. */
ControllerTable *controller_table_new(void);
void controller_table_free(ControllerTable *table);

/* ---- controller.c ---- */

/* Leaves all open that a document can leave open. */
void controller_unset(Controller *controller);

/* Whether it is a USB controller that serves a master's ports. */
gboolean controller_is_companion(const Controller *controller);

/* How many USB ports it has. */
guint controller_usb_ports(const Controller *controller);

/* ---- controller-qemu.c ---- */

gboolean controller_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);

/* The name of a PCI bus in QEMU: "pci.0", "pcie.0", "pci.3". */
const char *controller_pci_bus(const Domain *domain, guint32 index);

/* The name of the one bus of a controller that is there, of USB, virtio-serial or smartcards: "usb.0". The
 * caller frees it. */
char *controller_bus(const Domain *domain, ControllerType type, guint32 index);

/* Whether a SCSI controller, which is there, has targets with units; else it has units alone. */
gboolean controller_has_targets(const Domain *domain, guint32 index);

/* Adds where the device is plugged in: "bus" and "addr" for PCI, "bus" and "port" for USB; for rooms'
 * translate(). */
void controller_add_address(const Domain *domain, const Device *device, Props *props);
