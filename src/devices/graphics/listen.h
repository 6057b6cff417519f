/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <listen>: where a server for viewers is to be found.
 * https://libvirt.org/formatdomain.html#graphical-framebuffers
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"

struct _xmlNode;

typedef enum {
  GRAPHICS_LISTEN_NONE, /* nowhere: viewers are handed over by QMP's add_client */
  GRAPHICS_LISTEN_ADDRESS,
  GRAPHICS_LISTEN_NETWORK, /* an address that the document tells with it */
  GRAPHICS_LISTEN_SOCKET,
  GRAPHICS_LISTEN_LAST,
} GraphicsListenType;

extern const EnumTable graphics_listen_table;

typedef struct {
  GraphicsListenType type;
  const char *host;      /* ADDRESS, NETWORK: a name or an address */
  const char *path;      /* SOCKET: absolute, but as is_generated says */
  gboolean is_generated; /* SOCKET: a file in the guest's directory for sockets, from graphics_set_directory()
                            on; before, in the working directory */
  const char *requirement;     /* ADDRESS, NETWORK with a fixed port: "HOST PORT" */
  const char *tls_requirement; /* the same of a fixed port for TLS */
  Place place;
} GraphicsListen;

/* The <listen>s of the <graphics> at @node, with what its attributes `listen` and `socket` say again: an
 * array of GraphicsListen, one at least, which the caller unrefs; or NULL with a DOMRUN_ERROR_DOCUMENT error.
 */
GArray *graphics_listens_parse(struct _xmlNode *node, GError **error);

/* Notes for each what a fixed port takes; a number that is none is not fixed. */
void graphics_listens_require(struct _xmlNode *node, GArray *listens, int port, int tls_port);
