/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may never be dropped with a mere warning: elements and attributes that protect data or the guest.
 */
#pragma once

#include <glib.h>

/* An XmlIsProtected, see xml/unread.h. */
gboolean unread_is_protected(const char *element, const char *attribute);

/* An XmlExplain: elements of today's format that domrun does not carry out yet, and elements in the wrong
 * place. */
const char *unread_explain(const char *parent, const char *element, gboolean *ret_is_error);
