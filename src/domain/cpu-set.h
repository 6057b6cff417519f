/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of CPUs or of NUMA nodes as text: "0-3,^2,8". https://libvirt.org/formatdomain.html#cpu-allocation
 */
#pragma once

#include <glib.h>

struct _xmlNode;

/* What a set may hold: numbers below this. */
enum { CPU_SET_MAX = 16384 };

/* Adds the members of @text, the value of @attribute (NULL: of the element), to @ret_set, an array of
 * guint32, in ascending order, each once. */
gboolean cpu_set_parse(struct _xmlNode *node, const char *attribute, const char *text, GArray *ret_set,
                       GError **error);
