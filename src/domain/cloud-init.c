/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cloud-init.h"

#include <string.h>

/* RFC 1123, section 2.1; the lengths are RFC 1035's. */
enum { HOSTNAME_MAX = 253, LABEL_MAX = 63 };

static gboolean is_label(const char *label)
{
  gsize length = strlen(label);

  for (const char *c = label; *c; c++) {
    if (!g_ascii_isalnum(*c) && *c != '-')
      return FALSE;
  }
  return length > 0 && length <= LABEL_MAX && label[0] != '-' && label[length - 1] != '-';
}

static gboolean check_hostname(const char *hostname, GError **error)
{
  g_auto(GStrv) labels = g_strsplit(hostname, ".", -1);
  gboolean is_good = *hostname && strlen(hostname) <= HOSTNAME_MAX;

  for (char **label = labels; *label; label++)
    is_good = is_good && is_label(*label);
  if (is_good)
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--hostname: '%s' is no name of a host", hostname);
  return error_add_hint(error, "it has letters, digits and hyphens, with dots between its parts");
}

static gboolean check_given(const char *option, const char *value, GError **error)
{
  return *value || error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s: the name is empty", option);
}

static char *make_absolute(const char *path)
{
  return path ? g_canonicalize_filename(path, /* relative_to= */ NULL) : NULL;
}

static gboolean check(const char *directory, const char *hostname, char *const *keys, GError **error)
{
  if ((directory && !check_given("--cloud-init", directory, error)) ||
      (hostname && !check_hostname(hostname, error)))
    return FALSE;
  for (; keys && *keys; keys++) {
    if (!check_given("--ssh-key", *keys, error))
      return FALSE;
  }
  return TRUE;
}

DomainCloudInit *domain_cloud_init_new(const char *directory, const char *hostname, char *const *keys,
                                       GError **error)
{
  GPtrArray *paths;
  DomainCloudInit *cloud_init;

  if (!check(directory, hostname, keys, error))
    return NULL;
  paths = g_ptr_array_new();
  cloud_init = g_new0(DomainCloudInit, 1);
  cloud_init->directory = make_absolute(directory);
  cloud_init->hostname = g_strdup(hostname);
  for (; keys && *keys; keys++)
    g_ptr_array_add(paths, make_absolute(*keys));
  g_ptr_array_add(paths, NULL);
  cloud_init->keys = (char **)g_ptr_array_free(paths, /* free_segment= */ FALSE);
  cloud_init->plan = (PlanCloudInit){ .directory = cloud_init->directory,
                                      .hostname = cloud_init->hostname,
                                      .keys = cloud_init->keys };
  return cloud_init;
}

void domain_cloud_init_free(DomainCloudInit *cloud_init)
{
  if (!cloud_init)
    return;
  g_free(cloud_init->directory);
  g_free(cloud_init->hostname);
  g_strfreev(cloud_init->keys);
  g_free(cloud_init);
}
