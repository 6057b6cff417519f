/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/select.h"

#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "xml/syntax-error.h"

/* More steps than any look at a domain takes, and no more than a moment. */
enum { OPERATIONS_MAX = 10 * 1000 * 1000 };

static void append_node(GString *text, xmlNode *node)
{
  xmlBuffer *buffer;
  xmlChar *value;

  if (node->type == XML_ELEMENT_NODE || node->type == XML_DOCUMENT_NODE) {
    buffer = xmlBufferCreate();
    xmlNodeDump(buffer, node->doc, node->type == XML_DOCUMENT_NODE ? xmlDocGetRootElement(node->doc) : node,
                /* level= */ 0, /* format= */ 0);
    g_string_append(text, (const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
  } else {
    value = xmlXPathCastNodeToString(node);
    g_string_append(text, (const char *)value);
    xmlFree(value);
  }
  g_string_append_c(text, '\n');
}

static char *describe(xmlXPathObject *object, gboolean *ret_is_empty)
{
  g_autoptr(GString) text = g_string_new(NULL);
  xmlChar *value;

  *ret_is_empty = object->type == XPATH_NODESET && xmlXPathNodeSetIsEmpty(object->nodesetval);
  if (*ret_is_empty)
    return NULL;
  if (object->type == XPATH_NODESET) {
    for (int i = 0; i < object->nodesetval->nodeNr; i++)
      append_node(text, object->nodesetval->nodeTab[i]);
  } else {
    value = xmlXPathCastToString(object);
    g_string_append_printf(text, "%s\n", (const char *)value);
    xmlFree(value);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void ignore_error(void *data, XmlReportedError *error)
{
}

static xmlXPathObject *evaluate(xmlNode *root, const char *expression, GError **error)
{
  xmlXPathContext *context = xmlXPathNewContext(root->doc);
  xmlXPathObject *object;

  context->node = root;
  context->error = ignore_error;
  context->opLimit = OPERATIONS_MAX;
  object = xmlXPathEval((const xmlChar *)expression, context);
  if (!object)
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s' is not an XPath expression", expression);
  xmlXPathFreeContext(context);
  return object;
}

char *xml_select(const XmlDocument *document, const char *expression, gboolean *ret_is_empty, GError **error)
{
  xmlXPathObject *object = evaluate(xml_document_root(document), expression, error);
  char *text;

  *ret_is_empty = FALSE;
  if (!object)
    return NULL;
  text = describe(object, ret_is_empty);
  xmlXPathFreeObject(object);
  return text;
}

GPtrArray *xml_find(xmlNode *root, const char *expression, GError **error)
{
  xmlXPathObject *object = evaluate(root, expression, error);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new();

  if (!object)
    return NULL;
  if (object->type != XPATH_NODESET) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
              "'%s' is an XPath expression that gives a value, and no place in the document", expression);
    xmlXPathFreeObject(object);
    return NULL;
  }
  if (object->nodesetval)
    xmlXPathNodeSetSort(object->nodesetval);
  for (int i = 0; object->nodesetval && i < object->nodesetval->nodeNr; i++)
    g_ptr_array_add(nodes, object->nodesetval->nodeTab[i]);
  xmlXPathFreeObject(object);
  return g_steal_pointer(&nodes);
}
