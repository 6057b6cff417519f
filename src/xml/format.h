/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names of today's domain format, as far as libvirt documents it: which element may be in which, with
 * what attributes and values. They tell what domrun does not carry out yet from what is misspelt, and nothing
 * else asks for them: a document that is understood never does. The table is made by scripts/format-names.
 *
 * An element is known by its name and its parent's, "" for the root; one of a namespace of the format's has
 * the usual prefix, whatever prefix the document gives it ("qemu:commandline").
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

#include "base/nearest.h"

typedef struct XmlFormat XmlFormat;

XmlFormat *xml_format_new(void);
void xml_format_free(XmlFormat *format);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlFormat, xml_format_free)

/* "PARENT/ELEMENT" or "PARENT/ELEMENT@ATTRIBUTE", which is how the functions below want it; @attribute may be
 * NULL. The caller frees it. */
char *xml_format_path(const xmlNode *node, const char *attribute);

/* Whether the format has that element or attribute. */
gboolean xml_format_has(const XmlFormat *format, const char *path);

/* Whether @value is among the enumerated values of an attribute, or of an element's text. */
gboolean xml_format_has_value(const XmlFormat *format, const char *path, const char *value);

/* Considers all elements that may be in @parent, or all attributes of the element at @path. */
void xml_format_try_elements(const XmlFormat *format, const char *parent, Nearest *nearest);
void xml_format_try_attributes(const XmlFormat *format, const char *path, Nearest *nearest);

/* Where an element belongs that is not known where it stands: "<os>, <disk>"; NULL where the format has none
 * of that name. The caller frees it. */
char *xml_format_find_parents(const XmlFormat *format, const char *element);

/* Which element in the one at @path has that attribute: "<target>"; or NULL. The caller frees it. */
char *xml_format_find_bearer(const XmlFormat *format, const char *path, const char *attribute);
