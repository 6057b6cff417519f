/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Data between a client and a descriptor, in packets with the procedure and the serial of the call that began
 * it. Whichever side is slow makes the other wait; a client that sends more than the descriptor takes, for
 * long, is told so.
 */
#pragma once

#include "libvirt/call.h"

/* Takes @fd. */
Stream *stream_new(Session *session, const PacketHeader *header, int fd);
void stream_free(Stream *stream);

/* A packet of the client's; FALSE: the stream has ended, and is to be freed. */
gboolean stream_take(Stream *stream, const PacketHeader *header, const guint8 *data, gsize length);

/* The connection has room again. */
void stream_resume(Stream *stream);
