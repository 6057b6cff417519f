/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/secrets.h"

#include <string.h>

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(secret_type_table, SECRET_TYPE_LAST, [SECRET_TYPE_PASSPHRASE] = "passphrase",
           [SECRET_TYPE_CEPH] = "ceph", [SECRET_TYPE_ISCSI] = "iscsi");

/* ---- --secret ---- */

static const char fd_prefix[] = "fd:";

static DomainSecret *refuse(const char *text, GError **error)
{
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--secret: '%s' is not understood", text);
  error_add_hint(error, "expected NAME=FILE or NAME=fd:NUMBER; NAME is the uuid or usage of the document's "
                        "<secret>");
  return NULL;
}

DomainSecret *domain_secret_new(const char *text, GError **error)
{
  const char *equals = strchr(text, '='); /* neither a uuid nor most uses have one, and a path may */
  DomainSecret *secret;
  guint64 number = 0;
  gboolean is_fd;

  if (!equals || equals == text || !equals[1])
    return refuse(text, error);
  is_fd = g_str_has_prefix(equals + 1, fd_prefix);
  if (is_fd && !g_ascii_string_to_unsigned(equals + 1 + strlen(fd_prefix), 10, 0, G_MAXINT16, &number, NULL))
    return refuse(text, error);
  secret = g_new0(DomainSecret, 1);
  secret->name = g_strndup(text, (gsize)(equals - text));
  secret->fd = is_fd ? (int)number : -1;
  if (!is_fd)
    secret->path = g_canonicalize_filename(equals + 1, /* relative_to= */ NULL);
  return secret;
}

void domain_secret_free(DomainSecret *secret)
{
  if (!secret)
    return;
  g_free(secret->name);
  g_free(secret->path);
  g_free(secret->text);
  g_free(secret);
}

/* ---- <secret> ---- */

gboolean secret_parse(xmlNode *node, SecretType type, Secret *ret_secret, GError **error)
{
  ret_secret->place = xml_place(node);
  if (!xml_attribute_enum_required(node, "type", &secret_type_table, XML_ENUM(&ret_secret->type), error))
    return FALSE;
  if (ret_secret->type != type)
    return xml_error(error, node, "type", "'%s' is not what is wanted here (allowed: %s)",
                     enum_to_string(&secret_type_table, (int)ret_secret->type),
                     enum_to_string(&secret_type_table, (int)type));
  ret_secret->uuid = xml_attribute(node, "uuid");
  ret_secret->usage = xml_attribute(node, "usage");
  if (!ret_secret->uuid == !ret_secret->usage)
    return xml_error(error, node, NULL, "either 'uuid' or 'usage' says which one");
  if (ret_secret->uuid && !g_uuid_string_is_valid(ret_secret->uuid))
    return xml_error(error, node, "uuid", "'%s' is not a uuid", ret_secret->uuid);
  if (ret_secret->usage && !*ret_secret->usage)
    return xml_error(error, node, "usage", "is empty");
  return TRUE;
}

static DomainSecret *find_option(const Domain *domain, const char *name)
{
  const GPtrArray *secrets = domain->options->secrets;

  for (guint i = 0; secrets && i < secrets->len; i++) {
    DomainSecret *secret = g_ptr_array_index(secrets, i);

    if (g_ascii_strcasecmp(secret->name, name) == 0)
      return secret;
  }
  return NULL;
}

static const char *keep(const Domain *domain, const char *text)
{
  return text ? xml_document_keep(domain->document, text) : NULL;
}

/* Whoever runs the command for the shell hands the descriptor on. */
static void take_option(const Domain *domain, const DomainSecret *option, PlanSecret *found)
{
  g_autofree char *path =
      option->fd >= 0 ? g_strdup_printf("/dev/fd/%d", option->fd) : g_strdup(option->path);

  found->path = keep(domain, path);
  found->text = keep(domain, option->text);
}

/* libvirt's words for what a secret of each type is used for. */
static const char *const kinds[SECRET_TYPE_LAST] = {
  [SECRET_TYPE_PASSPHRASE] = "volume",
  [SECRET_TYPE_CEPH] = "ceph",
  [SECRET_TYPE_ISCSI] = "iscsi",
};

void secret_complete(const Domain *domain, Secret *secret)
{
  const DomainOptions *options = domain->options;
  PlanSecret *found = &secret->found;
  DomainSecret *option;
  g_autofree char *path = NULL;

  found->name = secret->uuid ? secret->uuid : secret->usage;
  option = find_option(domain, found->name);
  if (option) {
    option->is_used = TRUE;
    take_option(domain, option, found);
    return;
  }
  if (options->find_secret)
    path = options->find_secret(secret->uuid, secret->usage, kinds[secret->type]);
  found->path = keep(domain, path);
  found->is_base64 = TRUE;
}

gboolean secrets_check_used(const Domain *domain, GError **error)
{
  const GPtrArray *secrets = domain->options->secrets;

  for (guint i = 0; secrets && i < secrets->len; i++) {
    const DomainSecret *secret = g_ptr_array_index(secrets, i);

    if (!secret->is_used)
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--secret: the document has no secret '%s'",
                       secret->name);
  }
  return TRUE;
}
