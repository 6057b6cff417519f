/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of a guest only once it runs: the live XML tells it, and a restart keeps it.
 */
#pragma once

#include <glib.h>

/* What the host gave a device. */
typedef struct {
  const char *alias;
  const char *tty;    /* a console's "/dev/pts/5", or NULL */
  const char *tap;    /* an interface's "vnet3", or NULL */
  const char *socket; /* a channel's, absolute, or NULL */
} LiveDevice;

/* A VNC server, or the SPICE server. */
typedef struct {
  gboolean is_spice;
  guint index;      /* VNC: among the guest's VNC servers, from 0 */
  const char *host; /* "127.0.0.1", or NULL */
  int port;         /* 0: none, as the next */
  int websocket;    /* VNC */
  int tls_port;     /* SPICE */
  const char *path; /* of a UNIX socket, or NULL */
} LiveDisplay;

/* Strings are borrowed. */
typedef struct {
  const char *name;      /* of the guest, which rename-restart changes; NULL: the document's */
  gint64 id;             /* 0: none */
  const char *directory; /* for sockets that QEMU and what serves it make, absolute; NULL: none */
  GArray *devices;       /* of LiveDevice; NULL: none, as the next */
  GArray *displays;      /* of LiveDisplay */
  int spice_port;        /* that the host has for SPICE; 0: none was asked for, as the next */
  int spice_tls_port;
} LiveFacts;
