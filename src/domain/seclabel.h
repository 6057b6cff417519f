/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <seclabel>: what a security driver of libvirt's confines QEMU with. domrun sets no labels: QEMU runs under
 * those of domrun itself. https://libvirt.org/formatdomain.html#security-label
 */
#pragma once

#include <glib.h>

#include "base/error.h"

struct _xmlNode;
typedef struct Domain Domain;

/* Refuses a label that the document names; warns of one that libvirt would have made up. */
gboolean seclabel_parse(struct _xmlNode *root, Domain *domain, GError **error);
