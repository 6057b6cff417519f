/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <input>: mice, tablets and keyboards, and those of the host.
 * https://libvirt.org/formatdomain.html#input-devices
 *
 * A PS/2 mouse and keyboard are part of every PC, whether the document names them or not.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"
#include "domain/feature-state.h"

typedef enum {
  INPUT_MOUSE,
  INPUT_TABLET,
  INPUT_KEYBOARD,
  INPUT_PASSTHROUGH, /* a device of the host's becomes one of the guest's, with a driver of its own */
  INPUT_EVDEV,       /* what a device of the host's says goes to those that the guest has */
  INPUT_LAST,
} InputType;

typedef enum {
  INPUT_BUS_DEFAULT, /* completed: usb for a tablet and beside PCs, else ps2 */
  INPUT_BUS_PS2,
  INPUT_BUS_USB,
  INPUT_BUS_VIRTIO,
  INPUT_BUS_XEN,  /* refused */
  INPUT_BUS_NONE, /* of evdev, which is no device of the guest's */
  INPUT_BUS_LAST,
} InputBus;

/* Which keys give the host's devices to the guest and back. */
typedef enum {
  INPUT_TOGGLE_DEFAULT, /* both control keys, as QEMU has it */
  INPUT_TOGGLE_CTRL,
  INPUT_TOGGLE_ALT,
  INPUT_TOGGLE_SHIFT,
  INPUT_TOGGLE_META,
  INPUT_TOGGLE_SCROLL,
  INPUT_TOGGLE_CTRL_SCROLL,
  INPUT_TOGGLE_LAST,
} InputToggle;

extern const EnumTable input_type_table;
extern const EnumTable input_bus_table;
extern const EnumTable input_toggle_table;

typedef struct {
  Device device;
  InputType type;
  InputBus bus;
  const char *path; /* PASSTHROUGH, EVDEV: of the host's device, absolute */
  Place path_place;
  const char *path_attribute;
  gboolean grabs_all;  /* EVDEV: the keys give all of the host's, and not this one alone */
  InputToggle toggle;  /* EVDEV */
  FeatureState repeat; /* EVDEV: keys that are held down repeat */
} Input;

extern const DeviceRoom input_room;

/* Adds the keyboard and mouse that a machine without such of its own needs where it has a screen: pseries, as
 * libvirt does. */
void input_imply(Domain *domain);

gboolean input_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
