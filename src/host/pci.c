/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: the kernel's Documentation/driver-api/vfio.rst: a device belongs to a group, /dev/vfio/N, and all of
 * the group goes to one program.
 */
#include "config.h"

#include "host/pci.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host/requirement.h"

/* The last word of a link of sysfs, which the caller frees; NULL where there is none. */
static char *read_link(const char *device, const char *name)
{
  g_autofree char *path = g_build_filename("/sys/bus/pci/devices", device, name, NULL);
  g_autofree char *target = g_file_read_link(path, /* error= */ NULL);

  return target ? g_path_get_basename(target) : NULL;
}

static gboolean check_driver(const PlanRequirement *requirement, GError **error)
{
  const char *device = requirement->path;
  g_autofree char *driver = read_link(device, "driver");

  if (g_strcmp0(driver, "vfio-pci") == 0)
    return TRUE;
  if (driver)
    requirement_refuse(requirement, error, "the host's own driver '%s' has the PCI device %s", driver,
                       device);
  else
    requirement_refuse(requirement, error, "no driver has the PCI device %s, and vfio-pci must", device);
  return error_add_hint(error, "driverctl set-override %s vfio-pci gives it away", device);
}

gboolean pci_check(const PlanRequirement *requirement, GError **error)
{
  const char *device = requirement->path;
  g_autofree char *path = g_build_filename("/sys/bus/pci/devices", device, NULL);
  g_autofree char *group = NULL, *node = NULL;

  if (access(path, F_OK) < 0)
    return requirement_refuse(requirement, error, "the host has no PCI device %s", device);
  if (!check_driver(requirement, error))
    return FALSE;
  group = read_link(device, "iommu_group");
  if (!group) {
    requirement_refuse(requirement, error, "the PCI device %s is behind no IOMMU", device);
    return error_add_hint(error, "switch the IOMMU on, in the firmware and on the kernel's command line");
  }
  node = g_build_filename("/dev/vfio", group, NULL);
  if (faccessat(AT_FDCWD, node, R_OK | W_OK, AT_EACCESS) == 0)
    return TRUE;
  requirement_refuse(requirement, error, "cannot open %s, the group of the PCI device %s: %s", node, device,
                     g_strerror(errno));
  return error_add_hint(error, "run as root, or let this user open it");
}
