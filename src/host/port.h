/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is asked of a network device's port: by rtnetlink, by tc(8), by ovs-vsctl(8). All of it is gone with
 * the device, but for what port_release() takes back.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/port.h"

/* What is limited at a device: a set. */
typedef enum {
  PORT_LIMITED_OUT = 1 << 0, /* what leaves it */
  PORT_LIMITED_IN = 1 << 1,
} PortLimits;

/* All of these that set something up stop where the user wants to: FALSE with DOMRUN_ERROR_STOPPED, then. */

/* The Open vSwitch bridge that the device @name is a port of already, in *@ret_bridge, which the caller
 * frees; NULL: none, or there is no asking. */
gboolean port_find_switch(const char *name, const PlanPort *port, char **ret_bridge, GError **error);

/* Makes the device @name a part of an Open vSwitch bridge: FALSE with a DOMRUN_ERROR_HOST error, and then it
 * may be one or not. */
gboolean port_attach_to_switch(const char *name, const char *bridge, const PlanPort *port, const char *mac,
                               GError **error);

/* The opposite, where it is one; what fails is only told. */
void port_detach_from_switch(const char *name);

/* Isolates it and keeps it to its VLANs, once it is part of @bridge, and was made that for this guest: FALSE
 * with a DOMRUN_ERROR_HOST error, since that protects others. NULL: it is no such part. */
gboolean port_protect(const char *name, const char *bridge, const PlanPort *port, GError **error);

/* Limits its traffic, where that is permitted: else it is told why not. @is_inside: the device's way out is
 * the guest's, as a macvtap's is, and not the way to it. *@limits gets what was limited, on failure too. */
gboolean port_limit(const char *name, const PlanPort *port, gboolean is_inside, PortLimits *limits,
                    GError **error);

/* Takes back the limits of a device that stays. */
void port_clear_limits(const char *name, PortLimits limits);
