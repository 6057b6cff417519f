/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing into a document: for the live XML (machine/live.h), and for changes of one run (change/change.h).
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

#include "xml/document.h"

/* The first child element @name; where there is none, one is added at the end, indented like its siblings. */
xmlNode *xml_set_child(xmlNode *node, const char *name);

/* The same, added after the child element @sibling. */
xmlNode *xml_set_child_after(xmlNode *node, const char *name, const char *sibling);

/* Adds a child element, indented in the same way. */
xmlNode *xml_add_child(xmlNode *node, const char *name);

/* Adds copies of the child elements @name of another element. */
void xml_copy_children(xmlNode *node, const xmlNode *from, const char *name);

void xml_remove_attribute(xmlNode *node, const char *name);

/* Removes an element, with the white space before it. */
void xml_remove(xmlNode *node);

/* Removes the child elements @name, with the white space before them. */
void xml_remove_child(xmlNode *node, const char *name);

/* Replaces the text of an element, or the value of an attribute (which is added where it is not there). */
void xml_set_text(xmlNode *node, const char *text);
void xml_set_text_format(xmlNode *node, const char *format, ...) G_GNUC_PRINTF(2, 3);
void xml_set_attribute(xmlNode *node, const char *name, const char *value);
void xml_set_attribute_format(xmlNode *node, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same for an attribute that was found, which may be of a namespace. */
void xml_set_attribute_node(xmlNode *attribute, const char *value);

/* Adds an attribute that is not there, empty. */
xmlNode *xml_add_attribute(xmlNode *node, const char *name);

/* Findings about @node and what is in it name the option that made it, "--disk=a.img", and no line. The
 * strings are copied. */
void xml_set_origin(xmlNode *node, const char *option, const char *value);

/* The document as UTF-8 text. The caller frees it. */
char *xml_document_text(const XmlDocument *document);
