/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sizes as options have them: "2M".
 */
#pragma once

#include <glib.h>

/* A whole number of bytes, or of 1024, 1024^2, 1024^3 or 1024^4 of them with K, M, G or T (of either case,
 * "KiB", "MiB",
 * ... too) behind it. A number alone counts @unit bytes. FALSE where @text is none, or over 2^63 bytes. */
gboolean size_parse(const char *text, guint64 unit, guint64 *ret_size);
