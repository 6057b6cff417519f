/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The look at a document's bytes before libxml2 has them: NUL bytes, which it would take for the end;
 * encodings; and what would take it more time or memory than a domain is worth. Private to xml/.
 */
#pragma once

#include <glib.h>

/* Larger documents are refused: of ten thousand disks there are some 230,000 elements and attributes. libxml2
 * takes some hundred bytes for each, and quadratic time for the attributes of one element and, before 2.12,
 * for names that are all different. */
enum { XML_DOCUMENT_MAX_ITEMS = 300 * 1000, XML_ELEMENT_MAX_ATTRIBUTES = 1000 };

/* Checks @bytes, of a document that messages call @name. Where they are UTF-16, the same in UTF-8 is returned
 * in @ret_text and @ret_length; else NULL, and @bytes can be parsed as they are. The caller frees the text.
 */
gboolean xml_bytes_check(const char *bytes, gsize length, const char *name, char **ret_text,
                         gsize *ret_length, GError **error);
