/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers by which s390 knows a PCI device: each has two, beside its PCI address, which only QEMU sees.
 */
#pragma once

#include "domain/domain.h"

/* Gives the PCI devices of such a machine those that the document does not; refuses the element on another
 * machine. When all have their PCI addresses. */
gboolean address_assign_zpci(Domain *domain, GError **error);
