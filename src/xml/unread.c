/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/unread.h"

#include "base/nearest.h"
#include "xml/element.h"
#include "xml/marks.h"

typedef struct {
  gboolean is_strict;
  XmlIsProtected is_protected;
  XmlExplain explain;
  Report *report;
} Search;

static const char *nearest_of(const GPtrArray *names, const char *wanted)
{
  Nearest nearest = NEAREST_INIT(wanted);

  for (guint i = 0; i < names->len; i++)
    nearest_try(&nearest, g_ptr_array_index(names, i));
  return nearest.name;
}

static void report_unread(const Search *search, xmlNode *node, const char *attribute, const char *nearest)
{
  Place place = xml_place(node);
  const char *element = (const char *)node->name;
  gboolean is_protected =
      attribute
          ? search->is_protected(element, attribute) || (nearest && search->is_protected(element, nearest))
          : search->is_protected(element, NULL) || (nearest && search->is_protected(nearest, NULL));
  GError *error = NULL;

  if (attribute)
    error_set_document(&error, &place, NULL, "unknown attribute '%s'", attribute);
  else
    error_set_document(&error, &place, NULL, "unknown element");
  if (nearest)
    error_add_hint(&error, attribute ? "did you mean '%s'?" : "did you mean <%s>?", nearest);
  else if (is_protected)
    error_add_hint(&error, "it protects data, so the guest is not run without it");
  else
    error_add_hint(&error, "it has no effect");
  if (search->is_strict || is_protected)
    report_error(search->report, error);
  else
    report_error_as_warning(search->report, error);
}

/* What domain/ knows of it: TRUE where that was something. */
static gboolean report_explained(const Search *search, xmlNode *node)
{
  Place place = xml_place(node);
  gboolean is_error = FALSE;
  const char *why = search->explain((const char *)node->parent->name, (const char *)node->name, &is_error);
  GError *error = NULL;

  if (!why)
    return FALSE;
  error_set_document(&error, &place, NULL, "%s", why);
  if (search->is_strict || is_error)
    report_error(search->report, error);
  else
    report_error_as_warning(search->report, error);
  return TRUE;
}

/* Text where no text belongs. */
static void report_text(const Search *search, xmlNode *node, const xmlNode *text)
{
  Place place = xml_place(node);
  g_autofree char *copy = g_strndup((const char *)text->content, 40);
  GError *error = NULL;

  error_set_document(&error, &place, NULL, "text that does not belong here: '%s'", g_strstrip(copy));
  error_add_hint(&error, "it has no effect");
  if (search->is_strict)
    report_error(search->report, error);
  else
    report_error_as_warning(search->report, error);
}

/* xml:space, xml:lang and the like say something about the text, not about the domain. */
static gboolean is_xml_namespace(const xmlNs *ns)
{
  return ns && g_strcmp0((const char *)ns->href, (const char *)XML_XML_NAMESPACE) == 0;
}

static void search_attributes(const Search *search, xmlNode *node)
{
  const XmlMarks *marks = xml_document_marks(node);

  for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
    const char *name = (const char *)attribute->name;

    if (!attribute->_private && !is_xml_namespace(attribute->ns))
      report_unread(search, node, name, nearest_of(marks->attributes, name));
  }
}

static void search_element(const Search *search, xmlNode *node)
{
  const XmlMarks *marks = xml_document_marks(node);

  search_attributes(search, node);
  for (xmlNode *child = node->children; child; child = child->next) {
    const XmlMarks *child_marks;

    if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) && !marks->is_text_read &&
        !xmlIsBlankNode(child))
      report_text(search, node, child);
    if (child->type != XML_ELEMENT_NODE)
      continue;
    child_marks = xml_document_marks(child);
    if (child_marks->is_ignored)
      continue;
    if (child_marks->is_read)
      search_element(search, child);
    else if (!report_explained(search, child))
      report_unread(search, child, NULL, nearest_of(marks->children, (const char *)child->name));
  }
}

void xml_report_unread(XmlDocument *document, gboolean is_strict, XmlIsProtected is_protected,
                       XmlExplain explain, Report *report)
{
  Search search = { is_strict, is_protected, explain, report };

  search_element(&search, xml_document_root(document));
}
