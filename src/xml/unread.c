/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/unread.h"

#include <string.h>

#include "base/nearest.h"
#include "xml/element.h"
#include "xml/format.h"
#include "xml/marks.h"

/* What is said of one path, wherever in the document it is. */
typedef struct {
  char *message;
  char *hint;              /* or NULL */
  const char *nearest;     /* the name that was meant, or NULL */
  const char *consequence; /* what the guest is without it, or NULL */
  gboolean is_known;       /* the format has it */
  gboolean is_whole;       /* @message says what that means, too */
} Words;

enum { UNKNOWN_LIMIT = 1000 }; /* different names; the nearest to each is looked for */

typedef struct {
  gboolean is_strict;
  const XmlUnreadRules *rules;
  gconstpointer data;      /* of the rules */
  const XmlFormat *format; /* NULL until something is unread */
  GHashTable *words;       /* path to its Words */
  guint unknown;           /* of these, what the format does not have */
  Report *report;
} Search;

static void words_free(gpointer data)
{
  Words *words = data;

  g_free(words->message);
  g_free(words->hint);
  g_free(words);
}

/* ---- What to say ---- */

static void try_names(const XmlNames *asked, Nearest *nearest)
{
  for (; asked; asked = asked->next) {
    for (gsize i = 0; i < XML_NAMES_BLOCK && asked->names[i]; i++)
      nearest_try(nearest, asked->names[i]);
  }
}

static const char *nearest_attribute(const Search *search, xmlNode *node, const char *path, const char *name)
{
  const XmlMarks *marks = xml_document_marks(node);
  Nearest nearest = NEAREST_INIT(name);

  try_names(&marks->attributes, &nearest);
  xml_format_try_attributes(search->format, path, &nearest);
  return nearest.name;
}

static const char *nearest_element(const Search *search, const xmlNode *node)
{
  const XmlMarks *marks = xml_document_marks(node->parent);
  g_autofree char *path = xml_format_path(node, /* attribute= */ NULL);
  const char *name = node->ns ? strchr(path, '/') + 1 : (const char *)node->name;
  Nearest nearest = NEAREST_INIT(name);

  try_names(&marks->children, &nearest);
  xml_format_try_elements(search->format, (const char *)node->parent->name, &nearest);
  return nearest.name;
}

static void choose_words_for_attribute(const Search *search, xmlNode *node, const char *attribute,
                                       Words *words)
{
  g_autofree char *path = xml_format_path(node, /* attribute= */ NULL);
  g_autofree char *bearer = NULL;

  words->message = g_strdup_printf("unknown attribute '%s'", attribute);
  words->nearest = nearest_attribute(search, node, path, attribute);
  if (words->nearest) {
    words->hint = g_strdup_printf("did you mean '%s'?", words->nearest);
    return;
  }
  bearer = xml_format_find_bearer(search->format, path, attribute);
  if (bearer)
    words->hint = g_strdup_printf("it belongs to the %s in it", bearer);
}

static void choose_words_for_element(const Search *search, const xmlNode *node, Words *words)
{
  g_autofree char *parents = NULL;

  words->nearest = nearest_element(search, node);
  if (!words->nearest && !node->ns)
    parents = xml_format_find_parents(search->format, (const char *)node->name);
  words->message = g_strdup(parents ? "does not belong here" : "unknown element");
  if (words->nearest)
    words->hint = g_strdup_printf("did you mean <%s>?", words->nearest);
  else if (parents)
    words->hint = g_strdup_printf("it belongs in %s", parents);
}

static Words *choose_words(const Search *search, xmlNode *node, const char *attribute, const char *path)
{
  Words *words = g_new0(Words, 1);

  if (xml_format_has(search->format, path)) {
    const char *reason = search->rules->find_reason(path);

    words->message = g_strdup(reason ? reason : "domrun does not carry this out yet");
    words->is_known = TRUE;
    words->is_whole = reason != NULL;
    words->consequence = reason ? NULL : search->rules->find_consequence(path);
  } else if (attribute) {
    choose_words_for_attribute(search, node, attribute, words);
  } else {
    choose_words_for_element(search, node, words);
  }
  return words;
}

/* A document may have the same a thousand times. */
static const Words *find_words(Search *search, xmlNode *node, const char *attribute)
{
  g_autofree char *path = xml_format_path(node, attribute);
  Words *words;

  if (!search->format)
    search->format = xml_document_format(xml_document_of(node));
  words = g_hash_table_lookup(search->words, path);
  if (!words) {
    words = choose_words(search, node, attribute, path);
    search->unknown += !words->is_known;
    g_hash_table_insert(search->words, g_steal_pointer(&path), words);
  }
  return words;
}

/* ---- Saying it ---- */

static gboolean is_protected(const Search *search, xmlNode *node, const char *attribute, const Words *words)
{
  const char *element = (const char *)node->name, *nearest = words->nearest;

  if (search->rules->is_protected(node, element, attribute))
    return TRUE;
  return nearest && (attribute ? search->rules->is_protected(node, element, nearest)
                               : search->rules->is_protected(node, nearest, NULL));
}

/* Elements alone have such a name. */
static const char *find_protection(const Search *search, xmlNode *node, const char *attribute,
                                   const Words *words, gboolean *ret_is_given_up)
{
  const char *element = (const char *)node->name, *name;

  if (attribute)
    return NULL;
  name = search->rules->find_protection(node, element, search->data, ret_is_given_up);
  if (!name && words->nearest)
    name = search->rules->find_protection(node, words->nearest, search->data, ret_is_given_up);
  return name;
}

static void report_unread(Search *search, xmlNode *node, const char *attribute)
{
  const Words *words = find_words(search, node, attribute);
  const char *consequence = words->consequence;
  gboolean is_given_up = FALSE, is_barred = is_protected(search, node, attribute, words);
  const char *protection = find_protection(search, node, attribute, words, &is_given_up);
  gboolean is_error = is_barred || (protection ? !is_given_up : search->is_strict);
  Place place = xml_place(node);
  GError *error = NULL;

  if (words->is_known && !words->is_whole && !consequence && !is_barred)
    consequence = "it has no effect";
  error_set_document(&error, &place, words->is_known ? attribute : NULL, "%s%s%s", words->message,
                     consequence ? ": " : "", consequence ? consequence : "");
  if (words->hint)
    error_add_hint(&error, "%s", words->hint);
  else if (is_barred)
    error_add_hint(&error, "it protects data or the guest; if it is not needed, take it out of the document");
  else if (protection && !is_given_up)
    error_add_hint(&error, "to run the guest without: --ignore=%s", protection);
  else if (!words->is_known)
    error_add_hint(&error, "it has no effect");
  if (is_error)
    report_error(search->report, error);
  else
    report_error_as_warning(search->report, error);
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

static gboolean has_enough(const Search *search)
{
  return search->unknown > UNKNOWN_LIMIT;
}

static void search_attributes(Search *search, xmlNode *node)
{
  for (xmlAttr *attribute = node->properties; attribute && !has_enough(search); attribute = attribute->next) {
    if (!attribute->_private && !is_xml_namespace(attribute->ns))
      report_unread(search, node, (const char *)attribute->name);
  }
}

static void search_element(Search *search, xmlNode *node)
{
  const XmlMarks *marks = xml_document_marks(node);

  search_attributes(search, node);
  for (xmlNode *child = node->children; child && !has_enough(search); child = child->next) {
    const XmlMarks *child_marks = child->_private; /* NULL where nobody looked at it */

    if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) && !marks->is_text_read &&
        !xmlIsBlankNode(child))
      report_text(search, node, child);
    if (child->type != XML_ELEMENT_NODE || (child_marks && child_marks->is_ignored))
      continue;
    if (child_marks && child_marks->is_read)
      search_element(search, child);
    else
      report_unread(search, child, /* attribute= */ NULL);
  }
}

void xml_report_unread(XmlDocument *document, gboolean is_strict, const XmlUnreadRules *rules,
                       gconstpointer data, Report *report)
{
  xmlNode *root = xml_document_root(document);
  GError *error = NULL;
  g_autoptr(GHashTable) words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, words_free);
  Search search = { .is_strict = is_strict, .rules = rules, .data = data, .words = words, .report = report };

  search_element(&search, root);
  if (!has_enough(&search))
    return;
  xml_error(&error, root, NULL, "more than %d different elements and attributes that no domain has",
            UNKNOWN_LIMIT);
  report_error(report, error);
}
