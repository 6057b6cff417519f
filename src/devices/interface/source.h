/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's side of an <interface>: its type with <source>, <target>, <script>, <ip> and <tune>.
 * https://libvirt.org/formatdomain.html#network-interfaces
 */
#pragma once

#include "base/enum.h"
#include "devices/interface/driver.h"
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
  INTERFACE_LAST,
} InterfaceType;

extern const EnumTable interface_type_table;

/* An address of <ip>; @address is NULL where there is none of its family. */
typedef struct {
  const char *address;
  guint32 prefix; /* 0: not given */
} InterfaceIp;

typedef struct {
  InterfaceType type;
  Place place;              /* of <source>, or of the device where there is none */
  const char *network;      /* NETWORK: its name */
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
  InterfaceIp ipv4;            /* USER: of the guest's network */
  InterfaceIp ipv6;
  Place ip_place;
  guint64 sndbuf;
  gboolean has_sndbuf;
} InterfaceSource;

/* Reads all of it from @node. */
gboolean interface_source_parse(struct _xmlNode *node, InterfaceSource *ret_source, GError **error);

/* Finds the network's bridge, and adds the warnings. */
void interface_source_complete(Domain *domain, InterfaceSource *source);

/* Whether the host's end is a tap device. */
gboolean interface_source_is_tap(const InterfaceSource *source);

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
