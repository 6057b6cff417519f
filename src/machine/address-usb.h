/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The USB part of the address pass: a port for each device, and hubs where the controllers have too few.
 */
#pragma once

#include "domain/domain.h"

gboolean address_assign_usb(Domain *domain, GError **error);
