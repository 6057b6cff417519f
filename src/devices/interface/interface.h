/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <interface>: network interfaces. What the host does with the frames is interface-source.h's.
 * https://libvirt.org/formatdomain.html#network-interfaces
 */
#pragma once

#include "base/enum.h"
#include "devices/chardev/source.h"
#include "devices/interface/driver.h"
#include "devices/interface/source.h"
#include "devices/rom.h"
#include "domain/device.h"

typedef enum {
  INTERFACE_MODEL_DEFAULT, /* completed to libvirt's choice for the machine */
  INTERFACE_MODEL_E1000,
  INTERFACE_MODEL_E1000_82540EM,
  INTERFACE_MODEL_E1000_82544GC,
  INTERFACE_MODEL_E1000_82545EM,
  INTERFACE_MODEL_E1000E,
  INTERFACE_MODEL_I82550,
  INTERFACE_MODEL_I82551,
  INTERFACE_MODEL_I82557A,
  INTERFACE_MODEL_I82557B,
  INTERFACE_MODEL_I82557C,
  INTERFACE_MODEL_I82558A,
  INTERFACE_MODEL_I82558B,
  INTERFACE_MODEL_I82559A,
  INTERFACE_MODEL_I82559B,
  INTERFACE_MODEL_I82559C,
  INTERFACE_MODEL_I82559ER,
  INTERFACE_MODEL_I82562,
  INTERFACE_MODEL_I82801,
  INTERFACE_MODEL_IGB, /* of QEMU 8.0 and newer */
  INTERFACE_MODEL_NE2K_ISA,
  INTERFACE_MODEL_NE2K_PCI,
  INTERFACE_MODEL_NETFRONT, /* Xen's: completed to the default, with a warning */
  INTERFACE_MODEL_PCNET,
  INTERFACE_MODEL_RTL8139,
  INTERFACE_MODEL_SPAPR_VLAN, /* of POWER's hypervisor */
  INTERFACE_MODEL_TULIP,
  INTERFACE_MODEL_USB_NET,
  INTERFACE_MODEL_VIRTIO,
  INTERFACE_MODEL_VIRTIO_TRANSITIONAL,
  INTERFACE_MODEL_VIRTIO_NON_TRANSITIONAL,
  INTERFACE_MODEL_VMXNET3,
  INTERFACE_MODEL_LAST,
} InterfaceModel;

extern const EnumTable interface_model_table;

typedef struct {
  Device device;
  ChardevSource socket; /* of vhost-user, which no other device may have; else nothing */
  InterfaceSource source;
  InterfaceModel model;
  Place model_place;
  InterfaceDriver driver;
  Rom rom;
  const char *mac; /* lower case, with colons; generated where the document has none */
  gboolean is_mac_given;
  Place mac_place;
  guint32 mtu; /* 0: not given */
  Place mtu_place;
  gboolean is_link_down;
  Place link_place;
  gboolean is_failover; /* <teaming>: another device stands in for it, or it for another */
  const char
      *standby; /* of a transient device: the alias of the one that is always there; NULL: it is none */
  Place teaming_place;
} Interface;

extern const DeviceRoom interface_room;

/* Refuses a --network that names none of the document's virtual networks; for machine_parse(). */
gboolean interface_check_networks(const Domain *domain, GError **error);

gboolean interface_is_virtio(const Interface *interface);

gboolean interface_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
