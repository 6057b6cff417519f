/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An XML document, read from untrusted bytes. Nothing but the file itself is ever opened: a document type
 * declaration, and with it every entity but XML's own five, is refused before anything of it is looked at.
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

#include "base/error.h"
#include "xml/format.h"

typedef struct XmlDocument XmlDocument;

/* Larger files are refused: the largest domain that libvirt accepts over its RPC is 16 MiB with all its
 * metadata (VIR_NET_MESSAGE_STRING_MAX, 4 MiB in practice). */
enum { XML_DOCUMENT_MAX_BYTES = 16 * 1024 * 1024 };

/* Reads @path, or standard input where it is "-". */
XmlDocument *xml_document_load(const char *path, GError **error);

/* The same for bytes in memory; @name stands in messages, @directory is what relative paths are relative to.
 */
XmlDocument *xml_document_load_bytes(const char *bytes, gsize length, const char *name, const char *directory,
                                     GError **error);

void xml_document_free(XmlDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlDocument, xml_document_free)

xmlNode *xml_document_root(const XmlDocument *document);

/* What messages call the document: the path as it was given, or "<stdin>". */
const char *xml_document_name(const XmlDocument *document);

/* The absolute directory that relative paths in the document are relative to. */
const char *xml_document_directory(const XmlDocument *document);

/* The document that @node belongs to. */
XmlDocument *xml_document_of(const xmlNode *node);

/* Keeps a copy of @string for as long as the document lives; equal strings are kept once. */
const char *xml_document_keep(XmlDocument *document, const char *string);
const char *xml_document_keep_format(XmlDocument *document, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The names of the format, made where nobody has asked before. They live as long as the document. */
const XmlFormat *xml_document_format(XmlDocument *document);
