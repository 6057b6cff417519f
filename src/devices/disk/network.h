/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <source protocol=''>: an image on a server. network.c reads and checks it, network-qemu.c makes the block
 * node. https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
 */
#pragma once

#include "base/enum.h"
#include "base/error.h"
#include "domain/secrets.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef enum {
  DISK_PROTOCOL_NBD,
  DISK_PROTOCOL_HTTP,
  DISK_PROTOCOL_HTTPS,
  DISK_PROTOCOL_FTP,
  DISK_PROTOCOL_FTPS,
  DISK_PROTOCOL_SSH,
  DISK_PROTOCOL_ISCSI,
  DISK_PROTOCOL_RBD,
  DISK_PROTOCOL_GLUSTER,
  DISK_PROTOCOL_NFS,
  DISK_PROTOCOL_LAST,
} DiskProtocol;

extern const EnumTable disk_protocol_table;

typedef struct {
  Place place;
  const char *name;   /* or an address; NULL: @socket */
  const char *port;   /* a number; "0": RBD's own; NULL: the protocol has none */
  const char *socket; /* absolute path of a UNIX socket */
} DiskHost;

/* Strings belong to the document. */
typedef struct {
  Place place; /* of <source> */
  DiskProtocol protocol;
  const char *name;          /* the path, export, target, volume; NULL: none is given (nbd) */
  const char *directory;     /* ISCSI: the target; RBD: the pool; GLUSTER: the volume. Of the name */
  const char *space;         /* RBD: the namespace; NULL: none */
  const char *image;         /* what is left of the name */
  guint32 lun;               /* ISCSI */
  GArray *hosts;             /* of DiskHost; may be empty (rbd) */
  const char *query;         /* of a URL, with no '?'; or NULL, as what follows */
  const char *snapshot;      /* RBD */
  const char *config;        /* RBD: absolute path */
  const char *initiator;     /* ISCSI: the name by which this host goes */
  const char *user;          /* SSH: the user there */
  const char *agent;         /* SSH: absolute path of the socket of an agent that has the key */
  gboolean is_host_known;    /* SSH: the document says that the host has to be */
  Place identity_place;      /* SSH */
  gboolean has_uid, has_gid; /* NFS: whose rights are asked for */
  guint32 uid, gid;
  gboolean is_unverified; /* HTTPS, FTPS: anybody's certificate will do */
  gboolean has_tls;       /* NBD */
  Place tls_place;
  const char *certificates; /* NBD: absolute directory; set by disk_network_complete() */
  const char *tls_host;     /* NBD: whose certificate is expected; NULL: that of the host's name */
  guint64 readahead;        /* bytes; 0: QEMU's own, as what follows */
  guint32 timeout;          /* seconds */
  guint32 reconnect;        /* NBD: how many seconds a request waits for a server that is gone; 0: it fails */
  const char *auth_user;    /* RBD, ISCSI: whose password @auth_secret is; NULL: none is sent */
  Secret auth_secret;
  Place auth_place;
  const char *cookies; /* HTTP, HTTPS: "a=b; c=d", in base64 */
  Place cookies_place;
} DiskNetwork;

/* Reads <source>; @ret_network is the caller's. */
gboolean disk_network_parse(struct _xmlNode *source, DiskNetwork **ret_network, GError **error);

/* ssh.c: reads <knownHosts> of @source, and @identity, which may be NULL. The hosts were read. */
gboolean disk_ssh_parse(struct _xmlNode *source, struct _xmlNode *identity, DiskNetwork *network,
                        GError **error);

/* Reads <auth> of @node, which is <source>, or <disk> as it was before. */
gboolean disk_network_parse_auth(struct _xmlNode *node, DiskNetwork *network, GError **error);

void disk_network_free(DiskNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiskNetwork, disk_network_free)

/* Finds the password, and the certificates. */
void disk_network_complete(const Domain *domain, DiskNetwork *network);

/* Whether nothing can be written there, whoever asks. */
gboolean disk_network_is_read_only(const DiskNetwork *network);

/* As disk_source_identity(). */
char *disk_network_identity(const DiskNetwork *network);

/* The block node, without name and cache; names of objects begin with @prefix. */
Props *disk_network_translate(const DiskNetwork *network, const char *prefix, Plan *plan);
