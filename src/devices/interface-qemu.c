/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface.h"

ENUM_TABLE(interface_driver_table,
           INTERFACE_MODEL_LAST, [INTERFACE_MODEL_E1000] = "e1000", [INTERFACE_MODEL_E1000E] = "e1000e",
           [INTERFACE_MODEL_NE2K_PCI] = "ne2k_pci", [INTERFACE_MODEL_PCNET] = "pcnet",
           [INTERFACE_MODEL_RTL8139] = "rtl8139", [INTERFACE_MODEL_VIRTIO] = "virtio-net-pci");

gboolean interface_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Interface *interface = (const Interface *)device;
  Props *netdev = props_new("type", "user");
  Props *nic = props_new("driver", enum_to_string(&interface_driver_table, (int)interface->model));

  props_add_format(netdev, "id", "hostnet%u", interface->index);
  plan_add_json(plan, PLAN_BOTH, "-netdev", netdev);
  props_add_format(nic, "netdev", "hostnet%u", interface->index);
  props_add_string(nic, "id", device->alias);
  props_add_string(nic, "mac", interface->mac);
  if (device->boot_index)
    props_add_uint(nic, "bootindex", device->boot_index);
  plan_add_json(plan, PLAN_BOTH, "-device", nic);
  return TRUE;
}
