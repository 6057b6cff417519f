/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Marks: what was read of an element, and what was asked for. Private to xml/.
 *
 * Every element that somebody looked at has one, in its `_private`; an attribute's `_private` is non-NULL
 * once it was read. The names that were asked for, present or not, are what "did you mean" chooses from.
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

/* Names, string literals. Most elements are asked for few, a few for dozens: a block has the first, and is
 * followed by another where there are more. */
typedef struct XmlNames XmlNames;

enum { XML_NAMES_BLOCK = 10 };

struct XmlNames {
  const char *names[XML_NAMES_BLOCK]; /* those that are there stand first; then NULL */
  XmlNames *next;
};

typedef struct {
  gboolean is_text_read; /* somebody read its text */
  gboolean is_read;      /* somebody asked for this element, as a child of its parent */
  gboolean is_ignored;   /* it and all below it are not ours to read */
  const char *origin;    /* the option that made the element: xml_set_origin(); or NULL */
  XmlNames attributes;   /* what was asked for */
  XmlNames children;
} XmlMarks;

XmlMarks *xml_marks_new(void);
void xml_marks_free(gpointer marks);

/* The marks of @node, made where there are none. They live as long as the document. */
XmlMarks *xml_document_marks(xmlNode *node);

/* Remembers in @names that @name was asked for. @name must live as long as the document (a literal). */
void xml_marks_ask(XmlNames *names, const char *name);
