/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/annotate.h"

#include <string.h>

#include "xml/element.h"
#include "xml/marks.h"

/* The white space before @node with the end of the line above it, or NULL where it does not begin a line. */
static const char *indentation_before(const xmlNode *node)
{
  const xmlNode *before = node->prev;

  if (!before || before->type != XML_TEXT_NODE || !xmlIsBlankNode(before))
    return NULL;
  return strrchr((const char *)before->content, '\n');
}

/* What stands before the children of an element that has none yet: one step more than before itself. */
static char *indentation_of_first(const xmlNode *node)
{
  const char *own = indentation_before(node);
  const char *outer = node->parent ? indentation_before(node->parent) : NULL;
  gsize step = own && outer && strlen(own) > strlen(outer) ? strlen(own) - strlen(outer) : 2;

  if (!own)
    return NULL;
  return strlen(own) > step ? g_strconcat(own, own + strlen(own) - step, NULL) : g_strconcat(own, "  ", NULL);
}

static void add_text(xmlNode *node, const char *text)
{
  xmlAddChild(node, xmlNewDocText(node->doc, (const xmlChar *)text));
}

static void add_first(xmlNode *node, xmlNode *child)
{
  g_autofree char *indentation = indentation_of_first(node);

  if (indentation)
    add_text(node, indentation);
  xmlAddChild(node, child);
  if (indentation)
    add_text(node, indentation_before(node));
}

/* What stands before the closing tag of @node becomes what stands before its last child. */
static void add_indented(xmlNode *node, xmlNode *child)
{
  const char *indentation =
      node->children && node->children->next ? indentation_before(node->children->next) : NULL;
  xmlNode *last = node->last;

  if (!last) {
    add_first(node, child);
    return;
  }
  if (!indentation || last->type != XML_TEXT_NODE || !xmlIsBlankNode(last)) {
    xmlAddChild(node, child);
    return;
  }
  xmlAddPrevSibling(last, child);
  if (!child->prev || child->prev->type != XML_TEXT_NODE)
    xmlAddPrevSibling(child, xmlNewDocText(node->doc, (const xmlChar *)indentation));
}

static xmlNode *find_child(xmlNode *node, const char *name)
{
  for (xmlNode *child = node->children; child; child = child->next) {
    if (xml_is_element(child, name) && !child->ns)
      return child;
  }
  return NULL;
}

xmlNode *xml_set_child_after(xmlNode *node, const char *name, const char *sibling)
{
  xmlNode *before = find_child(node, sibling);
  const char *indentation = before ? indentation_before(before) : NULL;
  xmlNode *child = find_child(node, name);

  if (child || !before)
    return child ? child : xml_add_child(node, name);
  child = xmlNewDocNode(node->doc, NULL, (const xmlChar *)name, NULL);
  xmlAddNextSibling(before, child);
  if (indentation)
    xmlAddPrevSibling(child, xmlNewDocText(node->doc, (const xmlChar *)indentation));
  return child;
}

xmlNode *xml_add_child(xmlNode *node, const char *name)
{
  xmlNode *child = xmlNewDocNode(node->doc, NULL, (const xmlChar *)name, NULL);

  add_indented(node, child);
  return child;
}

xmlNode *xml_set_child(xmlNode *node, const char *name)
{
  xmlNode *child = find_child(node, name);

  return child ? child : xml_add_child(node, name);
}

void xml_copy_children(xmlNode *node, const xmlNode *from, const char *name)
{
  for (xmlNode *child = from->children; child; child = child->next) {
    if (xml_is_element(child, name) && !child->ns)
      add_indented(node, xmlDocCopyNode(child, node->doc, /* extended= */ 1));
  }
}

void xml_remove_attribute(xmlNode *node, const char *name)
{
  xmlUnsetProp(node, (const xmlChar *)name);
}

static void remove_node(xmlNode *node)
{
  xmlUnlinkNode(node);
  xmlFreeNode(node);
}

void xml_remove(xmlNode *node)
{
  if (node->prev && node->prev->type == XML_TEXT_NODE && xmlIsBlankNode(node->prev))
    remove_node(node->prev);
  remove_node(node);
}

void xml_remove_child(xmlNode *node, const char *name)
{
  xmlNode *next;

  for (xmlNode *child = node->children; child; child = next) {
    next = child->next;
    if (!xml_is_element(child, name) || child->ns)
      continue;
    xml_remove(child);
  }
}

void xml_set_text(xmlNode *node, const char *text)
{
  xmlNodeSetContent(node, NULL);
  xmlNodeAddContent(node, (const xmlChar *)text);
}

void xml_set_text_format(xmlNode *node, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  xml_set_text(node, text);
}

void xml_set_attribute(xmlNode *node, const char *name, const char *value)
{
  xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

void xml_set_attribute_format(xmlNode *node, const char *name, const char *format, ...)
{
  g_autofree char *value = NULL;
  va_list arguments;

  va_start(arguments, format);
  value = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  xml_set_attribute(node, name, value);
}

void xml_set_attribute_node(xmlNode *attribute, const char *value)
{
  xmlSetNsProp(attribute->parent, attribute->ns, attribute->name, (const xmlChar *)value);
}

xmlNode *xml_add_attribute(xmlNode *node, const char *name)
{
  return (xmlNode *)xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)"");
}

void xml_set_origin(xmlNode *node, const char *option, const char *value)
{
  xml_document_marks(node)->origin = xml_document_keep_format(xml_document_of(node), "%s=%s", option, value);
}

char *xml_document_text(const XmlDocument *document)
{
  xmlChar *bytes = NULL;
  int length = 0;
  char *text;

  xmlDocDumpMemoryEnc(xml_document_root(document)->doc, &bytes, &length, "UTF-8");
  text = g_strndup((const char *)bytes, (gsize)length);
  xmlFree(bytes);
  return text;
}
