/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What nobody read: the elements and attributes without a mark, once the whole document was parsed. What the
 * format has is told from what is misspelt or stands in the wrong place (xml/format.h).
 */
#pragma once

#include "base/report.h"
#include "xml/document.h"

/* What is known of elements and attributes beside their names. */
typedef struct {
  /* Whether @element (with @attribute NULL) or its attribute may not be dropped with a mere warning, since
   * that would weaken protection, lose data, or lose what the user certainly wants. @node is the element,
   * which may be a misspelt @element, and @attribute may be a near name, too. */
  gboolean (*is_protected)(xmlNode *node, const char *element, const char *attribute);

  /* What the guest is without it, where that is more than "it has no effect": a clause; or NULL. @path is
   * xml_format_path()'s. */
  const char *(*find_consequence)(const char *path);

  /* Why it never will be carried out, and what that means: all that is to be said; or NULL. */
  const char *(*find_reason)(const char *path);

  /* The name by which a user gives up what @element in @node's parent protects, or NULL where it protects
   * nothing, or nothing that could be given up; @ret_is_given_up says whether that was done. @data is
   * xml_report_unread()'s. */
  const char *(*find_protection)(xmlNode *node, const char *element, gconstpointer data,
                                 gboolean *ret_is_given_up);
} XmlUnreadRules;

/* Reports every unread element (not what is inside it), attribute and text: as an error where @is_strict or
 * is_protected() or find_protection() says so, else as a warning; @data is handed to the latter. A document
 * with more than a thousand names that the format does not have is an error, and no more of it is looked at.
 */
void xml_report_unread(XmlDocument *document, gboolean is_strict, const XmlUnreadRules *rules,
                       gconstpointer data, Report *report);
