/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last RING_SIZE bytes of an endless stream. Positions count from the first byte ever written, so that a
 * reader's place is one number, and says by itself what was lost.
 */
#pragma once

#include <glib.h>

enum { RING_SIZE = 64 * 1024 };

typedef struct {
  guint8 *bytes;
  guint64 end; /* how many bytes were ever written */
} Ring;

void ring_init(Ring *ring);
void ring_clear(Ring *ring);

/* The position of the oldest byte that is kept. */
guint64 ring_start(const Ring *ring);

/* Where up to @limit bytes can be written in one piece, over the oldest ones; ring_commit() says how many
 * were. */
guint8 *ring_reserve(Ring *ring, gsize limit, gsize *ret_length);
void ring_commit(Ring *ring, gsize length);

/* The bytes from position @from on that lie in one piece; none at the end. @from must not be before the
 * start. */
const guint8 *ring_peek(const Ring *ring, guint64 from, gsize *ret_length);
