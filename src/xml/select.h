/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an XPath expression finds in a document. https://www.w3.org/TR/1999/REC-xpath-19991116/
 */
#pragma once

#include "xml/document.h"

/* The nodes, each on lines of its own, or the number, string or truth that the expression gives. NULL with a
 * DOMRUN_ERROR_USAGE error where it is no expression, and with *@ret_is_empty TRUE and no error where no node
 * fits. The caller frees it. */
char *xml_select(const XmlDocument *document, const char *expression, gboolean *ret_is_empty, GError **error);

/* The elements, attributes and other nodes below @root, which the expression begins at, in the order of the
 * document. NULL with a DOMRUN_ERROR_USAGE error where it is no expression, or gives no nodes. The caller
 * frees the array. */
GPtrArray *xml_find(xmlNode *root, const char *expression, GError **error);
