/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libvirt/packet.h"

#include <string.h>

static guint32 get(const guint8 *bytes, guint index)
{
  guint32 value;

  memcpy(&value, bytes + 4 * index, sizeof value);
  return GUINT32_FROM_BE(value);
}

gssize packet_length(const guint8 *bytes, gsize length)
{
  if (length < 4)
    return 0;
  return get(bytes, 0) < PACKET_HEADER_BYTES || get(bytes, 0) > PACKET_MAX_BYTES ? -1 : (gssize)get(bytes, 0);
}

PacketHeader packet_header(const guint8 *bytes)
{
  return (PacketHeader){ get(bytes, 1), get(bytes, 2), get(bytes, 3),
                         get(bytes, 4), get(bytes, 5), get(bytes, 6) };
}

GByteArray *packet_begin(const PacketHeader *header)
{
  const guint32 words[] = { 0, /* the length */
                            GUINT32_TO_BE(header->program),
                            GUINT32_TO_BE(header->version),
                            GUINT32_TO_BE(header->procedure),
                            GUINT32_TO_BE(header->type),
                            GUINT32_TO_BE(header->serial),
                            GUINT32_TO_BE(header->status) };
  GByteArray *packet = g_byte_array_new();

  return g_byte_array_append(packet, (const guint8 *)words, sizeof words);
}

GBytes *packet_end(GByteArray *packet)
{
  guint32 length = GUINT32_TO_BE(packet->len);

  memcpy(packet->data, &length, sizeof length);
  return g_byte_array_free_to_bytes(packet);
}
