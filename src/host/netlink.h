/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has no ioctl: messages to the kernel's routing socket, each answered before the next.
 * Facts: rtnetlink(7), the kernel's Documentation/userspace-api/netlink, include/uapi/linux/if_link.h.
 */
#pragma once

#include <glib.h>

#include "host/link.h"

/* Makes a macvtap device on @parent, down, with a mode of <linux/if_link.h> (MACVLAN_MODE_BRIDGE, ...). FALSE
 * with errno set on failure: EEXIST where the name is taken. @mac may be NULL. */
gboolean netlink_make_macvtap(const char *name, const char *parent, guint32 mode, const LinkMac *mac);

/* FALSE with errno set, as in the next. */
gboolean netlink_delete(const char *name);

/* Of a part of a bridge. */
gboolean netlink_set_isolated(const char *name, gboolean is_isolated);

/* Adds or takes away a VLAN of a part of a bridge; flags of <linux/if_bridge.h> (BRIDGE_VLAN_INFO_PVID, ...).
 */
gboolean netlink_add_vlan(const char *name, guint16 id, guint16 flags);
gboolean netlink_delete_vlan(const char *name, guint16 id);

/* Whether the bridge looks at VLANs at all. */
gboolean netlink_has_vlans(const char *bridge);
