/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A PCI device of the host that a guest gets as it is, by VFIO: <hostdev type='pci'> and
 * <interface type='hostdev'>. https://libvirt.org/formatdomain.html#usb-pci-scsi-devices
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct {
  const char *name;    /* as the host's sysfs has it, "0000:01:02.0"; NULL: it is none */
  const char *driver;  /* of the host, that takes it for the guest; NULL: vfio-pci */
  gboolean is_managed; /* it is taken from its driver, and given back */
  Place place;         /* of <source> */
  Place device_place;
} HostPci;

/* Reads `managed` of @node, and the address in @source, its <source>, which must be there. */
gboolean host_pci_parse(struct _xmlNode *node, struct _xmlNode *source, HostPci *ret_pci, GError **error);

/* The device that QEMU has of it, without what the guest sees of its place. */
Props *host_pci_props(const HostPci *pci);

/* Adds what it takes on the host, with or without QEMU having the device. */
void host_pci_translate(const Domain *domain, const HostPci *pci, const char *alias, Plan *plan);
