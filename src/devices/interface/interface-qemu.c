/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/interface.h"

#include "devices/controller/controller.h"
#include "devices/virtio.h"

ENUM_TABLE(
    interface_driver_table, INTERFACE_MODEL_LAST, [INTERFACE_MODEL_E1000] = "e1000",
    [INTERFACE_MODEL_E1000_82540EM] = "e1000-82540em", [INTERFACE_MODEL_E1000_82544GC] = "e1000-82544gc",
    [INTERFACE_MODEL_E1000_82545EM] = "e1000-82545em", [INTERFACE_MODEL_E1000E] = "e1000e",
    [INTERFACE_MODEL_I82550] = "i82550", [INTERFACE_MODEL_I82551] = "i82551",
    [INTERFACE_MODEL_I82557A] = "i82557a", [INTERFACE_MODEL_I82557B] = "i82557b",
    [INTERFACE_MODEL_I82557C] = "i82557c", [INTERFACE_MODEL_I82558A] = "i82558a",
    [INTERFACE_MODEL_I82558B] = "i82558b", [INTERFACE_MODEL_I82559A] = "i82559a",
    [INTERFACE_MODEL_I82559B] = "i82559b", [INTERFACE_MODEL_I82559C] = "i82559c",
    [INTERFACE_MODEL_I82559ER] = "i82559er", [INTERFACE_MODEL_I82562] = "i82562",
    [INTERFACE_MODEL_I82801] = "i82801", [INTERFACE_MODEL_IGB] = "igb",
    [INTERFACE_MODEL_SPAPR_VLAN] = "spapr-vlan", [INTERFACE_MODEL_NE2K_ISA] = "ne2k_isa",
    [INTERFACE_MODEL_NE2K_PCI] = "ne2k_pci", [INTERFACE_MODEL_PCNET] = "pcnet",
    [INTERFACE_MODEL_RTL8139] = "rtl8139", [INTERFACE_MODEL_TULIP] = "tulip",
    [INTERFACE_MODEL_USB_NET] = "usb-net", [INTERFACE_MODEL_VIRTIO] = "virtio-net-pci",
    [INTERFACE_MODEL_VIRTIO_TRANSITIONAL] = "virtio-net-pci-transitional",
    [INTERFACE_MODEL_VIRTIO_NON_TRANSITIONAL] = "virtio-net-pci-non-transitional",
    [INTERFACE_MODEL_VMXNET3] = "vmxnet3");

/* An option for the device cannot say it: QEMU starts with every link up. */
static void translate_link(const Interface *interface, Plan *plan)
{
  Props *arguments;

  if (!interface->is_link_down)
    return;
  arguments = props_new("name", interface->device.alias);
  props_add_bool(arguments, "up", FALSE);
  plan_add_command(plan, &interface->link_place, "state", "set_link", arguments,
                   "the link is up from the start");
}

/* What all have: where it is, and what it is in the boot order. */
static void add_place(const Domain *domain, const Interface *interface, Props *nic, Plan *plan)
{
  const Device *device = &interface->device;

  if (device->boot_index)
    props_add_uint(nic, "bootindex", device->boot_index);
  controller_add_address(domain, device, nic);
  rom_translate(&interface->rom, nic, plan);
  plan_add_json(plan, PLAN_BOTH, "-device", nic);
}

/* A device of the host. Its address is its own, or was set by whoever gave it to vfio-pci. */
static void translate_hostdev(const Domain *domain, const Interface *interface, Plan *plan)
{
  const InterfaceSource *source = &interface->source;
  Props *nic = host_pci_props(&source->pci);

  props_add_string(nic, "id", interface->device.alias);
  props_add_string(nic, "failover_pair_id", interface->standby);
  add_place(domain, interface, nic, plan);
  host_pci_translate(domain, &source->pci, interface->device.alias, plan);
}

gboolean interface_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Interface *interface = (const Interface *)device;
  gboolean is_virtio = interface_is_virtio(interface);
  InterfaceNic front = {
    .device = device,
    .source = &interface->source,
    .driver = &interface->driver,
    .is_virtio = is_virtio,
    .mac = interface->mac,
    .mtu = interface->mtu,
  };
  Props *nic;

  if (interface->source.type == INTERFACE_HOSTDEV) {
    translate_hostdev(domain, interface, plan);
    return TRUE;
  }
  nic = virtio_props_new(device, enum_to_string(&interface_driver_table, (int)interface->model));
  interface_source_translate(domain, &front, plan);
  if (is_virtio) {
    interface_driver_translate(&interface->driver, nic);
    if (interface->mtu)
      props_add_uint(nic, "host_mtu", interface->mtu);
  }
  if (interface->source.type != INTERFACE_NULL)
    props_add_format(nic, "netdev", "host%s", device->alias);
  props_add_string(nic, "id", device->alias);
  props_add_string(nic, "mac", interface->mac);
  if (interface->is_failover)
    props_add_bool(nic, "failover", TRUE);
  add_place(domain, interface, nic, plan);
  translate_link(interface, plan);
  return TRUE;
}
