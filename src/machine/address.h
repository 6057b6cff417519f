/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The address pass: gives every device that has none its place in the machine, by the rules that libvirt
 * publishes for its QEMU driver, so that a guest moves between the two without noticing.
 * https://libvirt.org/formatdomain.html#device-addresses, https://libvirt.org/pci-addresses.html
 */
#pragma once

#include "domain/domain.h"

/* Runs after every device was completed. Adds the controllers that are needed to the domain. Refuses an <acpi
 * index=''> of what is not plugged into PCI, or of two devices. */
gboolean address_assign(Domain *domain, GError **error);
