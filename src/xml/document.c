/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a document is read: the whole file into memory, with a limit; a look at its bytes (xml/bytes.h);
 * then libxml2 with no network, no entity substitution, no DTD, and a hook that stops it at
 * the first sign of a document type declaration. That hook runs when the parser has seen `<!DOCTYPE name`,
 * before the internal subset: an entity bomb is never read.
 */
#include "config.h"

#include "xml/document.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/fd.h"
#include "xml/bytes.h"
#include "xml/marks.h"
#include "xml/syntax-error.h"

struct XmlDocument {
  xmlDoc *doc;
  char *name;
  char *directory;
  GStringChunk *strings;
  GPtrArray *marks;  /* of XmlMarks, see marks.h */
  XmlFormat *format; /* NULL until somebody asks */
};

typedef struct {
  int doctype_line; /* 0: there was none */
  XmlSyntaxError error;
} ParseState;

static void stop_at_doctype(void *data, const xmlChar *name, const xmlChar *external_id,
                            const xmlChar *system_id)
{
  xmlParserCtxt *context = data;
  ParseState *state = context->_private;

  if (state->doctype_line == 0)
    state->doctype_line = xmlSAX2GetLineNumber(context);
  xmlStopParser(context);
}

static void note_error(void *data, XmlReportedError *reported)
{
  xmlParserCtxt *context = data;
  ParseState *state = context->_private;

  xml_syntax_error_note(&state->error, context, reported);
}

static gboolean set_parse_error(const ParseState *state, const char *name, GError **error)
{
  Place place = { name, NULL, state->doctype_line };

  if (state->doctype_line == 0)
    return xml_syntax_error_set(&state->error, name, error);
  error_set_document(error, &place, NULL, "a document type declaration (<!DOCTYPE>) is not allowed");
  return error_add_hint(error, "a domain needs none: remove it, and write out what its entities stand for");
}

/* What libxml2 would print by itself, which only it decides: broken encodings. */
static void print_nothing(void *data, const char *format, ...)
{
}

/* The declaration of what @is_converted to UTF-8 tells the encoding that it had. */
static xmlDoc *parse_bytes(const char *bytes, gsize length, gboolean is_converted, const char *name,
                           GError **error)
{
  ParseState state = { .error = { .bytes = bytes, .length = length } };
  xmlParserCtxt *context = xmlNewParserCtxt();
  xmlDoc *doc;

  xmlSetGenericErrorFunc(NULL, print_nothing);
  context->_private = &state;
  context->sax->internalSubset = stop_at_doctype;
  context->sax->serror = note_error;
  doc = xmlCtxtReadMemory(context, bytes, (int)length, name, is_converted ? "UTF-8" : NULL,
                          XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA |
                              (is_converted ? XML_PARSE_IGNORE_ENC : 0));
  if (!doc || state.doctype_line > 0) {
    set_parse_error(&state, name, error);
    xmlFreeDoc(doc);
    doc = NULL;
  }
  xmlFreeParserCtxt(context);
  xml_syntax_error_clear(&state.error);
  return doc;
}

XmlDocument *xml_document_load_bytes(const char *bytes, gsize length, const char *name, const char *directory,
                                     GError **error)
{
  g_autofree char *text = NULL;
  XmlDocument *document;
  xmlDoc *doc;

  if (!xml_bytes_check(bytes, length, name, &text, &length, error))
    return NULL;
  doc = parse_bytes(text ? text : bytes, length, /* is_converted= */ text != NULL, name, error);
  if (!doc)
    return NULL;
  document = g_new0(XmlDocument, 1);
  document->doc = doc;
  document->name = g_strdup(name);
  document->directory = g_canonicalize_filename(directory, /* relative_to= */ NULL);
  document->strings = g_string_chunk_new(1024);
  document->marks = g_ptr_array_new_with_free_func(xml_marks_free);
  doc->_private = document;
  return document;
}

/* Opens without ever blocking on a FIFO that nobody writes, and without making a terminal ours. */
static int open_document(const char *path, GError **error)
{
  Place place = { path, NULL, 0 };
  autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat status;

  if (fd < 0 || fstat(fd, &status) < 0) {
    error_set_document(error, &place, NULL, "cannot open: %s", g_strerror(errno));
    return -1;
  }
  if (S_ISDIR(status.st_mode)) {
    error_set_document(error, &place, NULL, "is a directory; expected a file with a <domain> document");
    return -1;
  }
  if (S_ISREG(status.st_mode) && status.st_size > XML_DOCUMENT_MAX_BYTES) {
    error_set_document(error, &place, NULL, "the file has %" G_GINT64_FORMAT " bytes; allowed are at most %d",
                       (gint64)status.st_size, XML_DOCUMENT_MAX_BYTES);
    return -1;
  }
  if (fcntl(fd, F_SETFL, 0) < 0) { /* process substitution hands us a FIFO: read it to its end */
    error_set_document(error, &place, NULL, "cannot read: %s", g_strerror(errno));
    return -1;
  }
  return g_steal_fd(&fd);
}

static XmlDocument *load_fd(int fd, const char *name, const char *directory, GError **error)
{
  Place place = { name, NULL, 0 };
  gsize length;
  g_autofree char *bytes = fd_read_all(fd, XML_DOCUMENT_MAX_BYTES, &length);

  if (!bytes && errno == EFBIG)
    error_set_document(error, &place, NULL, "the input has more than %d bytes", XML_DOCUMENT_MAX_BYTES);
  else if (!bytes)
    error_set_document(error, &place, NULL, "cannot read: %s", g_strerror(errno));
  if (!bytes)
    return NULL;
  return xml_document_load_bytes(bytes, length, name, directory, error);
}

XmlDocument *xml_document_load(const char *path, GError **error)
{
  g_autofree char *directory = NULL;
  autofd int fd = -1;

  if (g_str_equal(path, "-"))
    return load_fd(STDIN_FILENO, "<stdin>", ".", error);
  fd = open_document(path, error);
  if (fd < 0)
    return NULL;
  directory = g_path_get_dirname(path);
  return load_fd(fd, path, directory, error);
}

void xml_document_free(XmlDocument *document)
{
  if (!document)
    return;
  xmlFreeDoc(document->doc);
  g_ptr_array_unref(document->marks);
  xml_format_free(document->format);
  g_string_chunk_free(document->strings);
  g_free(document->directory);
  g_free(document->name);
  g_free(document);
}

xmlNode *xml_document_root(const XmlDocument *document)
{
  return xmlDocGetRootElement(document->doc);
}

const char *xml_document_name(const XmlDocument *document)
{
  return document->name;
}

const char *xml_document_directory(const XmlDocument *document)
{
  return document->directory;
}

XmlDocument *xml_document_of(const xmlNode *node)
{
  return node->doc->_private;
}

const char *xml_document_keep(XmlDocument *document, const char *string)
{
  return g_string_chunk_insert_const(document->strings, string);
}

const char *xml_document_keep_format(XmlDocument *document, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return xml_document_keep(document, text);
}

XmlMarks *xml_document_marks(xmlNode *node)
{
  if (!node->_private) {
    XmlMarks *marks = xml_marks_new();

    g_ptr_array_add(xml_document_of(node)->marks, marks);
    node->_private = marks;
  }
  return node->_private;
}

const XmlFormat *xml_document_format(XmlDocument *document)
{
  if (!document->format)
    document->format = xml_format_new();
  return document->format;
}
