/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <nvram>: the memory in which the firmware of POWER's machines keeps its settings. The machine has it; a
 * document chooses where. https://libvirt.org/formatdomain.html#nvram-device
 */
#pragma once

#include "domain/device.h"

typedef struct {
  Device device;
} Nvram;

extern const DeviceRoom nvram_room;

gboolean nvram_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
