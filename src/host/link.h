/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network devices of the host, by their names: what ip(8) calls links. One ioctl each, asked of the network
 * namespace that this process is in. Where one returns FALSE, errno tells why: ENODEV where there is no such
 * device. Facts: netdevice(7); the kernel's net/bridge/br_ioctl.c.
 */
#pragma once

#include <glib.h>

typedef struct {
  guint8 bytes[6];
} LinkMac;

/* Whether the device's driver is called @driver: "bridge", "tun". Everybody may ask. */
gboolean link_has_driver(const char *name, const char *driver);

gboolean link_is_up(const char *name);
gboolean link_set_up(const char *name);
gboolean link_set_down(const char *name);
gboolean link_set_mac(const char *name, const LinkMac *mac);
gboolean link_get_mac(const char *name, LinkMac *ret_mac);

/* 0 where it cannot be told. */
guint32 link_get_mtu(const char *name);
gboolean link_set_mtu(const char *name, guint32 mtu);

/* Makes @name a part of @bridge, and no part of it. EBUSY: it is a part of some bridge already. */
gboolean link_attach(const char *name, const char *bridge);
gboolean link_detach(const char *name, const char *bridge);
gboolean link_is_attached(const char *name, const char *bridge);

/* How many frames a tap device takes together before it tells who reads it. */
gboolean link_get_rx_frames(const char *name, guint32 *ret_count);
gboolean link_set_rx_frames(const char *name, guint32 count);
