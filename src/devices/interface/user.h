/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <interface type='user'>: <ip>, <backend>, <portForward>. QEMU translates the guest's connections by itself
 * (SLIRP), or passt(1) beside it does.
 * https://libvirt.org/formatdomain.html#userspace-slirp-or-passt-connection
 */
#pragma once

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Device Device;

/* An address of <ip>; @address is NULL where there is none of its family. */
typedef struct {
  const char *address;
  guint32 prefix; /* 0: not given */
  Place place;
} InterfaceIp;

typedef enum {
  USER_BACKEND_DEFAULT, /* SLIRP */
  USER_BACKEND_PASST,
  USER_BACKEND_LAST,
} UserBackend;

extern const EnumTable interface_user_backend_table;

typedef enum {
  FORWARD_TCP,
  FORWARD_UDP,
  FORWARD_LAST,
} ForwardProtocol;

extern const EnumTable interface_forward_table;

/* A <range>. */
typedef struct {
  guint16 start, end; /* of the host's ports, both inclusive */
  guint16 to;         /* what @start becomes in the guest */
  gboolean is_excluded;
} ForwardRange;

/* A <portForward>. */
typedef struct {
  ForwardProtocol protocol;
  const char *address; /* of the host; NULL: all */
  const char *device;  /* of the host; NULL: all */
  GArray *ranges;      /* of ForwardRange; empty: all ports */
  Place place;
} Forward;

/* The sum of its ranges, which may overlap: no more than that many ports. */
guint64 forward_count_ports(const Forward *forward);

/* How many ports one by one are looked after. */
enum { FORWARD_PORTS_MAX = 1000 };

/* A port of the host, for a requirement of the plan. */
typedef struct {
  const Forward *forward;
  char *address; /* "127.0.0.1 2022" */
} ForwardPort;

typedef struct {
  UserBackend backend;
  const char *log_path; /* of passt, absolute; NULL: none */
  const char *hostname; /* that passt tells the guest by DHCP; NULL: none, as the next */
  const char *fqdn;
  Place backend_place;
  const char *device; /* of the host, for passt to take addresses and routes from; NULL: that of the default
                         route */
  Place device_place;
  InterfaceIp ipv4; /* SLIRP: of the guest's network; passt: the guest's */
  InterfaceIp ipv6;
  Place ip_place;
  GPtrArray *forwards;       /* of Forward; NULL: none */
  GPtrArray *ports;          /* of ForwardPort: what has to be free on the host; set like the next */
  GPtrArray *guest_forwards; /* of strings: QEMU's guestfwd, addresses of the network behind which channels of
                                the guest are; NULL: none */
  GPtrArray *passt_arguments; /* what passt is told; set by interface_user_complete() */
} InterfaceUser;

/* Reads them from @node, an interface of whatever type; only <ip> if it is not `user` (@is_user). */
gboolean interface_user_parse(struct _xmlNode *node, gboolean is_user, InterfaceUser *ret_user,
                              GError **error);

/* Refuses what QEMU's own network cannot do, and passt can; and the other way round. */
gboolean interface_user_validate(const InterfaceUser *user, GError **error);

void interface_user_clear(InterfaceUser *user);

/* Makes what is derived from the rest: the ports, and what passt is to be told. */
void interface_user_complete(InterfaceUser *user);

/* Adds the back end, with the id "host<alias>". */
void interface_user_translate(const InterfaceUser *user, const Device *device, Plan *plan);
