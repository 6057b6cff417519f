/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/bytes.h"

#include <string.h>

#include "base/error.h"

/* ---- Encodings ---- */

/* In these, and in no other that libxml2 could find, < is the byte < and nothing else is: UTF-7 and EBCDIC
 * would hide from what is counted below. */
static gboolean is_ascii_based(const char *encoding)
{
  static const char *const prefixes[] = { "UTF-8", "UTF8", "US-ASCII", "ASCII", "ISO-8859-", "WINDOWS-125" };

  for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
    if (g_ascii_strncasecmp(encoding, prefixes[i], strlen(prefixes[i])) == 0)
      return TRUE;
  }
  return FALSE;
}

/* The value of encoding='...' in the declaration at the beginning, or NULL. The caller frees it. */
static char *find_encoding(const char *bytes, gsize length)
{
  static const char begin[] = "<?xml", byte_order[] = "\xef\xbb\xbf", ebcdic[] = "\x4c\x6f\xa7\x94";
  const char *at = bytes, *end, *quote;

  if (length >= 4 && memcmp(at, ebcdic, 4) == 0) /* "<?xml" in it */
    return g_strdup("EBCDIC");
  if (length >= 3 && memcmp(at, byte_order, 3) == 0)
    at += 3;
  length -= (gsize)(at - bytes);
  end = g_strstr_len(at, (gssize)length, "?>");
  if (!end || !g_str_has_prefix(at, begin))
    return NULL;
  at = g_strstr_len(at, end - at, "encoding");
  if (!at)
    return NULL;
  while (at < end && *at != '\'' && *at != '"')
    at++;
  quote = at < end ? memchr(at + 1, *at, (gsize)(end - at - 1)) : NULL;
  return quote ? g_strndup(at + 1, MIN((gsize)(quote - at - 1), 40)) : NULL;
}

static gboolean check_encoding(const char *bytes, gsize length, const char *name, GError **error)
{
  Place place = { name, NULL, 1 };
  g_autofree char *encoding = find_encoding(bytes, length);

  if (!encoding || is_ascii_based(encoding))
    return TRUE;
  error_set_document(error, &place, NULL, "the encoding '%s' is not among those that domrun reads", encoding);
  return error_add_hint(error, "it reads UTF-8, UTF-16, ASCII, ISO-8859-1 to -16 and Windows-1250 to -1258; "
                               "iconv(1) converts between them");
}

/* The first character of a document is < or the mark of the byte order. */
static const char *find_utf16(const char *bytes, gsize length)
{
  if (length < 2)
    return NULL;
  if ((guchar)bytes[0] == 0xfe || bytes[0] == '\0')
    return "UTF-16BE";
  if ((guchar)bytes[0] == 0xff || bytes[1] == '\0')
    return "UTF-16LE";
  return NULL;
}

static char *to_utf8(const char *bytes, gsize length, const char *encoding, const char *name,
                     gsize *ret_length, GError **error)
{
  Place place = { name, NULL, 0 };
  static const char byte_order[] = "\xef\xbb\xbf";

  char *text = g_convert(bytes, (gssize)length, "UTF-8", encoding, NULL, ret_length, NULL);

  if (!text)
    error_set_document(error, &place, NULL, "not well-formed XML: not proper UTF-16");
  else if (g_str_has_prefix(text, byte_order))
    memmove(text, text + strlen(byte_order), (*ret_length -= strlen(byte_order)) + 1);
  return text;
}

/* ---- Size ---- */

static gboolean check_nul(const char *bytes, gsize length, const char *name, GError **error)
{
  Place place = { name, NULL, 1 };
  const char *nul = memchr(bytes, '\0', length);

  if (!nul)
    return TRUE;
  for (const char *c = bytes; c < nul; c++)
    place.line += *c == '\n';
  return error_set_document(error, &place, NULL, "a NUL byte: this is not an XML file");
}

typedef struct {
  guint items;      /* elements and attributes so far */
  guint attributes; /* of the tag that is open */
  gboolean is_tag;
  gboolean is_equals; /* the last byte but for white space is =, after which a value may begin */
  char quote;         /* the one that ends the value that is open, or NUL */
} Count;

/* A start tag is < and all until >, but for the values in it, which have no <. In text and in comments there
 * may be what looks like tags; it is counted, and cannot hide the next tag, since each < begins anew. */
static void count_byte(Count *count, char c, char next)
{
  if (c == '<') {
    gboolean is_element = next != '/' && next != '!' && next != '?';

    *count = (Count){ .items = count->items + is_element, .is_tag = is_element };
    return;
  }
  if (count->quote) {
    if (c == count->quote)
      count->quote = '\0';
    return;
  }
  if (!count->is_tag)
    return;
  if (count->is_equals && (c == '\'' || c == '"')) {
    count->quote = c;
    count->attributes++;
    count->items++;
  }
  count->is_tag = c != '>';
  count->is_equals = c == '=' || (count->is_equals && g_ascii_isspace(c));
}

static gboolean check_size(const char *bytes, gsize length, const char *name, GError **error)
{
  Place place = { name, NULL, 1 };
  Count count = { 0 };

  for (gsize i = 0; i < length; i++) {
    place.line += bytes[i] == '\n';
    count_byte(&count, bytes[i], i + 1 < length ? bytes[i + 1] : '\0');
    if (count.attributes > XML_ELEMENT_MAX_ATTRIBUTES)
      return error_set_document(error, &place, NULL, "an element with more than %d attributes",
                                XML_ELEMENT_MAX_ATTRIBUTES);
    if (count.items > XML_DOCUMENT_MAX_ITEMS)
      return error_set_document(error, &place, NULL, "more than %d elements and attributes",
                                XML_DOCUMENT_MAX_ITEMS);
  }
  return TRUE;
}

gboolean xml_bytes_check(const char *bytes, gsize length, const char *name, char **ret_text,
                         gsize *ret_length, GError **error)
{
  Place place = { name, NULL, 0 };
  const char *utf16 = find_utf16(bytes, length);
  g_autofree char *text = NULL;

  if (length == 0)
    return error_set_document(error, &place, NULL, "the file is empty; expected a <domain> document");
  if (utf16) {
    text = to_utf8(bytes, length, utf16, name, &length, error);
    if (!text)
      return FALSE;
    bytes = text;
  } else if (!check_encoding(bytes, length, name, error)) {
    return FALSE;
  }
  if (!check_nul(bytes, length, name, error) || !check_size(bytes, length, name, error))
    return FALSE;
  *ret_text = g_steal_pointer(&text);
  *ret_length = length;
  return TRUE;
}
