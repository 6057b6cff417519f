/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What nobody read: the elements and attributes without a mark, once the whole document was parsed.
 */
#pragma once

#include "base/report.h"
#include "xml/document.h"

/* Says whether an element (with @attribute NULL) or an attribute may not be dropped with a mere warning,
 * since that would weaken protection or lose data. @node is the element, or the one that the attribute
 * belongs to. */
typedef gboolean (*XmlIsProtected)(const char *element, const char *attribute);

/* What is known of an element that nobody read: that it stands in the wrong place, say. A literal, or NULL.
 * Where it returns one, no nearest name is looked for, and @ret_is_error says whether it is an error. */
typedef const char *(*XmlExplain)(const char *parent, const char *element, gboolean *ret_is_error);

/* Reports every unread element (not what is inside it), attribute and text with the nearest name that is
 * known there: as an error where @is_strict or @is_protected says so, else as a warning. */
void xml_report_unread(XmlDocument *document, gboolean is_strict, XmlIsProtected is_protected,
                       XmlExplain explain, Report *report);
