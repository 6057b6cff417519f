/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One client: packets come and go, and nobody is waited for. A client that sends what is no packet, or does
 * not read what it asked for, loses its connection. https://libvirt.org/kbase/internals/rpc.html
 */
#pragma once

#include <glib.h>

#include "libvirt/packet.h"

typedef struct Connection Connection;

typedef struct {
  /* A packet that is not about keepalive; @payload is borrowed. */
  void (*packet)(const PacketHeader *header, const guint8 *payload, gsize length, gpointer user_data);

  /* There is room again, after connection_is_full(). */
  void (*drained)(gpointer user_data);

  /* It is over: once. The connection is freed later, by the main loop. */
  void (*ended)(gpointer user_data);
} ConnectionHandlers;

/* @in and @out, which may be the same, are the connection's from now on. */
Connection *connection_new(int in, int out, const ConnectionHandlers *handlers, gpointer user_data);
void connection_free(Connection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Connection, connection_free)

/* Sends a packet, which it takes; also one of an ended connection, in vain. */
void connection_send(Connection *connection, GBytes *packet);

/* Whether more data of streams should wait. */
gboolean connection_is_full(const Connection *connection);

/* No packet is taken until it is set back: as many calls wait as may. */
void connection_pause(Connection *connection, gboolean is_paused);

/* Ends it once all is sent that waits. */
void connection_close(Connection *connection);
