/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/annotate.h"

#include <string.h>

#include "xml/element.h"

/* The white space before the first child of @node, or NULL where it is all on one line. */
static const xmlNode *indentation_of(const xmlNode *node)
{
  const xmlNode *first = node->children;

  if (first && first->type == XML_TEXT_NODE && xmlIsBlankNode(first) &&
      strchr((const char *)first->content, '\n'))
    return first;
  return NULL;
}

/* What stands before the closing tag of @node becomes what stands before its last child. */
static void add_indented(xmlNode *node, xmlNode *child)
{
  const xmlNode *indentation = indentation_of(node);
  xmlNode *last = node->last;
  xmlNode *before;

  if (!indentation || !last || last->type != XML_TEXT_NODE) {
    xmlAddChild(node, child);
    return;
  }
  before = xmlNewDocText(node->doc, indentation->content);
  xmlAddPrevSibling(last, child);
  if (child->prev && child->prev->type == XML_TEXT_NODE)
    xmlFreeNode(before);
  else
    xmlAddPrevSibling(child, before);
}

xmlNode *xml_set_child(xmlNode *node, const char *name)
{
  xmlNode *child;

  for (child = node->children; child; child = child->next) {
    if (xml_is_element(child, name) && !child->ns)
      return child;
  }
  child = xmlNewDocNode(node->doc, NULL, (const xmlChar *)name, NULL);
  add_indented(node, child);
  return child;
}

static void remove_node(xmlNode *node)
{
  xmlUnlinkNode(node);
  xmlFreeNode(node);
}

void xml_remove_child(xmlNode *node, const char *name)
{
  xmlNode *next;

  for (xmlNode *child = node->children; child; child = next) {
    next = child->next;
    if (!xml_is_element(child, name) || child->ns)
      continue;
    if (child->prev && child->prev->type == XML_TEXT_NODE && xmlIsBlankNode(child->prev))
      remove_node(child->prev);
    remove_node(child);
  }
}

void xml_set_text(xmlNode *node, const char *text)
{
  xmlNodeSetContent(node, NULL);
  xmlNodeAddContent(node, (const xmlChar *)text);
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
