/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/syntax-error.h"

#include <string.h>

#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "base/error.h"

void xml_syntax_error_clear(XmlSyntaxError *syntax)
{
  g_free(syntax->message);
  g_free(syntax->opened);
  g_free(syntax->closing);
}

/* ---- Taking note ---- */

/* The elements that are open are the last child of the last child of ... the root. Whether @closing is the
 * name of one of them, above the one that was opened as @opened on @line. */
static gboolean is_open_above(const xmlDoc *doc, const char *closing, const char *opened, int line)
{
  xmlNode *node = doc ? xmlDocGetRootElement(doc) : NULL;

  for (; node; node = xmlLastElementChild(node)) {
    const char *name = (const char *)node->name;

    if (g_str_equal(name, opened) && xmlGetLineNo(node) == line)
      return FALSE;
    if (g_str_equal(name, closing))
      return TRUE;
  }
  return FALSE;
}

static void note_tags(XmlSyntaxError *syntax, const xmlParserCtxt *context, const xmlError *reported)
{
  syntax->opened = g_strdup(reported->str1);
  syntax->opened_line = reported->int1;
  if (reported->code != XML_ERR_TAG_NAME_MISMATCH)
    return;
  syntax->closing = g_strdup(reported->str2);
  if (syntax->opened && syntax->closing)
    syntax->closes_parent =
        is_open_above(context->myDoc, syntax->closing, syntax->opened, syntax->opened_line);
}

/* How much of the text was read; negative where that is not known. libxml2 2.14 has a new function for it. */
static gint64 bytes_read(xmlParserCtxt *context)
{
#if LIBXML_VERSION >= 21400
  unsigned long position = 0;

  if (xmlCtxtGetInputPosition(context, 0, NULL, NULL, NULL, &position) != 0)
    return -1;
  return (gint64)position;
#else
  return xmlByteConsumed(context);
#endif
}

/* Whether the parser stands at the start tag of another domain, after the end of one. */
static gboolean is_at_domain(const XmlSyntaxError *syntax, xmlParserCtxt *context)
{
  static const char tag[] = "<domain";
  gint64 offset = bytes_read(context);
  gsize end = (gsize)MAX(offset, 0) + sizeof tag - 1;

  return offset >= 0 && end < syntax->length && memcmp(syntax->bytes + offset, tag, sizeof tag - 1) == 0 &&
         strchr(" \t\r\n/>", syntax->bytes[end]);
}

void xml_syntax_error_note(XmlSyntaxError *syntax, xmlParserCtxt *context, XmlReportedError *reported)
{
  if (reported->level != XML_ERR_FATAL || syntax->code != 0)
    return;
  syntax->code = reported->code;
  syntax->line = reported->line;
  syntax->message = g_strdup(reported->message);
  if (reported->code == XML_ERR_TAG_NAME_MISMATCH || reported->code == XML_ERR_TAG_NOT_FINISHED)
    note_tags(syntax, context, reported);
  if (reported->code == XML_ERR_DOCUMENT_END)
    syntax->is_second_domain = is_at_domain(syntax, context);
}

/* ---- Telling ---- */

static int line_of(const XmlSyntaxError *syntax, const char *where)
{
  int line = 1;

  for (const char *c = syntax->bytes; c < where; c++)
    line += *c == '\n';
  return line;
}

/* Where the comment begins that has no end, or where the parser noticed. */
static int find_comment(const XmlSyntaxError *syntax)
{
  const char *from = g_strrstr_len(syntax->bytes, (gssize)syntax->length, "-->");
  const char *comment;

  if (!from)
    from = syntax->bytes;
  comment = g_strstr_len(from, (gssize)syntax->length - (from - syntax->bytes), "<!--");
  return comment ? line_of(syntax, comment) : syntax->line;
}

/* libxml2 begins some messages with the name of a function of its own. */
static char *clean_message(const char *message)
{
  const char *colon = strchr(message, ':');
  char *text;

  if (colon && (g_str_has_prefix(message, "xmlParse") || g_str_has_prefix(message, "xmlSAX2")))
    message = colon + 1;
  text = g_strdelimit(g_strdup(message), "\n", ' ');
  return g_strstrip(text);
}

static const char *find_hint(int code)
{
  switch (code) {
  case XML_ERR_NAME_REQUIRED:
    return "write < as &lt; where it begins no element";
  case XML_ERR_ENTITYREF_SEMICOL_MISSING:
    return "write & as &amp;";
  case XML_ERR_UNDECLARED_ENTITY:
    return "there are only &amp; &lt; &gt; &quot; and &apos;; & itself is written &amp;";
  case XML_ERR_LT_IN_ATTRIBUTE:
    return "a quote before it is not closed, or < is to be written &lt;";
  case XML_ERR_ATTRIBUTE_NOT_STARTED:
    return "the value of an attribute stands in quotes";
  default:
    return NULL;
  }
}

static gboolean set_tag_error(const XmlSyntaxError *syntax, Place place, GError **error)
{
  if (syntax->closing && !syntax->closes_parent)
    return error_set_document(error, &place, NULL,
                              "not well-formed XML: </%s> closes nothing: <%s> is open, since line %d",
                              syntax->closing, syntax->opened, syntax->opened_line);
  place.line = syntax->opened_line;
  error_set_document(error, &place, NULL, "not well-formed XML: <%s> is never closed", syntax->opened);
  if (syntax->closing)
    return error_add_hint(error, "on line %d there is </%s>, where </%s> should have come before",
                          syntax->line, syntax->closing, syntax->opened);
  return error_add_hint(error, "the document ends on line %d, and </%s> has not come", syntax->line,
                        syntax->opened);
}

/* Each version has its own words for it, and 2.9 the code of other characters. */
static gboolean is_of_encoding(const XmlSyntaxError *syntax)
{
  return syntax->code == XML_ERR_INVALID_ENCODING ||
         (syntax->code == XML_ERR_INVALID_CHAR && syntax->message && strstr(syntax->message, "UTF-8"));
}

static gboolean set_other_error(const XmlSyntaxError *syntax, const Place *place, GError **error)
{
  g_autofree char *message = clean_message(syntax->message ? syntax->message : "unknown cause");
  const char *hint = find_hint(syntax->code);

  if (syntax->code == XML_ERR_NAME_REQUIRED && syntax->message && strstr(syntax->message, "EntityRef")) {
    error_set_document(error, place, NULL, "not well-formed XML: & without a name after it");
    return error_add_hint(error, "write & as &amp;");
  }
  if (is_of_encoding(syntax)) {
    error_set_document(error, place, NULL, "not well-formed XML: bytes that are no text in UTF-8");
    return error_add_hint(error, "name another encoding in the first line, as in "
                                 "<?xml version='1.0' encoding='ISO-8859-1'?>");
  }
  error_set_document(error, place, NULL, "not well-formed XML: %s", message);
  return hint && error_add_hint(error, "%s", hint);
}

gboolean xml_syntax_error_set(const XmlSyntaxError *syntax, const char *name, GError **error)
{
  Place place = { name, NULL, syntax->line };

  if (syntax->opened && syntax->opened_line > 0)
    return set_tag_error(syntax, place, error);
  if (syntax->is_second_domain) {
    error_set_document(error, &place, NULL, "a second <domain> begins here; a file has one");
    return error_add_hint(error, "virt-install prints two where an installation has two phases: "
                                 "--print-xml 1 prints the first, --print-xml 2 the one that stays");
  }
  if (syntax->code == XML_ERR_COMMENT_NOT_FINISHED) {
    place.line = find_comment(syntax);
    return error_set_document(error, &place, NULL, "not well-formed XML: a comment is never closed");
  }
  return set_other_error(syntax, &place, error);
}
