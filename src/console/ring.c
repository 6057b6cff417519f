/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "console/ring.h"

void ring_init(Ring *ring)
{
  ring->bytes = g_malloc(RING_SIZE);
  ring->end = 0;
}

void ring_clear(Ring *ring)
{
  g_clear_pointer(&ring->bytes, g_free);
}

guint64 ring_start(const Ring *ring)
{
  return ring->end > RING_SIZE ? ring->end - RING_SIZE : 0;
}

guint8 *ring_reserve(Ring *ring, gsize limit, gsize *ret_length)
{
  gsize offset = ring->end % RING_SIZE;

  *ret_length = MIN(limit, RING_SIZE - offset);
  return ring->bytes + offset;
}

void ring_commit(Ring *ring, gsize length)
{
  ring->end += length;
}

const guint8 *ring_peek(const Ring *ring, guint64 from, gsize *ret_length)
{
  gsize offset = from % RING_SIZE;

  g_assert(from >= ring_start(ring) && from <= ring->end);
  *ret_length = MIN(ring->end - from, RING_SIZE - offset);
  return ring->bytes + offset;
}
