/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The boot order: a pass over all devices, since <boot dev=''> in <os> speaks of kinds and <boot order=''> of
 * one device, and QEMU wants an index at each. https://libvirt.org/formatdomain.html#bios-bootloader
 */
#pragma once

#include "domain/domain.h"

/* Sets boot_index of the devices. Reports both ways at once, and an order that two devices claim. */
gboolean boot_assign(Domain *domain, GError **error);
