/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <hub type='usb'>: a USB hub; the address pass adds those that are needed.
 * https://libvirt.org/formatdomain.html#hub-devices
 */
#pragma once

#include "domain/device.h"

enum { HUB_PORTS = 8 };

typedef struct {
  Device device;
} Hub;

extern const DeviceRoom hub_room;

/* Adds one, and completes it. The domain owns it. */
Hub *hub_add(Domain *domain);

gboolean hub_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
