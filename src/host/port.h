/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is asked of a network device's port: by rtnetlink, by tc(8), by ovs-vsctl(8). All of it is gone with
 * the device, but for what port_release() takes back.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/port.h"

/* Makes the device @name a part of an Open vSwitch bridge: FALSE with a DOMRUN_ERROR_HOST error. */
gboolean port_attach_to_switch(const char *name, const char *bridge, const PlanPort *port, const char *mac,
                               GError **error);

/* The opposite, where it is one; what fails is only told. */
void port_detach_from_switch(const char *name);

/* Isolates it and keeps it to its VLANs, once it is part of @bridge: FALSE with a DOMRUN_ERROR_HOST error,
 * since that protects others. Limits its traffic, where that is permitted: else it is told why not.
 * @is_inside: the device's way out is the guest's, as a macvtap's is, and not the way to it. */
gboolean port_set_up(const char *name, const char *bridge, const PlanPort *port, gboolean is_inside,
                     GError **error);

/* Takes back the limits of a device that stays. */
void port_clear_limits(const char *name);
