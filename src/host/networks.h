/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host says about networks before a guest is planned: nothing is changed, and nothing is an error.
 */
#pragma once

#include <glib.h>

#include "xml/document.h"

/* A virtual network that libvirt defines on this host: libvirt's own file, where this user can read it. NULL
 * where there is none; the caller frees it. */
XmlDocument *networks_open(const char *network);

/* Whether this user can open /dev/vhost-net. */
gboolean networks_have_vhost(void);
