/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <interface>: network interfaces.
 * https://libvirt.org/formatdomain.html#network-interfaces
 */
#pragma once

#include "base/enum.h"
#include "devices/device.h"

typedef enum {
  INTERFACE_USER,
  INTERFACE_LAST,
} InterfaceType;

typedef enum {
  INTERFACE_MODEL_DEFAULT, /* completed to rtl8139, libvirt's choice for x86 */
  INTERFACE_MODEL_E1000,
  INTERFACE_MODEL_E1000E,
  INTERFACE_MODEL_NE2K_PCI,
  INTERFACE_MODEL_PCNET,
  INTERFACE_MODEL_RTL8139,
  INTERFACE_MODEL_VIRTIO,
  INTERFACE_MODEL_LAST,
} InterfaceModel;

extern const EnumTable interface_type_table;
extern const EnumTable interface_model_table;

typedef struct {
  Device device;
  InterfaceType type;
  InterfaceModel model;
  const char *mac; /* lower case, with colons; generated where the document has none */
  guint index;     /* among the interfaces, from 0 */
} Interface;

extern const DeviceRoom interface_room;

gboolean interface_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
