/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/requirement.h"
#include "host/sysfs.h"

char *vfio_find_group(const char *root, const char *directory)
{
  g_autofree char *group = sysfs_link(root, "%s/iommu_group", directory);

  return group ? g_build_filename("/dev/vfio", group, NULL) : NULL;
}

gboolean vfio_check_group(const char *root, const PlanRequirement *requirement, const char *directory,
                          const char *what, GError **error)
{
  g_autofree char *node = vfio_find_group(root, directory), *path = NULL;

  if (!node) {
    requirement_refuse(requirement, error, "the %s %s is behind no IOMMU", what, requirement->path);
    return error_add_hint(error, "switch the IOMMU on, in the firmware and on the kernel's command line "
                                 "(intel_iommu=on)");
  }
  path = g_strconcat(root, node, NULL);
  if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
    return TRUE;
  requirement_refuse(requirement, error, "cannot open %s, the group of the %s %s: %s", node, what,
                     requirement->path, g_strerror(errno));
  if (errno == ENOENT)
    return error_add_hint(error, "it is there when vfio-pci has the device: modprobe vfio-pci");
  return error_add_hint(error, "run as root, or let this user open it: chown USER %s", node);
}

/* What the kernel does not count for. */
static gboolean may_lock_all(void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
    return FALSE;
  line = g_strstr_len(status, -1, "\nCapEff:");
  return line && (g_ascii_strtoull(line + sizeof "\nCapEff:" - 1, NULL, 16) >> 14 & 1); /* CAP_IPC_LOCK */
}

gboolean vfio_check_locked(const PlanRequirement *requirement, GError **error)
{
  struct rlimit limit;

  if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur / 1024 >= requirement->kib || may_lock_all())
    return TRUE;
  requirement_refuse(requirement, error,
                     "VFIO locks the guest's memory, %" G_GUINT64_FORMAT
                     " KiB with what its devices need, and this "
                     "user may lock %" G_GUINT64_FORMAT " KiB",
                     requirement->kib, (guint64)limit.rlim_cur / 1024);
  return error_add_hint(error,
                        "raise the limit: ulimit -l %" G_GUINT64_FORMAT ", 'memlock' in "
                        "/etc/security/limits.conf, or LimitMEMLOCK= of a service",
                        requirement->kib);
}
