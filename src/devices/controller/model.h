/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The types of controllers, the models that each can have, and what is a model's own: the machine it needs,
 * where it wants to be plugged in, how many ports it has.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "domain/address.h"
#include "domain/chipset.h"

struct _xmlNode;

typedef enum {
  CONTROLLER_PCI,
  CONTROLLER_USB,
  CONTROLLER_IDE,
  CONTROLLER_FDC,
  CONTROLLER_SATA,
  CONTROLLER_SCSI,
  CONTROLLER_VIRTIO_SERIAL,
  CONTROLLER_CCID,
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
  CONTROLLER_PCI_EXPANDER_BUS,
  CONTROLLER_PCIE_EXPANDER_BUS,
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
  CONTROLLER_IBMVSCSI,
  /* ide */
  CONTROLLER_PIIX3,
  CONTROLLER_PIIX4,
  CONTROLLER_ICH6,
  CONTROLLER_MODEL_LAST,
} ControllerModel;

extern const EnumTable controller_type_table;
extern const EnumTable controller_model_table;

/* Reads the attribute `type`; that of another hypervisor is refused by name. */
gboolean controller_type_parse(struct _xmlNode *node, ControllerType *ret_type, GError **error);

/* Reads the attribute `model`, which is one of @type's; CONTROLLER_MODEL_DEFAULT where it is left open. */
gboolean controller_model_parse(struct _xmlNode *node, ControllerType type, ControllerModel *ret_model,
                                GError **error);

/* What a controller without a model is. @is_named: it stands in the document. */
ControllerModel controller_model_default(const Domain *domain, ControllerType type, guint32 index,
                                         gboolean is_named);

/* Whether a machine of @chipset can have it: some are for PCI Express, some for what is not, and some are
 * built into boards. */
gboolean controller_model_fits(ControllerModel model, Chipset chipset);

/* Where it wants to be plugged in; NONE for PCI buses, which the address pass treats by their model. */
PciPlug controller_model_plug(ControllerType type, ControllerModel model);

gboolean controller_model_is_virtio(ControllerModel model);

/* PCI: a port takes one device, and an expander has a root of its own below it. */
gboolean controller_model_is_port(ControllerModel model);
gboolean controller_model_is_expander(ControllerModel model);

/* A part of the ICH9's USB that leaves the rest of its ports to a master, and the first of its ports there.
 */
gboolean controller_model_is_companion(ControllerModel model);
guint32 controller_model_start_port(ControllerModel model);

/* How many USB ports it has unless told otherwise, as libvirt counts them. */
guint controller_model_usb_ports(ControllerModel model);
