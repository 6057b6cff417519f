/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices of the host that a guest gets as they are, in a tree that looks like sysfs and /dev, with something
 * in the place of the kernel that moves PCI devices from driver to driver.
 */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/pci.h"
#include "host/scsi.h"
#include "host/sysfs.h"
#include "host/usb.h"

typedef struct {
  char *root;
} Tree;

/* ---- The tree ---- */

static char *path_in(const Tree *tree, const char *name)
{
  return g_build_filename(tree->root, name, NULL);
}

static void make_directory(const Tree *tree, const char *name)
{
  g_autofree char *path = path_in(tree, name);

  g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
}

static void write_file(const Tree *tree, const char *name, const char *text)
{
  g_autofree char *path = path_in(tree, name), *directory = g_path_get_dirname(path);

  g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void write_below(const Tree *tree, const char *directory, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename(directory, name, NULL);

  write_file(tree, path, text);
}

static void set_link(const char *root, const char *name, const char *target)
{
  g_autofree char *path = g_build_filename(root, name, NULL);

  unlink(path);
  if (target)
    g_assert_cmpint(symlink(target, path), ==, 0);
}

static void bind_to(const char *root, const char *device, const char *driver)
{
  g_autofree char *name = g_strdup_printf("sys/bus/pci/devices/%s/driver", device);
  g_autofree char *target = driver ? g_strdup_printf("%s/sys/bus/pci/drivers/%s", root, driver) : NULL;

  set_link(root, name, target);
}

static void add_driver(const Tree *tree, const char *name)
{
  g_autofree char *directory = g_strdup_printf("sys/bus/pci/drivers/%s", name);

  write_below(tree, directory, "unbind", "");
}

/* @driver is what the kernel gives it to; NULL: there is none. */
static void add_pci(const Tree *tree, const char *device, const char *driver, const char *group,
                    const char *class)
{
  g_autofree char *directory = g_strdup_printf("sys/bus/pci/devices/%s", device);
  g_autofree char *link = g_strdup_printf("%s/iommu_group", directory);
  g_autofree char *target =
      group ? g_strdup_printf("%s/sys/kernel/iommu_groups/%s", tree->root, group) : NULL;
  g_autofree char *member =
      group ? g_strdup_printf("sys/kernel/iommu_groups/%s/devices/%s", group, device) : NULL;

  write_below(tree, directory, "driver_override", "(null)\n");
  write_below(tree, directory, "class", class);
  write_below(tree, directory, "natural", driver ? driver : "");
  set_link(tree->root, link, target);
  if (member)
    write_file(tree, member, "");
  bind_to(tree->root, device, driver);
}

static const char device[] = "0000:01:00.0";

static void set_up(Tree *tree, gconstpointer data)
{
  tree->root = g_dir_make_tmp("domrun-devices-XXXXXX", NULL);
  write_file(tree, "sys/bus/pci/drivers_probe", "");
  write_file(tree, "dev/vfio/14", "");
  add_driver(tree, "e1000e");
  add_driver(tree, "snd_hda_intel");
  add_driver(tree, "pcieport");
  add_driver(tree, "vfio-pci");
  add_pci(tree, device, "e1000e", "14", "0x020000\n");
  add_pci(tree, "0000:00:01.0", "pcieport", "14", "0x060400\n");
}

static void remove_tree(const char *path)
{
  g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *child = g_build_filename(path, name, NULL);

    remove_tree(child);
  }
  g_assert_cmpint(g_remove(path), ==, 0);
}

static void tear_down(Tree *tree, gconstpointer data)
{
  sysfs_set_kernel(NULL);
  remove_tree(tree->root);
  g_free(tree->root);
}

/* ---- What stands for the kernel ---- */

static gboolean fails_to_probe;

static void kernel(const char *root, const char *path, const char *text)
{
  g_autofree char *override = NULL, *natural = NULL;

  if (g_str_has_suffix(path, "/unbind")) {
    bind_to(root, text, NULL);
    return;
  }
  if (!g_str_has_suffix(path, "/drivers_probe"))
    return;
  override = sysfs_read(root, "/sys/bus/pci/devices/%s/driver_override", text);
  natural = sysfs_read(root, "/sys/bus/pci/devices/%s/natural", text);
  if (override && *override && !g_str_equal(override, "(null)"))
    bind_to(root, text, fails_to_probe ? NULL : override);
  else if (natural && *natural)
    bind_to(root, text, natural);
}

static void expect_driver(const Tree *tree, const char *expected)
{
  g_autofree char *driver = sysfs_link(tree->root, "/sys/bus/pci/devices/%s/driver", device);

  g_assert_cmpstr(driver, ==, expected);
}

static void expect_override(const Tree *tree, const char *expected)
{
  g_autofree char *text = sysfs_read(tree->root, "/sys/bus/pci/devices/%s/driver_override", device);

  g_assert_cmpstr(text, ==, expected);
}

/* ---- PCI ---- */

static void expect_pci(const Tree *tree, gboolean is_managed, const char *expected)
{
  const PlanRequirement requirement = { .kind = PLAN_REQUIRE_PCI, .path = device, .is_managed = is_managed };
  g_autoptr(GError) error = NULL;

  g_assert_cmpint(pci_check_below(tree->root, &requirement, &error), ==, expected == NULL);
  if (expected)
    g_assert_nonnull(strstr(error->message, expected));
}

static void test_pci_check(Tree *tree, gconstpointer data)
{
  expect_pci(tree, FALSE, "the host's own driver 'e1000e' has the PCI device 0000:01:00.0");
  expect_pci(tree, TRUE, NULL);
  bind_to(tree->root, device, NULL);
  expect_pci(tree, FALSE, "no driver has the PCI device 0000:01:00.0");
  expect_pci(tree, TRUE, NULL);
  bind_to(tree->root, device, "vfio-pci");
  expect_pci(tree, FALSE, NULL);
  bind_to(tree->root, device, "mlx5_vfio_pci");
  expect_pci(tree, FALSE, NULL);
  write_file(tree, "sys/bus/pci/devices/0000:01:00.0/x", "");
  set_link(tree->root, "sys/bus/pci/devices/0000:01:00.0/iommu_group", NULL);
  expect_pci(tree, FALSE, "the PCI device 0000:01:00.0 is behind no IOMMU");
  set_link(tree->root, "sys/bus/pci/devices/0000:01:00.0/iommu_group", "groups/15");
  expect_pci(tree, FALSE, "cannot open /dev/vfio/15, the group of the PCI device 0000:01:00.0");
}

static void test_pci_check_managed(Tree *tree, gconstpointer data)
{
  g_autofree char *driver = path_in(tree, "sys/bus/pci/drivers/vfio-pci"), *modules = NULL;
  struct utsname system;
  g_autofree char *override = path_in(tree, "sys/bus/pci/devices/0000:01:00.0/driver_override");

  remove_tree(driver);
  expect_pci(tree, TRUE, "the kernel has no driver 'vfio-pci'");
  g_assert_cmpint(uname(&system), ==, 0);
  modules = g_strdup_printf("lib/modules/%s/modules.dep", system.release);
  write_file(tree, modules, "kernel/drivers/vfio/pci/vfio_pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n");
  expect_pci(tree, TRUE, NULL);
  set_link(tree->root, "sys/bus/pci/devices/0000:01:00.0/iommu_group", NULL);
  add_driver(tree, "vfio-pci");
  expect_pci(tree, TRUE, "is behind no IOMMU");
  g_assert_cmpint(g_remove(override), ==, 0);
  expect_pci(tree, TRUE, "only root can take the PCI device");
}

static void test_pci_missing(Tree *tree, gconstpointer data)
{
  const PlanRequirement requirement = { .kind = PLAN_REQUIRE_PCI, .path = "0000:09:00.0" };
  g_autoptr(GError) error = NULL;

  g_assert_false(pci_check_below(tree->root, &requirement, &error));
  g_assert_nonnull(strstr(error->message, "the host has no PCI device 0000:09:00.0"));
}

static char *check_groups(const Tree *tree, const char *second)
{
  g_autoptr(Plan) plan = plan_new();
  g_autoptr(Report) report = report_new();
  Place place = { "test.xml", "<hostdev>", 3 };
  char *said = NULL;
  size_t length;
  FILE *stream = open_memstream(&said, &length);

  plan_require(plan, PLAN_REQUIRE_PCI, &place, NULL, device);
  if (second)
    plan_require(plan, PLAN_REQUIRE_PCI, &place, NULL, second);
  pci_check_groups_below(tree->root, plan, report);
  report_print(report, stream);
  fclose(stream);
  return said;
}

/* A bridge and what has no driver are in nobody's way. */
static void test_pci_group(Tree *tree, gconstpointer data)
{
  char *said = check_groups(tree, NULL);

  g_assert_cmpstr(said, ==, "");
  free(said);
  add_pci(tree, "0000:01:00.2", NULL, "14", "0x0c0330\n");
  add_pci(tree, "0000:01:00.1", "snd_hda_intel", "14", "0x040300\n");
  said = check_groups(tree, NULL);
  g_assert_nonnull(
      strstr(said, "test.xml:3: error: <hostdev>: the PCI device 0000:01:00.0 shares its IOMMU "
                   "group, 14, with what the host's own drivers have: 0000:01:00.1 (snd_hda_intel)\n"));
  free(said);
  said = check_groups(tree, "0000:01:00.1");
  g_assert_cmpstr(said, ==, "");
  free(said);
}

static void test_pci_take(Tree *tree, gconstpointer data)
{
  g_auto(PciEnd) end = { 0 }, none = { 0 };
  g_autoptr(GError) error = NULL;

  sysfs_set_kernel(kernel);
  g_assert_true(pci_describe(tree->root, device, &end));
  g_assert_cmpstr(end.driver, ==, "e1000e");
  g_assert_cmpstr(end.override, ==, "");
  g_assert_true(pci_take(tree->root, &end, /* driver= */ NULL, /* place= */ NULL, &error));
  g_assert_no_error(error);
  expect_driver(tree, "vfio-pci");
  expect_override(tree, "vfio-pci");
  g_assert_false(pci_describe(tree->root, device, &none));
  write_file(tree, "dev/vfio/14", ""); /* which nobody has open */
  g_assert_true(pci_give_back(tree->root, &end));
  expect_driver(tree, "e1000e");
  expect_override(tree, "");
  pci_give_back(tree->root, &end); /* as after a supervisor that was killed just before it forgot */
  expect_driver(tree, "e1000e");
}

static void test_pci_take_from_nobody(Tree *tree, gconstpointer data)
{
  g_auto(PciEnd) end = { 0 };

  sysfs_set_kernel(kernel);
  add_pci(tree, device, NULL, "14", "0x020000\n");
  write_file(tree, "sys/bus/pci/devices/0000:01:00.0/driver_override", "pci-stub\n");
  g_assert_true(pci_describe(tree->root, device, &end));
  g_assert_cmpstr(end.override, ==, "pci-stub");
  g_assert_true(pci_take(tree->root, &end, "vfio-pci", NULL, NULL));
  expect_driver(tree, "vfio-pci");
  pci_give_back(tree->root, &end);
  expect_driver(tree, NULL);
  expect_override(tree, "pci-stub");
}

static void test_pci_take_that_fails(Tree *tree, gconstpointer data)
{
  g_auto(PciEnd) end = { 0 };
  g_autoptr(GError) error = NULL;
  Place place = { "test.xml", "<hostdev>/<source>", 4 };

  sysfs_set_kernel(kernel);
  fails_to_probe = TRUE;
  g_assert_true(pci_describe(tree->root, device, &end));
  g_assert_false(pci_take(tree->root, &end, NULL, &place, &error));
  g_assert_nonnull(
      strstr(error->message, "cannot give the PCI device 0000:01:00.0 to vfio-pci: it does not take it"));
  fails_to_probe = FALSE;
  expect_driver(tree, "e1000e");
  expect_override(tree, "");
}

/* A file cannot be opened exclusively, or can; what cannot be opened at all is not in use. */
static void test_pci_disks(Tree *tree, gconstpointer data)
{
  g_auto(PciEnd) end = { 0 };

  sysfs_set_kernel(kernel);
  make_directory(tree, "sys/class/block");
  set_link(tree->root, "sys/class/block/nvme0n1", "../../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1");
  set_link(tree->root, "sys/class/block/sda", "../../devices/pci0000:00/0000:02:00.0/block/sda");
  write_file(tree, "dev/sda", "");
  g_assert_true(pci_describe(tree->root, device, &end));
  g_assert_true(pci_take(tree->root, &end, NULL, NULL, NULL));
  write_file(tree, "dev/nvme0n1", "");
  g_assert_true(pci_take(tree->root, &end, NULL, NULL, NULL));
}

/* ---- USB ---- */

static void add_usb(const Tree *tree, const char *name, guint bus, guint number, const char *id)
{
  g_autofree char *directory = g_strdup_printf("sys/bus/usb/devices/%s", name);
  g_autofree char *busnum = g_strdup_printf("%u\n", bus), *devnum = g_strdup_printf("%u\n", number);
  g_autofree char *vendor = g_strndup(id, 4), *node = g_strdup_printf("dev/bus/usb/%03u/%03u", bus, number);

  write_below(tree, directory, "busnum", busnum);
  write_below(tree, directory, "devnum", devnum);
  write_below(tree, directory, "idVendor", vendor);
  write_below(tree, directory, "idProduct", id + 5);
  write_file(tree, node, "");
}

static void expect_usb(const Tree *tree, PlanUsb usb, const char *expected)
{
  const PlanRequirement requirement = { .kind = PLAN_REQUIRE_USB, .path = "046d:c52b", .usb = usb };
  g_autoptr(GError) error = NULL;

  g_assert_cmpint(usb_check_below(tree->root, &requirement, &error), ==, expected == NULL);
  if (expected)
    g_assert_nonnull(strstr(error->message, expected));
}

static void expect_usb_node(const Tree *tree, PlanUsb usb, const char *expected)
{
  g_autofree char *node = usb_find_below(tree->root, &usb);

  g_assert_cmpstr(node, ==, expected);
}

static void test_usb(Tree *tree, gconstpointer data)
{
  const PlanUsb by_id = { .has_id = TRUE, .vendor = 0x046d, .product = 0xc52b };
  const PlanUsb optional = { .has_id = TRUE, .vendor = 0x046d, .product = 0xc52b, .is_optional = TRUE };
  const PlanUsb by_address = { .bus = 2, .device = 7 };
  const PlanUsb by_both = { .has_id = TRUE, .vendor = 0x046d, .product = 0xc52b, .bus = 2, .device = 7 };
  g_autofree char *node = path_in(tree, "dev/bus/usb/001/005");

  expect_usb(tree, by_id, "the host has no USB device 046d:c52b");
  expect_usb(tree, optional, NULL);
  add_usb(tree, "usb1", 1, 1, "1d6b:0002\n");
  add_usb(tree, "1-1", 1, 5, "046d:c52b\n");
  make_directory(tree, "sys/bus/usb/devices/1-1:1.0");
  expect_usb(tree, by_id, NULL);
  expect_usb(tree, by_both, "the host has no USB device 046d:c52b at bus 2, device 7");
  expect_usb_node(tree, by_id, "/dev/bus/usb/001/005");
  expect_usb_node(tree, (PlanUsb){ .bus = 1, .device = 5 }, "/dev/bus/usb/001/005");
  expect_usb_node(tree, by_both, NULL);
  add_usb(tree, "2-1", 2, 7, "046d:c52b\n");
  expect_usb(tree, by_id, "the host has 2 USB devices 046d:c52b, at bus 1, device 5 and at bus 2, device 7");
  expect_usb(tree, by_both, NULL);
  expect_usb_node(tree, by_id, NULL);
  expect_usb_node(tree, by_both, "/dev/bus/usb/002/007");
  expect_usb(tree, by_address, NULL);
  g_assert_cmpint(g_remove(node), ==, 0);
  expect_usb(tree, (PlanUsb){ .bus = 1, .device = 5 }, "cannot open /dev/bus/usb/001/005");
}

/* ---- SCSI and mediated devices ---- */

static void test_scsi(Tree *tree, gconstpointer data)
{
  const PlanRequirement requirement = { .kind = PLAN_REQUIRE_SCSI, .path = "0:0:4:8" };
  GError *error = NULL;

  g_assert_false(scsi_check_below(tree->root, &requirement, &error));
  g_assert_cmpstr(error->message, ==, "the host has no SCSI device 0:0:4:8");
  g_clear_error(&error);
  make_directory(tree, "sys/bus/scsi/devices/0:0:4:8");
  g_assert_false(scsi_check_below(tree->root, &requirement, &error));
  g_assert_cmpstr(error->message, ==, "the SCSI device 0:0:4:8 has no generic node");
  g_clear_error(&error);
  make_directory(tree, "sys/bus/scsi/devices/0:0:4:8/scsi_generic/sg3");
  g_assert_false(scsi_check_below(tree->root, &requirement, &error));
  g_assert_nonnull(strstr(error->message, "cannot open /dev/sg3"));
  g_clear_error(&error);
  write_file(tree, "dev/sg3", "");
  g_assert_true(scsi_check_below(tree->root, &requirement, &error));
}

static void test_mdev(Tree *tree, gconstpointer data)
{
  const PlanRequirement requirement = { .kind = PLAN_REQUIRE_MDEV,
                                        .path = "c2177883-f1bb-47f0-914d-32a22e3a8804" };
  GError *error = NULL;

  g_assert_false(mdev_check_below(tree->root, &requirement, &error));
  g_assert_nonnull(strstr(error->message, "the host has no mediated device c2177883"));
  g_clear_error(&error);
  make_directory(tree, "sys/bus/mdev/devices/c2177883-f1bb-47f0-914d-32a22e3a8804");
  set_link(tree->root, "sys/bus/mdev/devices/c2177883-f1bb-47f0-914d-32a22e3a8804/iommu_group", "groups/14");
  g_assert_true(mdev_check_below(tree->root, &requirement, &error));
}

#define ADD(path, function) g_test_add(path, Tree, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  ADD("/devices/pci/check", test_pci_check);
  ADD("/devices/pci/check-managed", test_pci_check_managed);
  ADD("/devices/pci/missing", test_pci_missing);
  ADD("/devices/pci/group", test_pci_group);
  ADD("/devices/pci/take", test_pci_take);
  ADD("/devices/pci/take-from-nobody", test_pci_take_from_nobody);
  ADD("/devices/pci/take-that-fails", test_pci_take_that_fails);
  ADD("/devices/pci/disks", test_pci_disks);
  ADD("/devices/usb", test_usb);
  ADD("/devices/scsi", test_scsi);
  ADD("/devices/mdev", test_mdev);
  return g_test_run();
}
