/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The part of the address pass for the buses of machines that are no PCs: channel I/O of s390, virtio devices
 * with registers in memory, and the devices of POWER's hypervisor.
 */
#pragma once

#include <glib.h>

#include "domain/domain.h"

/* Gives a place there to every device that is to have one, so that what is left without an address is for
 * PCI, USB, or no bus. Refuses an address that the machine cannot have. */
gboolean address_assign_others(Domain *domain, GError **error);
