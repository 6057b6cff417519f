/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/pools.h"

#include <string.h>

#include "domain/domain.h"

DomainPool *domain_pool_new(const char *text, GError **error)
{
  const char *equals = strchr(text, '=');
  DomainPool *pool;

  if (!equals || equals == text || !equals[1]) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--pool: '%s' is not understood", text);
    error_add_hint(error, "expected NAME=DIR, as in --pool=default=/var/lib/libvirt/images");
    return NULL;
  }
  pool = g_new0(DomainPool, 1);
  pool->name = g_strndup(text, (gsize)(equals - text));
  pool->directory = g_canonicalize_filename(equals + 1, /* relative_to= */ NULL);
  return pool;
}

void domain_pool_free(DomainPool *pool)
{
  if (!pool)
    return;
  g_free(pool->name);
  g_free(pool->directory);
  g_free(pool);
}

static DomainPool *find_option(const Domain *domain, const char *name)
{
  const GPtrArray *pools = domain->options->pools;

  for (guint i = 0; pools && i < pools->len; i++) {
    DomainPool *pool = g_ptr_array_index(pools, i);

    if (g_str_equal(pool->name, name))
      return pool;
  }
  return NULL;
}

/* What is a device and what is a file is told by where it is: whose pool is of files in /dev? */
char *pools_find(const Domain *domain, const char *pool, const char *volume, gboolean *ret_is_block)
{
  DomainPool *option = find_option(domain, pool);
  g_autofree char *directory = NULL;

  if (option) {
    option->is_used = TRUE;
    directory = g_strdup(option->directory);
  } else if (domain->options->find_pool) {
    directory = domain->options->find_pool(pool);
  }
  if (!directory)
    return NULL;
  *ret_is_block = g_str_has_prefix(directory, "/dev/");
  return g_build_filename(directory, volume, NULL);
}

gboolean pools_check_used(const Domain *domain, GError **error)
{
  const GPtrArray *pools = domain->options->pools;

  for (guint i = 0; pools && i < pools->len; i++) {
    const DomainPool *pool = g_ptr_array_index(pools, i);

    if (!pool->is_used)
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--pool: the document has no pool '%s'",
                       pool->name);
  }
  return TRUE;
}
