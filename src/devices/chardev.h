/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <serial> and <console>: character devices.
 * https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
 *
 * On x86 the first <console> is another name of the first serial port: alone, it makes that port; beside
 * <serial>, it says nothing new.
 */
#pragma once

#include "devices/chardev-source.h"
#include "devices/device.h"

/* The number of the port was not given. */
enum { CHARDEV_PORT_NONE = -1 };

typedef struct {
  Device device;
  ChardevSource source;
  int port;              /* from 0 */
  gboolean is_duplicate; /* console: another name of serial port 0 */
} Chardev;

extern const DeviceRoom serial_room;
extern const DeviceRoom console_room;

gboolean serial_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
gboolean console_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
