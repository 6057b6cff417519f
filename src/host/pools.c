/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/pools.h"

#include <string.h>
#include <unistd.h>

#include "host/requirement.h"
#include "xml/element.h"

/* Of pools that run, and of those that are defined. */
static const char *const system_directories[] = { "/run/libvirt/storage", "/etc/libvirt/storage" };

/* Their volumes are what lies in the target's path, under the same names. */
static const char *const types[] = { "dir", "fs", "netfs", "logical" };

static gboolean has_files(xmlNode *pool)
{
  const char *type = xml_attribute(pool, "type");

  for (gsize i = 0; type && i < G_N_ELEMENTS(types); i++) {
    if (g_str_equal(type, types[i]))
      return TRUE;
  }
  return FALSE;
}

/* A running pool's document may have <pool> inside of another element. */
const char *pools_directory_of(const XmlDocument *definition)
{
  xmlNode *root = xml_document_root(definition), *pool, *target;
  const char *found = NULL;

  pool = xml_next_child(root, "pool", /* after= */ NULL);
  if (!pool)
    pool = root;
  target = has_files(pool) ? xml_next_child(pool, "target", /* after= */ NULL) : NULL;
  if (!target || !xml_child_text(target, "path", &found, /* error= */ NULL) || !found)
    return NULL;
  return g_path_is_absolute(found) ? found : NULL;
}

static char *read_definition(const char *directory, const char *file)
{
  g_autofree char *path = g_build_filename(directory, file, NULL);
  g_autoptr(XmlDocument) document = NULL;

  if (access(path, R_OK) < 0)
    return NULL;
  document = xml_document_load(path, /* error= */ NULL);
  return document ? g_strdup(pools_directory_of(document)) : NULL;
}

char *pools_find_directory(const char *pool)
{
  g_autofree char *own = g_build_filename(g_get_user_config_dir(), "libvirt", "storage", NULL);
  g_autofree char *file = g_strconcat(pool, ".xml", NULL);
  char *directory;

  if (!*pool || strchr(pool, '/'))
    return NULL;
  directory = read_definition(own, file);
  for (gsize i = 0; i < G_N_ELEMENTS(system_directories) && !directory; i++)
    directory = read_definition(system_directories[i], file);
  return directory;
}

gboolean pools_refuse(const PlanRequirement *requirement, GError **error)
{
  requirement_refuse(requirement, error, "nobody knows the pool '%s': libvirt defines none of files here",
                     requirement->path);
  return error_add_hint(error, "say where its volumes are: --pool=%s=DIR", requirement->path);
}
