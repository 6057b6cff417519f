/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All rooms, in one array.
 */
#pragma once

#include "domain/device.h"

/* Ended by NULL. The order is that of the devices on the command line; the reasons stand in registry.c. */
extern const DeviceRoom *const device_rooms[];
