/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of the host's network devices, as a document has them.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

struct _xmlNode;

/* Refuses what the kernel refuses, and what another program would take for something else. */
gboolean host_name_check(struct _xmlNode *node, const char *attribute, const char *name, GError **error);

/* The same; the name of a device that is made may have one "%d" in it, which the kernel numbers. */
gboolean host_name_check_template(struct _xmlNode *node, const char *attribute, const char *name,
                                  GError **error);
