/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: the kernel's Documentation/ABI/testing/sysfs-bus-pci: what is written to driver_override is the one
 * driver that may have the device; a name in a driver's `unbind` takes the device from it, one in
 * drivers_probe has the kernel look for a driver. Documentation/driver-api/vfio.rst: all of a group has to be
 * given away, but for bridges and what no driver has.
 */
#include "config.h"

#include "host/pci.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "host/requirement.h"
#include "host/sysfs.h"
#include "host/vfio.h"
#include "process/program.h"

#define DEVICES "/sys/bus/pci/devices"

enum { MODPROBE_SECONDS = 60 };

static const char usual_driver[] = "vfio-pci";

/* Vendors have their own: mlx5_vfio_pci, nvgrace_gpu_vfio_pci. */
static gboolean is_vfio(const char *driver)
{
  return driver && strstr(driver, "vfio");
}

static char *driver_of(const char *root, const char *device)
{
  return sysfs_link(root, DEVICES "/%s/driver", device);
}

/* ---- Whether a guest can have it ---- */

static gboolean may_rebind(const char *root, const char *device)
{
  g_autofree char *path = g_strconcat(root, DEVICES "/", device, "/driver_override", NULL);

  return access(path, W_OK) == 0;
}

static gboolean has_driver(const char *root, const char *driver)
{
  return sysfs_has(root, "/sys/bus/pci/drivers/%s", driver);
}

/* The list of all modules of a kernel has 500 KB. */
enum { MODULES_MAX_BYTES = 16 * 1024 * 1024 };

/* A module "vfio-pci" is in ".../vfio-pci.ko.xz:"; in names both dashes are one. */
static gboolean has_module(const char *root, const char *name)
{
  struct utsname system;
  g_autofree char *path = NULL, *text = NULL, *dashes = g_strconcat("/", name, ".ko", NULL), *lines = NULL;
  autofd int fd = -1;
  gsize length;

  if (uname(&system) < 0)
    return FALSE;
  path = g_strconcat(root, "/lib/modules/", system.release, "/modules.dep", NULL);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  text = fd >= 0 ? fd_read_all(fd, MODULES_MAX_BYTES, &length) : NULL;
  lines = g_strdelimit(g_strdup(dashes), "-", '_');
  g_strdelimit(dashes, "_", '-');
  return text && (strstr(text, dashes) || strstr(text, lines));
}

static gboolean check_managed(const char *root, const PlanRequirement *requirement, GError **error)
{
  const char *device = requirement->path, *driver = requirement->driver ? requirement->driver : usual_driver;

  if (!may_rebind(root, device)) {
    requirement_refuse(requirement, error, "only root can take the PCI device %s from the host's driver",
                       device);
    return error_add_hint(error, "run as root, or have it done before: driverctl set-override %s %s", device,
                          driver);
  }
  if (has_driver(root, driver) || has_module(root, driver))
    return TRUE;
  requirement_refuse(requirement, error, "the kernel has no driver '%s' for the PCI device %s", driver,
                     device);
  return error_add_hint(error, "it is in the module of that name, which most kernels come with");
}

static gboolean check_driver(const char *root, const PlanRequirement *requirement, GError **error)
{
  const char *device = requirement->path;
  g_autofree char *driver = driver_of(root, device);

  if (is_vfio(driver))
    return TRUE;
  if (requirement->is_managed)
    return check_managed(root, requirement, error);
  if (driver)
    requirement_refuse(requirement, error, "the host's own driver '%s' has the PCI device %s", driver,
                       device);
  else
    requirement_refuse(requirement, error, "no driver has the PCI device %s, and vfio-pci must", device);
  return error_add_hint(error,
                        "managed='yes' has root's domrun do it; driverctl set-override %s vfio-pci gives it "
                        "away for good",
                        device);
}

char *pci_find_group(const char *root, const char *device)
{
  g_autofree char *directory = g_strconcat(DEVICES "/", device, NULL);

  return vfio_find_group(root, directory);
}

gboolean pci_check_below(const char *root, const PlanRequirement *requirement, GError **error)
{
  const char *device = requirement->path;
  g_autofree char *directory = g_strconcat(DEVICES "/", device, NULL);
  g_autofree char *group = NULL, *driver = NULL;

  if (!sysfs_has(root, "%s", directory)) {
    requirement_refuse(requirement, error, "the host has no PCI device %s", device);
    return error_add_hint(error, "lspci -D lists them");
  }
  if (!check_driver(root, requirement, error))
    return FALSE;
  group = sysfs_link(root, "%s/iommu_group", directory);
  driver = driver_of(root, device);
  if (group && !is_vfio(driver)) /* its node comes when it is given away, and this is root */
    return TRUE;
  return vfio_check_group(root, requirement, directory, "PCI device", error);
}

gboolean pci_check(const PlanRequirement *requirement, GError **error)
{
  return pci_check_below("", requirement, error);
}

/* ---- Its group ---- */

/* To another bus: what has no driver that could get in the way. */
static gboolean is_bridge(const char *root, const char *device)
{
  g_autofree char *class = sysfs_read(root, DEVICES "/%s/class", device);

  return class && (g_str_has_prefix(class, "0x0604") || g_str_has_prefix(class, "0x0607"));
}

/* "0000:01:00.1 (snd_hda_intel)", for each that is in the way; or NULL. */
static char *list_others(const char *root, const char *device, GHashTable *taken)
{
  g_autoptr(GPtrArray) names = sysfs_list(root, DEVICES "/%s/iommu_group/devices", device);
  g_autoptr(GString) others = g_string_new(NULL);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index(names, i);
    g_autofree char *driver = driver_of(root, name);

    if (driver && !is_vfio(driver) && !g_str_equal(driver, "pci-stub") && !is_bridge(root, name) &&
        !g_hash_table_contains(taken, name))
      g_string_append_printf(others, "%s%s (%s)", others->len ? ", " : "", name, driver);
  }
  return others->len ? g_string_free(g_steal_pointer(&others), FALSE) : NULL;
}

static void check_group(const char *root, const PlanRequirement *requirement, GHashTable *taken,
                        Report *report)
{
  g_autofree char *group = sysfs_link(root, DEVICES "/%s/iommu_group", requirement->path);
  g_autofree char *others = group ? list_others(root, requirement->path, taken) : NULL;
  GError *error = NULL;

  if (!others)
    return;
  requirement_refuse(
      requirement, &error,
      "the PCI device %s shares its IOMMU group, %s, with what the host's own drivers have: %s",
      requirement->path, group, others);
  error_add_hint(&error, "all of a group goes to one guest: a <hostdev managed='yes'> with <address "
                         "type='unassigned'/> takes one that the guest is not to see");
  report_error(report, error);
}

void pci_check_groups_below(const char *root, const Plan *plan, Report *report)
{
  g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);

  for (guint i = 0; i < plan->requirements->len; i++) {
    const PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);

    if (requirement->kind == PLAN_REQUIRE_PCI)
      g_hash_table_add(taken, (gpointer)requirement->path);
  }
  for (guint i = 0; i < plan->requirements->len; i++) {
    const PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);

    if (requirement->kind == PLAN_REQUIRE_PCI)
      check_group(root, requirement, taken, report);
  }
}

void pci_check_groups(const Plan *plan, Report *report)
{
  pci_check_groups_below("", plan, report);
}

/* ---- Taking it, and giving it back ---- */

/* The kernel's word for none. */
static char *read_override(const char *root, const char *device)
{
  char *text = sysfs_read(root, DEVICES "/%s/driver_override", device);

  if (text && !g_str_equal(text, "(null)"))
    return text;
  g_free(text);
  return g_strdup("");
}

gboolean pci_describe(const char *root, const char *device, PciEnd *ret_end)
{
  g_autofree char *driver = driver_of(root, device);

  if (is_vfio(driver))
    return FALSE;
  ret_end->device = g_strdup(device);
  ret_end->override = read_override(root, device);
  ret_end->driver = driver ? g_steal_pointer(&driver) : g_strdup("");
  return TRUE;
}

void pci_end_clear(PciEnd *end)
{
  g_clear_pointer(&end->device, g_free);
  g_clear_pointer(&end->driver, g_free);
  g_clear_pointer(&end->override, g_free);
}

static gboolean set_override(const char *root, const char *device, const char *driver)
{
  g_autofree char *line = g_strconcat(driver, "\n", NULL);

  return sysfs_write(root, line, DEVICES "/%s/driver_override", device);
}

static gboolean unbind(const char *root, const char *device)
{
  return !sysfs_has(root, DEVICES "/%s/driver", device) ||
         sysfs_write(root, device, DEVICES "/%s/driver/unbind", device);
}

static gboolean probe(const char *root, const char *device)
{
  return sysfs_write(root, device, "/sys/bus/pci/drivers_probe");
}

/* As root's own modprobe(8) does it. That the driver is there is asked afterwards. */
static void load_module(const char *name)
{
  g_autofree char *program = g_find_program_in_path("modprobe");
  char *const argv[] = { program ? program : (char *)"/sbin/modprobe", (char *)"--", (char *)name, NULL };
  const ProgramRequest request = { .argv = argv, .seconds = MODPROBE_SECONDS, .pass_fd = -1, .group = -1 };
  g_auto(ProgramEnd) end = { 0 };
  g_autoptr(GError) error = NULL;

  if (!program_run(&request, &end, &error))
    announce_log("cannot load the module %s: %s", name, error->message);
}

/* Nobody else can open a disk exclusively that is mounted, is swapped to, or has others built upon it. */
static gboolean is_disk_in_use(const char *root, const char *name)
{
  g_autofree char *path = g_strconcat(root, "/dev/", name, NULL);
  autofd int fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);

  return fd < 0 && errno == EBUSY;
}

/* Without its controller the host would lose it. */
static gboolean check_disks(const char *root, const char *device, const Place *place, GError **error)
{
  g_autoptr(GPtrArray) names = sysfs_list(root, "/sys/class/block");
  g_autofree char *component = g_strconcat("/", device, "/", NULL);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index(names, i);
    g_autofree char *link = g_strconcat(root, "/sys/class/block/", name, NULL);
    g_autofree char *target = g_file_read_link(link, /* error= */ NULL);

    if (!target || !strstr(target, component) || sysfs_has(root, "/sys/class/block/%s/partition", name) ||
        !is_disk_in_use(root, name))
      continue;
    error_set(error, DOMRUN_ERROR_HOST, place, NULL,
              "the PCI device %s is not taken from the host: its disk /dev/%s is in use", device, name);
    return error_add_hint(error, "unmount what is on it (lsblk /dev/%s shows that)", name);
  }
  return TRUE;
}

gboolean pci_take(const char *root, const PciEnd *end, const char *driver, const Place *place, GError **error)
{
  const char *wanted = driver ? driver : usual_driver;
  g_autofree char *has = NULL;
  const char *reason;

  if (!check_disks(root, end->device, place, error))
    return FALSE;
  if (!*root && !has_driver(root, wanted))
    load_module(wanted);
  if (set_override(root, end->device, wanted) && unbind(root, end->device) && probe(root, end->device)) {
    has = driver_of(root, end->device);
    if (g_strcmp0(has, wanted) == 0)
      return TRUE;
    reason = "it does not take it (dmesg may tell why)";
  } else {
    reason = g_strerror(errno);
  }
  error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot give the PCI device %s to %s: %s", end->device,
            wanted, reason);
  pci_give_back(root, end);
  return FALSE;
}

/* The kernel opens a group for one program at a time. */
static gboolean is_in_use(const char *root, const char *device)
{
  g_autofree char *group = sysfs_link(root, DEVICES "/%s/iommu_group", device);
  g_autofree char *path = group ? g_strconcat(root, "/dev/vfio/", group, NULL) : NULL;
  autofd int fd = path ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : -1;

  return path && fd < 0 && errno == EBUSY;
}

gboolean pci_give_back(const char *root, const PciEnd *end)
{
  g_autofree char *has = driver_of(root, end->device);
  gboolean is_back;

  if (!sysfs_has(root, DEVICES "/%s", end->device)) /* it was unplugged */
    return TRUE;
  if (is_vfio(has) && is_in_use(root, end->device)) {
    announce_log("the PCI device %s is not given back: another guest has it by now", end->device);
    return FALSE;
  }
  is_back = set_override(root, end->device, end->override);
  if (g_strcmp0(has, *end->driver ? end->driver : NULL) != 0)
    is_back = is_back && unbind(root, end->device) && (!*end->driver || probe(root, end->device));
  if (!is_back)
    announce_notice("cannot give the PCI device %s back to %s: %s", end->device,
                    *end->driver ? end->driver : "nobody", g_strerror(errno));
  return TRUE;
}
