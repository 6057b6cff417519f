/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/metadata.h"

#include <string.h>

#include "xml/element.h"

/* What can be a file name, and be printed. */
static gboolean check_name(xmlNode *node, const char *name, GError **error)
{
  if (!*name)
    return xml_error(error, node, NULL, "is empty; expected a name");
  if (strlen(name) > 255)
    return xml_error(error, node, NULL, "has %zu bytes; allowed are at most 255", strlen(name));
  if (g_str_equal(name, ".") || g_str_equal(name, ".."))
    return xml_error(error, node, NULL, "'%s' cannot be a name", name);
  if (name[0] == '-')
    return xml_error(error, node, NULL, "'%s' begins with a dash: every command would take it for an option",
                     name);
  if (strchr(name, '/'))
    return xml_error(error, node, NULL, "'%s' has a slash, which a name may not have", name);
  for (const char *c = name; *c; c = g_utf8_next_char(c)) {
    if (g_unichar_iscntrl(g_utf8_get_char(c)))
      return xml_error(error, node, NULL, "'%s' has a control character, which a name may not have", name);
  }
  return TRUE;
}

static gboolean read_name(xmlNode *domain, const char **ret_name, GError **error)
{
  xmlNode *node;
  const char *name;

  if (!xml_child_required(domain, "name", &node, error))
    return FALSE;
  if (!xml_text(node, &name, error) || !check_name(node, name, error))
    return FALSE;
  *ret_name = name;
  return TRUE;
}

/* Takes 32 hexadecimal digits with dashes anywhere between them, as libvirt does, and returns the usual form.
 */
static char *canonical_uuid(const char *text)
{
  char digits[33];
  gsize count = 0;

  for (const char *c = text; *c; c++) {
    if (*c == '-' && count > 0)
      continue;
    if (!g_ascii_isxdigit(*c) || count == 32)
      return NULL;
    digits[count++] = g_ascii_tolower(*c);
  }
  if (count != 32)
    return NULL;
  return g_strdup_printf("%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12, digits + 16,
                         digits + 20);
}

gboolean metadata_read_uuid(xmlNode *node, const char **ret_uuid, GError **error)
{
  const char *text;
  g_autofree char *uuid = NULL;

  *ret_uuid = NULL;
  if (!xml_text(node, &text, error))
    return FALSE;
  if (!*text) /* as tools write it that leave it to libvirt */
    return TRUE;
  uuid = canonical_uuid(text);
  if (!uuid) {
    xml_error(error, node, NULL, "'%s' is not a UUID", text);
    return error_add_hint(error,
                          "expected 32 hexadecimal digits, as in 3e3fce45-4f53-4fa7-bb32-11f34168b82b; "
                          "without <%s> one is generated",
                          (const char *)node->name);
  }
  *ret_uuid = xml_document_keep(xml_document_of(node), uuid);
  return TRUE;
}

static gboolean read_uuid(xmlNode *domain, const char *name, const char **ret_uuid, GError **error)
{
  xmlNode *node = NULL;

  return xml_child(domain, name, &node, error) && (!node || metadata_read_uuid(node, ret_uuid, error));
}

static gboolean read_genid(xmlNode *domain, Metadata *metadata, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(domain, "genid", &node, error))
    return FALSE;
  metadata->has_genid = node != NULL;
  return !node || metadata_read_uuid(node, &metadata->genid, error);
}

static gboolean ignore_texts(xmlNode *domain, const char **ret_title, GError **error)
{
  const char *description;
  xmlNode *metadata = NULL;

  if (!xml_child_text(domain, "title", ret_title, error) ||
      !xml_child_text(domain, "description", &description, error))
    return FALSE;
  if (*ret_title && strchr(*ret_title, '\n'))
    return xml_error(error, xml_next_child(domain, "title", NULL), NULL, "a title has one line only");
  if (!xml_child(domain, "metadata", &metadata, error))
    return FALSE;
  if (metadata)
    xml_ignore(metadata);
  return TRUE;
}

gboolean metadata_parse(xmlNode *domain, Metadata *ret_metadata, GError **error)
{
  return read_name(domain, &ret_metadata->name, error) &&
         read_uuid(domain, "uuid", &ret_metadata->uuid, error) &&
         read_uuid(domain, "hwuuid", &ret_metadata->hw_uuid, error) &&
         read_genid(domain, ret_metadata, error) && ignore_texts(domain, &ret_metadata->title, error);
}

static const char *keep_generated(const Generator *generator, const char *purpose, XmlDocument *document)
{
  g_autofree char *uuid = generator_uuid(generator, purpose);

  return xml_document_keep(document, uuid);
}

void metadata_complete(Metadata *metadata, const Generator *generator, XmlDocument *document)
{
  if (!metadata->uuid)
    metadata->uuid = keep_generated(generator, "uuid", document);
  if (metadata->has_genid && !metadata->genid)
    metadata->genid = keep_generated(generator, "genid", document);
}
