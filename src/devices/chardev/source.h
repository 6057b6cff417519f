/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's side of a character device: what <serial>, <parallel>, <console>, <channel>, <redirdev>,
 * <smartcard> and their like share.
 * https://libvirt.org/formatdomain.html#host-interface
 */
#pragma once

#include "base/enum.h"
#include "devices/endpoint.h"
#include "domain/feature-state.h"
#include "domain/device.h"

typedef enum {
  CHARDEV_NULL,
  CHARDEV_VC,
  CHARDEV_PTY,
  CHARDEV_DEV,
  CHARDEV_FILE,
  CHARDEV_PIPE,
  CHARDEV_STDIO,
  CHARDEV_UDP,
  CHARDEV_TCP,
  CHARDEV_UNIX,
  CHARDEV_SPICEVMC,  /* a viewer of SPICE, by the protocol that the device's family has there */
  CHARDEV_SPICEPORT, /* the same, by a channel that has a name */
  CHARDEV_VDAGENT,   /* QEMU itself, as the agent in the guest would have it of a viewer */
  CHARDEV_LAST,
} ChardevType;

typedef enum {
  CHARDEV_CONNECT,
  CHARDEV_BIND,
  CHARDEV_MODE_LAST,
} ChardevMode;

typedef enum {
  CHARDEV_RAW,
  CHARDEV_TELNET,
  CHARDEV_PROTOCOL_LAST,
} ChardevProtocol;

typedef enum {
  CHARDEV_MOUSE_SERVER,
  CHARDEV_MOUSE_CLIENT,
  CHARDEV_MOUSE_LAST,
} ChardevMouse;

extern const EnumTable chardev_type_table;
extern const EnumTable chardev_mode_table;
extern const EnumTable chardev_protocol_table;
extern const EnumTable chardev_mouse_table;

typedef struct {
  ChardevType type;
  Place place;              /* of <source>, or of the device where there is none */
  const char *path;         /* DEV, FILE, PIPE, UNIX: absolute; UNIX: NULL where it is generated */
  gboolean append;          /* FILE: keep what the file has */
  gboolean is_parallel;     /* DEV: a parallel port of the host, and not a serial one */
  ChardevMode mode;         /* TCP, UNIX */
  ChardevProtocol protocol; /* TCP */
  Endpoint remote;          /* TCP that connects; UDP: where to send */
  Endpoint local;           /* TCP that binds; UDP: where to receive, or nothing of it */
  gboolean has_tls;         /* TCP */
  const char *certificates; /* TCP with TLS: the directory of this host's, absolute */
  guint32 reconnect;        /* TCP, UNIX that connect: try again after so many seconds; 0: never */
  gboolean is_generated;    /* UNIX that binds: a socket in the guest's runtime directory */
  const char *name;         /* SPICEPORT: of the channel, "org.example.0" */
  FeatureState clipboard;   /* VDAGENT: the guest's and the viewer's are one */
  gboolean has_mouse;       /* VDAGENT: the viewer's moves the guest's */
  const char *log_path;     /* a file that gets what the guest sends, absolute; NULL: none */
  gboolean log_append;      /* keep what that file has */
  Place log_place;
} ChardevSource;

/* How the struct of a room begins that has_source. */
typedef struct {
  Device device;
  ChardevSource source;
} ChardevDevice;

/* The longest path of a UNIX socket (sun_path of unix(7), which ends with a NUL). */
enum { UNIX_SOCKET_PATH_MAX = 107 };

/* Reads the attribute `type` of @node, its <source>, <protocol> and <log> children. */
gboolean chardev_source_parse(struct _xmlNode *node, ChardevSource *ret_source, GError **error);

/* Reads a path that a UNIX socket can have. Absent or empty is an error. */
gboolean chardev_source_parse_socket(struct _xmlNode *node, const char *attribute, const char **ret_path,
                                     GError **error);

/* Finds this host's certificates, where it needs them. */
void chardev_source_complete(const Domain *domain, ChardevSource *source);

/* What two devices of a guest cannot both have ("the socket '/run/a'"), and their log; NULL: nothing. The
 * caller frees it. */
char *chardev_source_claim_of(const ChardevSource *source);
char *chardev_source_log_claim_of(const ChardevSource *source);

/* Whether it needs <graphics type='spice'>. */
gboolean chardev_source_needs_spice(const ChardevSource *source);

/* Adds both, where they are, to @claims, which takes them: for a DeviceClaims. */
void chardev_source_claim(const ChardevSource *source, GPtrArray *claims);

/* Adds the back end, with the id "char<alias>", that the device's `chardev` property names. */
void chardev_source_translate(const ChardevSource *source, const Device *device, Plan *plan);
