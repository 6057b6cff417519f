/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/scsi.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host/requirement.h"
#include "host/sysfs.h"
#include "host/vfio.h"

static char *find_below(const char *root, const char *name)
{
  g_autoptr(GPtrArray) nodes = sysfs_list(root, "/sys/bus/scsi/devices/%s/scsi_generic", name);

  return nodes->len > 0 ? g_build_filename("/dev", g_ptr_array_index(nodes, 0), NULL) : NULL;
}

char *scsi_find(const char *name)
{
  return find_below("", name);
}

gboolean scsi_check_below(const char *root, const PlanRequirement *requirement, GError **error)
{
  const char *name = requirement->path;
  g_autofree char *node = find_below(root, name), *path = NULL;

  if (!sysfs_has(root, "/sys/bus/scsi/devices/%s", name)) {
    requirement_refuse(requirement, error, "the host has no SCSI device %s", name);
    return error_add_hint(error, "lsscsi lists them: [adapter:bus:target:unit]");
  }
  if (!node) {
    requirement_refuse(requirement, error, "the SCSI device %s has no generic node", name);
    return error_add_hint(error, "modprobe sg makes one");
  }
  path = g_strconcat(root, node, NULL);
  if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
    return TRUE;
  requirement_refuse(requirement, error, "cannot open %s, the SCSI device %s: %s", node, name,
                     g_strerror(errno));
  return error_add_hint(error, "run as root, or let this user open it");
}

gboolean scsi_check(const PlanRequirement *requirement, GError **error)
{
  return scsi_check_below("", requirement, error);
}

char *mdev_find_group(const char *root, const char *uuid)
{
  g_autofree char *directory = g_strconcat("/sys/bus/mdev/devices/", uuid, NULL);

  return vfio_find_group(root, directory);
}

gboolean mdev_check_below(const char *root, const PlanRequirement *requirement, GError **error)
{
  g_autofree char *directory = g_strconcat("/sys/bus/mdev/devices/", requirement->path, NULL);

  if (sysfs_has(root, "%s", directory))
    return vfio_check_group(root, requirement, directory, "mediated device", error);
  requirement_refuse(requirement, error, "the host has no mediated device %s", requirement->path);
  return error_add_hint(error, "mdevctl start -u %s --parent PARENT --type TYPE makes it", requirement->path);
}

gboolean mdev_check(const PlanRequirement *requirement, GError **error)
{
  return mdev_check_below("", requirement, error);
}
