/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The port of a switch that an <interface> is plugged into: <vlan>, <port>, <bandwidth>, <coalesce> and
 * <virtualport>. https://libvirt.org/formatdomain.html#quality-of-service and the sections after it
 */
#pragma once

#include "base/enum.h"
#include "base/error.h"
#include "qemu/port.h"

struct _xmlNode;

/* Of <virtualport type=''>. */
typedef enum {
  VIRTUALPORT_NONE,
  VIRTUALPORT_OPENVSWITCH,
  VIRTUALPORT_802_1QBG,
  VIRTUALPORT_802_1QBH,
  VIRTUALPORT_MIDONET,
  VIRTUALPORT_LAST,
} Virtualport;

extern const EnumTable interface_virtualport_table;
extern const EnumTable interface_vlan_mode_table;

/* Reads them from @node, which is of a type that has a tap device (@has_tap) on a bridge (@has_bridge), or
 * not: what such a one cannot have is left unread. */
gboolean interface_port_parse(struct _xmlNode *node, gboolean has_tap, gboolean has_bridge,
                              PlanPort *ret_port, GError **error);

void interface_port_clear(PlanPort *port);
