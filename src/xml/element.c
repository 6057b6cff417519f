/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/element.h"

#include <errno.h>
#include <string.h>

#include "xml/marks.h"

typedef enum { ENUM_OF_INT_SIZE } EnumOfIntSize;
G_STATIC_ASSERT(sizeof(EnumOfIntSize) == sizeof(int));

static void append_names(GString *text, const xmlNode *node)
{
  const xmlNode *parent = node->parent;

  if (parent && parent->type == XML_ELEMENT_NODE && parent->parent &&
      !(parent->parent->type == XML_DOCUMENT_NODE) && !xml_is_element(parent, "devices")) {
    append_names(text, parent);
    g_string_append_c(text, '/');
  }
  g_string_append_c(text, '<');
  if (node->ns && node->ns->prefix) {
    g_string_append(text, (const char *)node->ns->prefix);
    g_string_append_c(text, ':');
  }
  g_string_append(text, (const char *)node->name);
  g_string_append_c(text, '>');
}

static const char *find_origin(const xmlNode *node)
{
  for (; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
    const XmlMarks *marks = node->_private;

    if (marks && marks->origin)
      return marks->origin;
  }
  return NULL;
}

Place xml_place(xmlNode *node)
{
  XmlDocument *document = xml_document_of(node);
  g_autoptr(GString) names = g_string_new(NULL);
  const char *origin = find_origin(node);

  append_names(names, node);
  if (origin)
    return (Place){ origin, xml_document_keep(document, names->str), 0 };
  return (Place){ xml_document_name(document), xml_document_keep(document, names->str),
                  (int)xmlGetLineNo(node) };
}

/* "qemu:arg" is the element <arg> of that namespace of the format's, whatever prefix the document gives it.
 */
static gboolean is_named(const xmlNode *node, const char *name)
{
  const char *colon;
  g_autofree char *href = NULL;

  /* Nearly all are decided by the first letter. */
  if (!node->ns)
    return node->name[0] == (xmlChar)name[0] && xml_is_element(node, name) && !strchr(name, ':');
  colon = strchr(name, ':');
  if (!colon || !xml_is_element(node, colon + 1))
    return FALSE;
  href = g_strdup_printf("http://libvirt.org/schemas/domain/%.*s/1.0", (int)(colon - name), name);
  return g_str_equal((const char *)node->ns->href, href);
}

gboolean xml_is_element(const xmlNode *node, const char *name)
{
  return node->type == XML_ELEMENT_NODE && g_str_equal((const char *)node->name, name);
}

xmlNode *xml_next_child(xmlNode *node, const char *name, xmlNode *after)
{
  if (name && !after)
    xml_marks_ask(&xml_document_marks(node)->children, name);
  for (xmlNode *child = after ? after->next : node->children; child; child = child->next) {
    if (child->type != XML_ELEMENT_NODE)
      continue;
    if (!name)
      return child;
    if (is_named(child, name)) {
      xml_mark(child);
      return child;
    }
  }
  return NULL;
}

gboolean xml_child(xmlNode *node, const char *name, xmlNode **ret_child, GError **error)
{
  xmlNode *child = xml_next_child(node, name, NULL);
  xmlNode *second = child ? xml_next_child(node, name, child) : NULL;

  if (second) {
    xml_ignore(child); /* nobody comes to read them, but they are not unknown */
    xml_ignore(second);
    return xml_error(error, second, NULL, "given twice; the first is on line %ld", xmlGetLineNo(child));
  }
  if (child)
    *ret_child = child;
  return TRUE;
}

gboolean xml_child_required(xmlNode *node, const char *name, xmlNode **ret_child, GError **error)
{
  xmlNode *child = NULL;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  if (!child)
    return xml_error(error, node, NULL, "element <%s> is missing", name);
  *ret_child = child;
  return TRUE;
}

void xml_mark(xmlNode *node)
{
  xml_document_marks(node)->is_read = TRUE;
}

void xml_ignore(xmlNode *node)
{
  xml_document_marks(node)->is_ignored = TRUE;
}

/* The text in @node, an attribute or an element that has no other in it. */
static const char *keep_content(xmlNode *node)
{
  XmlDocument *document = xml_document_of(node);
  const xmlNode *first = node->children;
  xmlChar *content;
  const char *kept;

  if (!first)
    return xml_document_keep(document, "");
  if (!first->next && first->type == XML_TEXT_NODE && first->content) /* mostly it is in one piece */
    return xml_document_keep(document, (const char *)first->content);
  content = xmlNodeGetContent(node);
  kept = xml_document_keep(document, content ? (const char *)content : "");
  xmlFree(content);
  return kept;
}

gboolean xml_text_verbatim(xmlNode *node, const char **ret_text, GError **error)
{
  xml_mark(node);
  xml_document_marks(node)->is_text_read = TRUE;
  for (xmlNode *child = node->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE)
      return xml_error(error, child, NULL, "an element is not allowed here; expected text");
    if (child->type == XML_ENTITY_REF_NODE)
      return xml_error(error, node, NULL, "an entity is not allowed here");
  }
  *ret_text = keep_content(node);
  return TRUE;
}

gboolean xml_text(xmlNode *node, const char **ret_text, GError **error)
{
  const char *text;
  g_autofree char *copy = NULL;

  if (!xml_text_verbatim(node, &text, error))
    return FALSE;
  copy = g_strdup(text);
  *ret_text = xml_document_keep(xml_document_of(node), g_strstrip(copy));
  return TRUE;
}

gboolean xml_child_text(xmlNode *node, const char *name, const char **ret_text, GError **error)
{
  xmlNode *child = NULL;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  return !child || xml_text(child, ret_text, error);
}

const char *xml_attribute(xmlNode *node, const char *name)
{
  xmlAttr *attribute = xmlHasNsProp(node, (const xmlChar *)name, NULL);

  xml_marks_ask(&xml_document_marks(node)->attributes, name);
  if (!attribute)
    return NULL;
  attribute->_private = attribute;
  return keep_content((xmlNode *)attribute);
}

const char *xml_attribute_non_empty(xmlNode *node, const char *name)
{
  const char *value = xml_attribute(node, name);

  return value && *value ? value : NULL;
}

gboolean xml_has_attribute(const xmlNode *node, const char *name)
{
  return xmlHasNsProp(node, (const xmlChar *)name, NULL) != NULL;
}

gboolean xml_is_of_running(xmlNode *node)
{
  return xml_has_attribute(xml_document_root(xml_document_of(node)), "id");
}

gboolean xml_attribute_required(xmlNode *node, const char *name, const char **ret_value, GError **error)
{
  const char *value = xml_attribute(node, name);

  if (!value)
    return xml_error(error, node, name, "is missing");
  if (!*value)
    return xml_error(error, node, name, "is empty");
  *ret_value = value;
  return TRUE;
}

gboolean xml_error_unknown_value(GError **error, xmlNode *node, const char *attribute, const EnumTable *table,
                                 const char *value)
{
  g_autofree char *known = enum_known(table);
  g_autofree char *path = xml_format_path(node, attribute);
  const char *nearest = enum_nearest(table, value);

  if (xml_format_has_value(xml_document_format(xml_document_of(node)), path, value))
    return xml_error(error, node, attribute, "domrun does not carry out '%s' here (it does: %s)", value,
                     known);
  xml_error(error, node, attribute, "unknown value '%s' (known: %s)", value, known);
  if (nearest)
    error_add_hint(error, "did you mean '%s'?", nearest);
  return FALSE;
}

gboolean xml_attribute_enum(xmlNode *node, const char *name, const EnumTable *table, int *ret_value,
                            GError **error)
{
  const char *value = xml_attribute(node, name);

  if (!value || enum_from_string(table, value, ret_value))
    return TRUE;
  return xml_error_unknown_value(error, node, name, table, value);
}

gboolean xml_attribute_enum_required(xmlNode *node, const char *name, const EnumTable *table, int *ret_value,
                                     GError **error)
{
  if (!xml_attribute(node, name)) {
    g_autofree char *known = enum_known(table);

    return xml_error(error, node, name, "is missing (known: %s)", known);
  }
  return xml_attribute_enum(node, name, table, ret_value, error);
}

gboolean xml_text_enum(xmlNode *node, const EnumTable *table, int *ret_value, GError **error)
{
  const char *value;

  if (!xml_text(node, &value, error))
    return FALSE;
  if (enum_from_string(table, value, ret_value))
    return TRUE;
  return xml_error_unknown_value(error, node, NULL, table, value);
}

static gboolean parse_uint(const char *text, guint64 *ret_value)
{
  gboolean is_hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  const char *digits = is_hexadecimal ? text + 2 : text;

  /* g_ascii_string_to_uint64() alone would take "0x0x1" and " 1". */
  return g_ascii_isxdigit(*digits) &&
         g_ascii_string_to_unsigned(digits, is_hexadecimal ? 16 : 10, 0, G_MAXUINT64, ret_value, NULL);
}

static gboolean read_uint(xmlNode *node, const char *attribute, const char *text, guint64 min, guint64 max,
                          guint64 *ret_value, GError **error)
{
  guint64 value;

  if (!parse_uint(text, &value) || value < min || value > max)
    return xml_error(error, node, attribute,
                     "'%s' is not a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, text, min,
                     max);
  *ret_value = value;
  return TRUE;
}

gboolean xml_attribute_uint(xmlNode *node, const char *name, guint64 min, guint64 max, guint64 *ret_value,
                            GError **error)
{
  const char *text = xml_attribute(node, name);

  return !text || read_uint(node, name, text, min, max, ret_value, error);
}

gboolean xml_attribute_uint32(xmlNode *node, const char *name, guint32 min, guint32 max, guint32 *ret_value,
                              GError **error)
{
  guint64 value = *ret_value;

  if (!xml_attribute_uint(node, name, min, max, &value, error))
    return FALSE;
  *ret_value = (guint32)value;
  return TRUE;
}

gboolean xml_text_uint(xmlNode *node, guint64 min, guint64 max, guint64 *ret_value, GError **error)
{
  const char *text;

  return xml_text(node, &text, error) && read_uint(node, NULL, text, min, max, ret_value, error);
}

ENUM_TABLE(no_yes_table, 2, "no", "yes");
ENUM_TABLE(off_on_table, 2, "off", "on");

gboolean xml_attribute_yes_no(xmlNode *node, const char *name, gboolean *ret_value, GError **error)
{
  return xml_attribute_enum(node, name, &no_yes_table, ret_value, error);
}

gboolean xml_attribute_on_off(xmlNode *node, const char *name, gboolean *ret_value, GError **error)
{
  return xml_attribute_enum(node, name, &off_on_table, ret_value, error);
}

/* Paths that mean something else in another process: in QEMU, which would open them. */
static gboolean is_descriptor(const char *path)
{
  static const char *const prefixes[] = { "/dev/fd/", "/dev/fdset/", "/proc/self/", "/proc/thread-self/" };

  g_autofree char *canonical = g_canonicalize_filename(path, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
    if (g_str_has_prefix(canonical, prefixes[i]))
      return TRUE;
  }
  return g_str_equal(canonical, "/dev/stdin") || g_str_equal(canonical, "/dev/stdout") ||
         g_str_equal(canonical, "/dev/stderr");
}

/* The document itself says it from now on: what is made of it is read from elsewhere. */
static void write_path(xmlNode *node, const char *attribute, const char *path)
{
  if (attribute) {
    xmlSetProp(node, (const xmlChar *)attribute, (const xmlChar *)path);
    return;
  }
  xmlNodeSetContent(node, NULL);
  xmlNodeAddContent(node, (const xmlChar *)path);
}

static gboolean read_path(xmlNode *node, const char *attribute, const char *path, const char **ret_path,
                          GError **error)
{
  XmlDocument *document = xml_document_of(node);
  g_autofree char *absolute = NULL;

  if (g_path_is_absolute(path))
    absolute = g_strdup(path);
  else
    absolute = g_build_filename(xml_document_directory(document), path, NULL);
  if (is_descriptor(absolute))
    return xml_error(error, node, attribute, "'%s' is no file, but a descriptor of whoever opens it",
                     absolute);
  *ret_path = xml_document_keep(document, absolute);
  if (!g_path_is_absolute(path))
    write_path(node, attribute, absolute);
  return TRUE;
}

gboolean xml_attribute_path(xmlNode *node, const char *name, const char **ret_path, GError **error)
{
  const char *path = xml_attribute(node, name);

  if (!path)
    return TRUE;
  if (!*path)
    return xml_error(error, node, name, "is empty; expected a path");
  return read_path(node, name, path, ret_path, error);
}

gboolean xml_text_path(xmlNode *node, const char **ret_path, GError **error)
{
  const char *path;

  if (!xml_text(node, &path, error))
    return FALSE;
  if (!*path)
    return xml_error(error, node, NULL, "is empty; expected a path");
  return read_path(node, NULL, path, ret_path, error);
}

gboolean xml_child_path(xmlNode *node, const char *name, const char **ret_path, GError **error)
{
  xmlNode *child = NULL;
  const char *path;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  if (!xml_text(child, &path, error))
    return FALSE;
  return !*path || read_path(child, NULL, path, ret_path, error);
}
