/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading elements and attributes. Whatever is read is marked as read; xml/unread.h reports the rest.
 *
 * All names are literals. Strings returned belong to the document. The readers with a `ret_` parameter leave
 * it untouched where the element or attribute is absent, so that it can hold the default before, and return
 * FALSE only on an error.
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

#include "base/enum.h"
#include "base/error.h"
#include "xml/document.h"

/* Where @node stands, as messages have it: "<disk>/<target>", from the device or the child of <domain> on. */
Place xml_place(xmlNode *node);

gboolean xml_is_element(const xmlNode *node, const char *name);

/* Whether libvirt wrote the document of a guest that ran: what it found or made for that guest stands beside
 * what the user asked for. */
gboolean xml_is_of_running(xmlNode *node);

/* Elements that are asked for stand in no namespace; one of a namespace of the format's is asked for with the
 * usual prefix, "qemu:arg", whatever prefix the document gives it. */

/* The first child element @name, marked, or NULL. A second one is an error: one of the two would be lost. */
gboolean xml_child(xmlNode *node, const char *name, xmlNode **ret_child, GError **error);

/* As xml_child(); the child must be there. @purpose completes "it is needed for ...", or is NULL. */
gboolean xml_child_required(xmlNode *node, const char *name, xmlNode **ret_child, GError **error);

/* The next child element of @node named @name (or any, where it is NULL, unmarked) after @after, or the
 * first. */
xmlNode *xml_next_child(xmlNode *node, const char *name, xmlNode *after);
#define XML_FOREACH_CHILD(node, child, name)                                                                 \
  for (xmlNode * (child) = xml_next_child((node), (name), NULL); (child);                                    \
       (child) = xml_next_child((node), (name), (child)))

/* Marks @node alone as read. */
void xml_mark(xmlNode *node);

/* Marks @node and all below it as not ours to read: foreign namespaces, metadata. */
void xml_ignore(xmlNode *node);

/* The text of an element, without the white space around it; "" where it is empty. A child element is an
 * error. */
gboolean xml_text(xmlNode *node, const char **ret_text, GError **error);

/* As xml_text() with white space kept as it is. */
gboolean xml_text_verbatim(xmlNode *node, const char **ret_text, GError **error);

/* The text of child @name, trimmed; @ret_text is untouched where there is no such child. */
gboolean xml_child_text(xmlNode *node, const char *name, const char **ret_text, GError **error);

/* The attribute's value, marked, or NULL. */
const char *xml_attribute(xmlNode *node, const char *name);

/* The same; NULL where it is empty, too. */
const char *xml_attribute_non_empty(xmlNode *node, const char *name);

/* Whether the attribute is there. Does not mark it. */
gboolean xml_has_attribute(const xmlNode *node, const char *name);

/* As xml_attribute(); absent or empty is an error. */
gboolean xml_attribute_required(xmlNode *node, const char *name, const char **ret_value, GError **error);

/* A value of @table. */
gboolean xml_attribute_enum(xmlNode *node, const char *name, const EnumTable *table, int *ret_value,
                            GError **error);
gboolean xml_attribute_enum_required(xmlNode *node, const char *name, const EnumTable *table, int *ret_value,
                                     GError **error);
gboolean xml_text_enum(xmlNode *node, const EnumTable *table, int *ret_value, GError **error);

/* Casts for the two above where the variable is of an enum type; GCC and clang give such enums the size of an
 * int, which the static assertion in element.c watches. */
#define XML_ENUM(pointer) ((int *)(void *)(pointer))

/* A whole number, decimal or 0x-hexadecimal, from @min to @max. */
gboolean xml_attribute_uint(xmlNode *node, const char *name, guint64 min, guint64 max, guint64 *ret_value,
                            GError **error);
gboolean xml_attribute_uint32(xmlNode *node, const char *name, guint32 min, guint32 max, guint32 *ret_value,
                              GError **error);
gboolean xml_text_uint(xmlNode *node, guint64 min, guint64 max, guint64 *ret_value, GError **error);

/* yes or no; on or off. */
gboolean xml_attribute_yes_no(xmlNode *node, const char *name, gboolean *ret_value, GError **error);
gboolean xml_attribute_on_off(xmlNode *node, const char *name, gboolean *ret_value, GError **error);

/* A path, made absolute against the document's directory, in the document, too. Empty is an error, and so is
 * what QEMU would not take for a path (/dev/fdset/N, which names a descriptor that was handed to it). */
gboolean xml_attribute_path(xmlNode *node, const char *name, const char **ret_path, GError **error);
gboolean xml_text_path(xmlNode *node, const char **ret_path, GError **error);
gboolean xml_child_path(xmlNode *node, const char *name, const char **ret_path, GError **error);

/* Sets the error for a value that is none of @table's, with the known ones and the nearest. Returns FALSE. */
gboolean xml_error_unknown_value(GError **error, xmlNode *node, const char *attribute, const EnumTable *table,
                                 const char *value);

/* error_set_document() with the place of @node. */
#define xml_error(error, node, attribute, ...)                                                               \
  error_set_document((error),                                                                                \
                     &(Place){ xml_place(node).file, xml_place(node).element, xml_place(node).line },        \
                     (attribute), __VA_ARGS__)
