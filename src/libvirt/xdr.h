/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * XDR (RFC 4506), by the layout that a type of GVariant's says:
 *
 *     i u        int, unsigned int            s      string<>, of UTF-8
 *     x t        hyper, unsigned hyper        ms m() an optional value
 *     d          double                       ay     opaque<>
 *     y          char, which takes four bytes a...   an array of variable length
 *     (tt)       opaque[16], a uuid           (...)  a struct
 *     v          a union of i u x t d b s by the number of its type, 1 to 7: the value of a typed parameter
 */
#pragma once

#include <glib.h>

#include "base/error.h"

/* A longer string is refused. */
enum { XDR_MAX_STRING = 4 * 1024 * 1024 };

/* Appends @value, which is not floating. */
void xdr_encode(GByteArray *bytes, GVariant *value);

/* All of @bytes as a value of @type, which the caller owns; NULL with a DOMRUN_ERROR_USAGE error. What is
 * taken is bounded by @length. */
GVariant *xdr_decode(const guint8 *bytes, gsize length, const GVariantType *type, GError **error);
