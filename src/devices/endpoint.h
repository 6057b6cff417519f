/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host and a port, as character devices and displays have them: names or numbers, resolved by QEMU.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

struct _xmlNode;

typedef struct {
  const char *host;    /* a name, or an IPv4 or IPv6 address without brackets; NULL: not given */
  const char *service; /* a port's number or name; NULL: not given */
  const char *address; /* both, "HOST PORT", for a requirement of the plan */
  Place place;         /* of the element they were read from */
} Endpoint;

/* Reads the attributes `host` and `service`; empty ones count as absent. */
gboolean endpoint_parse(struct _xmlNode *node, Endpoint *ret_endpoint, GError **error);

/* Reads <reconnect> of @node: after how many seconds a client tries again; 0 where it does not. @is_server
 * refuses it.
 */
gboolean endpoint_parse_reconnect(struct _xmlNode *node, gboolean is_server, guint32 *ret_seconds,
                                  GError **error);

/* Refuses what can be neither a host's name nor an address, before QEMU's syntax makes something else of it.
 * Returns TRUE where @host is NULL. */
gboolean endpoint_check_host(struct _xmlNode *node, const char *attribute, const char *host, GError **error);
