/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <channel>: a way between a program in the guest and one of the host, as the agents of a guest use it.
 * https://libvirt.org/formatdomain.html#channel
 */
#pragma once

#include "devices/chardev/source.h"
#include "domain/device.h"

typedef enum {
  CHANNEL_VIRTIO,   /* a port of a virtio-serial controller, which the guest finds by its name */
  CHANNEL_GUESTFWD, /* an address in a user-mode network */
  CHANNEL_LAST,
} ChannelTarget;

extern const EnumTable channel_target_table;

typedef struct {
  Device device; /* its address: with a port, once it is complete */
  ChardevSource source;
  ChannelTarget target;
  const char *name; /* VIRTIO: or NULL */
  const char *host; /* GUESTFWD: an IPv4 address, as the next */
  guint32 port;
  gboolean has_network; /* GUESTFWD: an interface is part of the network that has the address */
  Place target_place;
} Channel;

extern const DeviceRoom channel_room;

gboolean channel_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
