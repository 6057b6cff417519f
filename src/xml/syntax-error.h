/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said of a text that is not XML. The parser goes on for a while after its first error, and what it
 * says then follows from it: the first is kept, and told at the place where it was made, which for a tag that
 * is never closed is not where the parser noticed. Private to xml/.
 */
#pragma once

#include <glib.h>
#include <libxml/parser.h>

/* libxml2 2.12 made it const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError XmlReportedError;
#else
typedef xmlError XmlReportedError;
#endif

/* The text, and the first error in it. Zero it but for the text, and clear it at the end. */
typedef struct {
  const char *bytes; /* borrowed */
  gsize length;
  int code; /* of xmlParserErrors; 0: none yet */
  int line;
  int opened_line; /* of the element that is open there */
  char *message;   /* libxml2's */
  char *opened,
      *closing; /* the names of the element that is open, and of the closing tag; NULL: of no matter */
  gboolean closes_parent; /* the closing tag is that of an element around the one that is open */
  gboolean is_second_domain;
} XmlSyntaxError;

void xml_syntax_error_clear(XmlSyntaxError *syntax);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(XmlSyntaxError, xml_syntax_error_clear)

/* Takes note of what the parser reports, if it is the first error that matters. */
void xml_syntax_error_note(XmlSyntaxError *syntax, xmlParserCtxt *context, XmlReportedError *reported);

/* Sets @error to what was noted, and returns FALSE. @name is the document's. */
gboolean xml_syntax_error_set(const XmlSyntaxError *syntax, const char *name, GError **error);
