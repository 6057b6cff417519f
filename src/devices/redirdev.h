/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <redirdev>: a USB port of the guest that whoever looks at it can plug a device of his own into; and
 * <redirfilter>, which says what may be plugged in.
 * https://libvirt.org/formatdomain.html#redirected-devices
 */
#pragma once

#include "devices/chardev/source.h"
#include "domain/device.h"

typedef struct {
  Device device;
  ChardevSource source;
} Redirdev;

typedef struct {
  Device device;
  const char *rules; /* as QEMU's usb-redir has them; NULL: everything may be */
} Redirfilter;

extern const DeviceRoom redirdev_room;
extern const DeviceRoom redirfilter_room;

gboolean redirdev_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
gboolean redirfilter_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
