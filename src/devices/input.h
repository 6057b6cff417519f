/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <input>: mice, tablets and keyboards.
 * https://libvirt.org/formatdomain.html#input-devices
 *
 * A PS/2 mouse and keyboard are part of every PC, whether the document names them or not.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"

typedef enum {
  INPUT_MOUSE,
  INPUT_TABLET,
  INPUT_KEYBOARD,
  INPUT_LAST,
} InputType;

typedef enum {
  INPUT_BUS_DEFAULT, /* completed: usb for a tablet, else ps2 */
  INPUT_BUS_PS2,
  INPUT_BUS_USB,
  INPUT_BUS_VIRTIO,
  INPUT_BUS_XEN, /* refused */
  INPUT_BUS_LAST,
} InputBus;

extern const EnumTable input_type_table;
extern const EnumTable input_bus_table;

typedef struct {
  Device device;
  InputType type;
  InputBus bus;
} Input;

extern const DeviceRoom input_room;

gboolean input_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
