/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The frame of libvirt's RPC: https://libvirt.org/kbase/internals/rpc.html. A length that counts itself, six
 * numbers, and what they are about, all of them big-endian.
 */
#pragma once

#include <glib.h>

#define PACKET_REMOTE    0x20008086U
#define PACKET_QEMU      0x20008087U
#define PACKET_KEEPALIVE 0x6b656570U

enum { PACKET_VERSION = 1 };

typedef enum {
  PACKET_CALL,
  PACKET_REPLY,
  PACKET_MESSAGE, /* nobody asked for it */
  PACKET_STREAM,
  PACKET_CALL_WITH_FDS,
  PACKET_REPLY_WITH_FDS,
  PACKET_HOLE, /* in a stream */
} PacketType;

typedef enum {
  PACKET_OK,
  PACKET_ERROR,
  PACKET_CONTINUE, /* of a stream: there is more to come */
} PacketStatus;

typedef struct {
  guint32 program, version, procedure, type, serial, status;
} PacketHeader;

enum {
  PACKET_HEADER_BYTES = 28, /* with the length */
  PACKET_MAX_BYTES =
      8 * 1024 * 1024, /* that are taken: twice a string; libvirt's own bound is four times that */
  PACKET_STREAM_BYTES = 256 * 1024, /* of data in one packet that is sent */
};

/* How long the packet is that @bytes begin with, or 0 while that is not known; -1: it is none. */
gssize packet_length(const guint8 *bytes, gsize length);

/* The header of a whole packet. */
PacketHeader packet_header(const guint8 *bytes);

/* Begins a packet; what is appended to the array is its payload until packet_end(), which returns it. */
GByteArray *packet_begin(const PacketHeader *header);
GBytes *packet_end(GByteArray *packet);
