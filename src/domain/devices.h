/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The devices of a domain: those of a room, and who of them has what only one can have. Nothing here looks at
 * more devices than it gives, so that a document of many devices is read in time that grows with their
 * number, not with its square.
 */
#pragma once

#include "domain/device.h"
#include "domain/domain.h"

/* Calls for each device of one room, as domain_devices_of() has them. */
#define DOMAIN_FOREACH_OF(domain, room, device, index)                                                       \
  for (guint index = 0; (index) < domain_devices_of((domain), (room))->len; (index)++)                       \
    for (Device *device = g_ptr_array_index(domain_devices_of((domain), (room)), (index)); (device);         \
         (device) = NULL)

/* Adds a device behind the others; takes it. */
void domain_add_device(Domain *domain, Device *device);

/* The devices of @room, each at its index. */
const GPtrArray *domain_devices_of(const Domain *domain, const DeviceRoom *room);

/* Gives the devices of a room another order: that of @compare, and of the present one where it does not tell.
 */
void domain_sort_room(Domain *domain, const DeviceRoom *room, GCompareFunc compare);

/* The first device of @room, or NULL. */
Device *device_first_of(const Domain *domain, const DeviceRoom *room);

/* Adds texts, which @claims takes, that stand for what only one device can have: a name, a place, a file.
 * Adds none for a device that claims nothing. */
typedef void (*DeviceClaims)(const Device *device, GPtrArray *claims);

/* The first device of the document that claims @text, or NULL. All devices are asked once, when the first
 * question comes, and then no more: for validate() and what follows it. */
Device *device_first_claimant(const Domain *domain, DeviceClaims claims, const char *text);

/* Whether @device stands before @other in the document. */
gboolean device_is_before(const Device *device, const Device *other);
