/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's side of an <interface>: its type with <source>, <target>, <script>, <backend> and <tune>.
 * https://libvirt.org/formatdomain.html#network-interfaces
 */
#pragma once

#include "base/enum.h"
#include "devices/host-pci.h"
#include "devices/interface/driver.h"
#include "devices/interface/port.h"
#include "devices/interface/user.h"
#include "domain/device.h"

typedef enum {
  INTERFACE_USER,
  INTERFACE_NETWORK,
  INTERFACE_BRIDGE,
  INTERFACE_ETHERNET,
  INTERFACE_MCAST,
  INTERFACE_SERVER,
  INTERFACE_CLIENT,
  INTERFACE_UDP,
  INTERFACE_DIRECT,
  INTERFACE_VHOSTUSER,
  INTERFACE_VDPA,
  INTERFACE_HOSTDEV,
  INTERFACE_NULL,
  INTERFACE_LAST,
} InterfaceType;

extern const EnumTable interface_type_table;

/* What a macvtap device does with frames for others on the same device of the host. */
typedef enum {
  MACVTAP_VEPA,
  MACVTAP_BRIDGE,
  MACVTAP_PRIVATE,
  MACVTAP_PASSTHROUGH,
  MACVTAP_LAST,
} MacvtapMode;

extern const EnumTable interface_macvtap_table;

typedef struct {
  InterfaceType type;
  Place place;              /* of <source>, or of the device where there is none */
  const char *network;      /* NETWORK: its name */
  const char *portgroup;    /* NETWORK: of it; NULL: its default */
  gboolean is_bridge_given; /* NETWORK: by --network */
  const char *bridge;       /* BRIDGE, NETWORK: the host's bridge; NULL where nobody knows the network's */
  const char *address; /* MCAST, CLIENT, UDP: IPv4 address or host name; SERVER: or NULL, for all addresses */
  guint32 port;
  const char *local_address; /* UDP: where datagrams are received */
  guint32 local_port;
  const char *target; /* the tap device's name on the host; NULL: the kernel numbers one */
  Place target_place;
  gboolean is_existing; /* managed='no': somebody else makes and keeps the tap device */
  const char *script;   /* ETHERNET: absolute path of a program that is run with the device's name, or NULL */
  const char *downscript; /* the same when it is released, or NULL */
  Place script_place;
  gboolean has_default_script; /* the document names none */
  InterfaceUser user;
  gboolean is_vhost;      /* USER: the document has it as `vhostuser`, with passt on the other side */
  const char *device;     /* DIRECT: of the host's network; VDPA: the path of a character device */
  MacvtapMode macvtap;    /* DIRECT */
  gboolean is_trusted;    /* DIRECT: trustGuestRxFilters */
  const char *path;       /* VHOSTUSER: of the socket */
  gboolean is_server;     /* VHOSTUSER: QEMU listens on it */
  guint32 reconnect;      /* VHOSTUSER, a client: try again after so many seconds; 0: never */
  HostPci pci;            /* HOSTDEV */
  const char *tap_path;   /* of <backend>: what makes tap devices; NULL: the usual one */
  const char *vhost_path; /* the same for vhost */
  PlanPort plug;
  guint64 sndbuf;
  gboolean has_sndbuf;
} InterfaceSource;

/* Reads all of it from @node. */
gboolean interface_source_parse(struct _xmlNode *node, InterfaceSource *ret_source, GError **error);

/* Gives up what --ignore names, and adds the warnings; after interface_network_complete(). */
void interface_source_complete(Domain *domain, InterfaceSource *source);

/* Refuses a port that was lost with its bridge. */
gboolean interface_source_validate(const InterfaceSource *source, GError **error);

/* Whether the host's end is a tap device, of whatever kind. */
gboolean interface_source_is_tap(const InterfaceSource *source);

/* Whether frames of several queues can reach it: a tap device, vhost-user, vDPA. */
gboolean interface_source_has_queues(const InterfaceSource *source);

void interface_source_clear(InterfaceSource *source);

/* What the back end has to know of the device in front of it. All is borrowed. */
typedef struct {
  const Device *device;
  const InterfaceSource *source;
  const InterfaceDriver *driver;
  gboolean is_virtio;
  const char *mac;
  guint32 mtu; /* 0: not given */
} InterfaceNic;

/* Adds the back end, with the id "host<alias>", and what it takes of the host. */
void interface_source_translate(const Domain *domain, const InterfaceNic *nic, Plan *plan);
