/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is found on a host: in trees that look like those of several distributions, and in the headers of
 * images.
 */
#include "config.h"

#include "host/bridge-helper.h"
#include "host/control-group.h"
#include "host/emulator.h"
#include "host/emulator-machines.h"
#include "host/image.h"
#include "host/leftovers.h"
#include "host/runtime-dir.h"
#include "host/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"

/* ---- Distributions ---- */

static const char usual_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

typedef struct {
  const char *name;
  const char *path;
  const char *const *programs;
  const char *emulator; /* what is found for a document without <emulator> */
  const char *helper;   /* or NULL */
} Distribution;

#define PROGRAMS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const Distribution distributions[] = {
  { "debian", usual_path,
    PROGRAMS("/usr/bin/qemu-system-x86_64", "/usr/bin/kvm", "/usr/lib/qemu/qemu-bridge-helper"),
    "qemu-system-x86_64", "/usr/lib/qemu/qemu-bridge-helper" },
  { "fedora", usual_path,
    PROGRAMS("/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-kvm", "/usr/libexec/qemu-bridge-helper"),
    "qemu-system-x86_64", "/usr/libexec/qemu-bridge-helper" },
  { "arch", "/usr/local/bin:/usr/bin",
    PROGRAMS("/usr/bin/qemu-system-x86_64", "/usr/lib/qemu/qemu-bridge-helper"), "qemu-system-x86_64",
    "/usr/lib/qemu/qemu-bridge-helper" },
  { "opensuse", usual_path,
    PROGRAMS("/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-kvm", "/usr/libexec/qemu-bridge-helper"),
    "qemu-system-x86_64", "/usr/libexec/qemu-bridge-helper" },
  { "alpine", usual_path, PROGRAMS("/usr/bin/qemu-system-x86_64", "/usr/lib/qemu/qemu-bridge-helper"),
    "qemu-system-x86_64", "/usr/lib/qemu/qemu-bridge-helper" },
  { "rhel", usual_path, PROGRAMS("/usr/libexec/qemu-kvm", "/usr/libexec/qemu-bridge-helper"),
    "/usr/libexec/qemu-kvm", "/usr/libexec/qemu-bridge-helper" },
  { "gentoo", usual_path, PROGRAMS("/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-bridge-helper"),
    "qemu-system-x86_64", "/usr/libexec/qemu-bridge-helper" },
  { "a service without a PATH", "/nowhere", PROGRAMS("/usr/bin/qemu-system-x86_64"),
    "/usr/bin/qemu-system-x86_64", NULL },
  { "nothing", usual_path, PROGRAMS("/usr/bin/qemu-img"), "qemu-system-x86_64", NULL },
};

/* What documents of other distributions name. */
static const char *const foreign[] = {
  "/usr/libexec/qemu-kvm",       "/usr/bin/kvm",
  "/usr/bin/qemu-kvm",           "/usr/bin/kvm-spice",
  "/usr/bin/qemu-system-x86_64", "/run/libvirt/nix-emulators/qemu-system-x86_64"
};

static void make_program(const char *root, const char *path)
{
  g_autofree char *full = g_strconcat(root, path, NULL);
  g_autofree char *directory = g_path_get_dirname(full);

  g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
  g_assert_true(g_file_set_contents(full, "#!/bin/true\n", -1, NULL));
  g_assert_cmpint(g_chmod(full, 0755), ==, 0);
}

static void remove_tree(const char *path)
{
  g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name(directory))) {
    g_autofree char *child = g_build_filename(path, name, NULL);

    remove_tree(child);
  }
  g_assert_cmpint(g_remove(path), ==, 0);
}

static char *make_tree(const Distribution *distribution)
{
  char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);

  g_assert_nonnull(root);
  for (const char *const *program = distribution->programs; *program; program++)
    make_program(root, *program);
  return root;
}

static gboolean has_program(const Distribution *distribution, const char *path)
{
  return g_strv_contains(distribution->programs, path);
}

static void expect_found(const EmulatorTree *tree, const char *wanted, const char *expected)
{
  g_autofree char *program = NULL;
  g_autofree char *found = emulator_find(tree, wanted, "qemu-system-x86_64", &program);

  g_assert_cmpstr(found, ==, expected);
}

static gboolean is_x86_64(void)
{
  struct utsname host;

  return uname(&host) == 0 && g_str_equal(host.machine, "x86_64");
}

/* qemu-kvm is the emulator of the host's own architecture, whatever that is. */
static void test_emulators(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(distributions); i++) {
    const Distribution *it = &distributions[i];
    g_autofree char *root = make_tree(it);
    const EmulatorTree tree = { root, it->path };
    gboolean is_there = is_x86_64() && !g_str_equal(it->name, "nothing");

    if (is_x86_64())
      expect_found(&tree, "qemu-system-x86_64", it->emulator);
    for (gsize j = 0; j < G_N_ELEMENTS(foreign) && is_x86_64(); j++)
      expect_found(&tree, foreign[j], has_program(it, foreign[j]) || !is_there ? foreign[j] : it->emulator);
    /* What somebody has built is meant, and other architectures are others. */
    expect_found(&tree, "/opt/qemu/bin/qemu-system-x86_64", "/opt/qemu/bin/qemu-system-x86_64");
    expect_found(&tree, "/usr/local/bin/qemu-system-x86_64", "/usr/local/bin/qemu-system-x86_64");
    expect_found(&tree, "/usr/bin/qemu-system-aarch64", "/usr/bin/qemu-system-aarch64");
    expect_found(&tree, "/usr/bin/true", "/usr/bin/true");
    remove_tree(root);
  }
}

static void test_bridge_helpers(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(distributions); i++) {
    g_autofree char *root = make_tree(&distributions[i]);

    g_assert_cmpstr(bridge_helper_find(root), ==, distributions[i].helper);
    remove_tree(root);
  }
}

/* ---- Runtime directories ---- */

/* Whoever may rename a part of the path puts another directory in its place: the socket is not in that. */
static void test_socket_by_descriptor(void)
{
  g_autofree char *top = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *root = g_build_filename(top, "root", NULL), *moved = g_build_filename(top, "moved", NULL);
  g_autoptr(RuntimeDir) directory = runtime_dir_new(root, "web", NULL);
  g_autofree char *guest = NULL, *id = NULL, *real = NULL, *false_one = NULL;
  int fd, peer;

  g_assert_nonnull(directory);
  guest = g_strdup(runtime_dir_path(directory));
  id = g_path_get_basename(guest);
  g_assert_cmpint(g_rename(root, moved), ==, 0);
  g_assert_cmpint(g_mkdir_with_parents(guest, 0755), ==, 0);
  fd = runtime_dir_listen(directory, "control", NULL);
  peer = runtime_dir_connect(directory, "control", 0, NULL);
  g_assert_cmpint(fd, >=, 0);
  g_assert_cmpint(peer, >=, 0);
  real = g_build_filename(moved, id, "control", NULL);
  false_one = g_build_filename(guest, "control", NULL);
  g_assert_true(g_file_test(real, G_FILE_TEST_EXISTS));
  g_assert_false(g_file_test(false_one, G_FILE_TEST_EXISTS));
  close(fd);
  close(peer);
  g_clear_pointer(&directory, runtime_dir_free);
  remove_tree(top);
}

/* ---- Machines ---- */

static const char debian_list[] =
    "Supported machines are:\n"
    "microvm              microvm (i386)\n"
    "pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)\n"
    "pc-i440fx-7.2        Standard PC (i440FX + PIIX, 1996) (default)\n"
    "pc-i440fx-7.1        Standard PC (i440FX + PIIX, 1996)\n"
    "pc-i440fx-2.12       Standard PC (i440FX + PIIX, 1996)\n"
    "pc-i440fx-1.7        Standard PC (i440FX + PIIX, 1996) (deprecated)\n"
    "q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)\n"
    "pc-q35-7.2           Standard PC (Q35 + ICH9, 2009)\n"
    "pc-q35-7.1           Standard PC (Q35 + ICH9, 2009)\n"
    "pc-q35-6.0           Standard PC (Q35 + ICH9, 2009)\n"
    "isapc                ISA-only PC\n"
    "none                 empty machine\n";

static const char rhel_list[] =
    "Supported machines are:\n"
    "pc                   RHEL 7.6.0 PC (i440FX + PIIX, 1996) (alias of pc-i440fx-rhel7.6.0)\n"
    "pc-i440fx-rhel7.6.0  RHEL 7.6.0 PC (i440FX + PIIX, 1996) (default) (deprecated)\n"
    "q35                  RHEL-9.4.0 PC (Q35 + ICH9, 2009) (alias of pc-q35-rhel9.4.0)\n"
    "pc-q35-rhel9.4.0     RHEL-9.4.0 PC (Q35 + ICH9, 2009)\n";

static void expect_nearest(const char *text, const char *wanted, const char *expected)
{
  g_auto(MachineList) list = { 0 };

  g_assert_true(machine_list_parse(text, &list));
  g_assert_cmpstr(machine_list_nearest(&list, wanted), ==, expected);
}

static void test_machines(void)
{
  g_auto(MachineList) list = { 0 };

  g_assert_false(machine_list_parse("", &list));
  g_assert_false(machine_list_parse("cat: invalid option\n", &list));
  g_assert_true(machine_list_parse(debian_list, &list));
  g_assert_cmpuint(list.names->len, ==, 12);
  g_assert_cmpuint(list.deprecated->len, ==, 1);
  expect_nearest(debian_list, "pc-q35-9.2", "pc-q35-7.2");
  expect_nearest(debian_list, "pc-q35-6.1", "pc-q35-7.1");
  expect_nearest(debian_list, "pc-q35-2.4", "pc-q35-6.0");
  expect_nearest(debian_list, "pc-i440fx-2.2", "pc-i440fx-2.12");
  expect_nearest(debian_list, "pc-i440fx-jammy", "pc-i440fx-7.2");
  expect_nearest(debian_list, "pc-q35-rhel9.4.0", "pc-q35-7.2");
  expect_nearest(debian_list, "pc-1.0", "pc");
  expect_nearest(debian_list, "rhel6.6.0", "pc");
  expect_nearest(debian_list, "pc-q35-", "pc-q35-7.2");
  expect_nearest(debian_list, "99999999999999999999.99999999999999999999", NULL);
  expect_nearest(rhel_list, "pc-q35-7.2", "q35");
  expect_nearest(rhel_list, "pc-i440fx-5.1", "pc");
  expect_nearest("Supported machines are:\n", "pc-q35-7.2", NULL);
}

/* ---- Images ---- */

static void put_big(guint8 *bytes, gsize offset, guint64 value, gsize length)
{
  for (gsize i = 0; i < length; i++)
    bytes[offset + i] = (guint8)(value >> (8 * (length - 1 - i)));
}

static void put_text(guint8 *bytes, gsize offset, const char *text)
{
  memcpy(bytes + offset, text, strlen(text));
}

/* A qcow2 image over "base.img", whose format is said to be "raw". */
static void make_qcow2(guint8 *bytes, guint32 version)
{
  gsize extensions = version == 2 ? 72 : 104;

  put_big(bytes, 0, 0x514649fb, 4);
  put_big(bytes, 4, version, 4);
  put_big(bytes, 8, 512, 8);
  put_big(bytes, 16, strlen("base.img"), 4);
  put_text(bytes, 512, "base.img");
  if (version == 3)
    put_big(bytes, 100, extensions, 4);
  put_big(bytes, extensions, 0xe2792aca, 4);
  put_big(bytes, extensions + 4, 3, 4);
  put_text(bytes, extensions + 8, "raw");
}

static void expect_parts(const guint8 *bytes, gsize length, const char *format, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);
  g_auto(ImageHeader) header = { 0 };

  image_header_parse(bytes, length, &header);
  g_assert_cmpstr(header.format, ==, format);
  for (guint i = 0; i < header.parts->len; i++) {
    const ImagePart *part = g_ptr_array_index(header.parts, i);

    g_string_append_printf(text, "%s%s %s (%s)", i > 0 ? ", " : "", part->role, part->name,
                           part->format ? part->format : "?");
  }
  g_assert_cmpstr(text->str, ==, expected);
}

static void test_qcow2(void)
{
  for (guint32 version = 2; version <= 3; version++) {
    guint8 bytes[1024] = { 0 };

    make_qcow2(bytes, version);
    expect_parts(bytes, sizeof bytes, "qcow2", "backing file base.img (raw)");
    expect_parts(bytes, 515, "qcow2", ""); /* cut short in the name */
    put_big(bytes, 16, G_MAXUINT32, 4);
    expect_parts(bytes, sizeof bytes, "qcow2", "");
    put_big(bytes, 16, 8, 4);
    put_big(bytes, 8, G_MAXUINT64 - 2, 8);
    expect_parts(bytes, sizeof bytes, "qcow2", "");
    put_big(bytes, 8, 0, 8);
    expect_parts(bytes, sizeof bytes, "qcow2", "");
  }
}

static void test_qcow2_extensions(void)
{
  guint8 bytes[1024] = { 0 };

  make_qcow2(bytes, 3);
  put_big(bytes, 108, G_MAXUINT32, 4); /* the first goes on far beyond the end */
  expect_parts(bytes, sizeof bytes, "qcow2", "backing file base.img (?)");
  put_big(bytes, 100, G_MAXUINT32, 4);
  expect_parts(bytes, sizeof bytes, "qcow2", "backing file base.img (?)");
  put_big(bytes, 100, 0, 4);
  expect_parts(bytes, sizeof bytes, "qcow2", "backing file base.img (?)");
  make_qcow2(bytes, 3);
  put_big(bytes, 72, 1 << 2, 8); /* with a data file, after the format */
  put_big(bytes, 120, 0x44415441, 4);
  put_big(bytes, 124, 4, 4);
  put_text(bytes, 128, "data");
  expect_parts(bytes, sizeof bytes, "qcow2", "backing file base.img (raw), data file data (raw)");
}

static void test_other_formats(void)
{
  static const char descriptor[] = "# Disk DescriptorFile\nversion=1\nparentFileNameHint=\"base.vmdk\"\n"
                                   "RW 4192256 FLAT \"disk-flat.vmdk\" 0\nRW \n\"\n";
  guint8 bytes[4096] = { 0 };

  expect_parts(bytes, sizeof bytes, NULL, "");
  expect_parts(bytes, 0, NULL, "");
  memcpy(bytes, "QED\0", 4);
  bytes[16] = 5; /* has a backing file, and it is raw */
  bytes[57] = 1; /* at 256 */
  bytes[60] = 4;
  put_text(bytes, 256, "base");
  expect_parts(bytes, sizeof bytes, "qed", "backing file base (raw)");
  bytes[16] = 1;
  expect_parts(bytes, sizeof bytes, "qed", "backing file base (?)");
  expect_parts((const guint8 *)descriptor, strlen(descriptor), "vmdk",
               "backing file base.vmdk (vmdk), extent disk-flat.vmdk (raw)");
  memset(bytes, 0, sizeof bytes);
  put_text(bytes, 0, "KDMV");
  bytes[28] = 1; /* at 512 */
  memcpy(bytes + 512, descriptor, strlen(descriptor));
  expect_parts(bytes, sizeof bytes, "vmdk", "backing file base.vmdk (vmdk)");
  bytes[35] = 0xff;
  expect_parts(bytes, sizeof bytes, "vmdk", "");
}

static void expect_path(const char *name, const char *expected)
{
  const ImagePart part = { .role = "backing file", .name = (char *)name };
  g_autofree char *path = image_part_path(&part, "/images/one.qcow2");

  g_assert_cmpstr(path, ==, expected);
}

static void test_paths(void)
{
  expect_path("base.img", "/images/base.img");
  expect_path("../base.img", "/base.img");
  expect_path("/base.img", "/base.img");
  expect_path("file:base.img", "/images/base.img");
  expect_path("dir/a:b", "/images/dir/a:b");
  expect_path("nbd://host/x", NULL);
  expect_path("json:{\"driver\":\"raw\"}", NULL);
  expect_path("file:", NULL);
}

static void test_may_be(void)
{
  const ImageHeader none = { 0 }, qcow2 = { .format = "qcow2" };

  g_assert_true(image_header_may_be(&qcow2, "qcow2"));
  g_assert_false(image_header_may_be(&qcow2, "vmdk"));
  g_assert_false(image_header_may_be(&none, "qcow2"));
  g_assert_true(image_header_may_be(&none, "vpc")); /* its mark may be at the end */
  g_assert_true(image_header_may_be(&none, "bochs"));
}

/* ---- Control groups, in a directory that looks like one ---- */

static void tree_write(const char *root, const char *file, const char *text)
{
  g_autofree char *path = g_build_filename(root, file, NULL);
  GError *error = NULL;

  g_file_set_contents(path, text, -1, &error);
  g_assert_no_error(error);
}

static void tree_expect(const char *root, const char *file, const char *expected)
{
  g_autofree char *path = g_build_filename(root, file, NULL);
  g_autofree char *text = NULL;

  g_file_get_contents(path, &text, NULL, NULL);
  g_assert_cmpstr(text, ==, expected);
}

static PlanLimits limits_none(void)
{
  return (PlanLimits){ .is_given = TRUE,
                       .memory_max_kib = PLAN_NO_LIMIT,
                       .memory_high_kib = PLAN_NO_LIMIT,
                       .memory_swap_kib = PLAN_NO_LIMIT };
}

static void test_control_group(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  PlanLimits limits = limits_none();
  GError *error = NULL;
  ControlGroup *group;

  limits.cpu_weight = 200;
  limits.guest.quota = 50000;
  limits.threads[PLAN_THREAD_VCPU] = (PlanQuota){ .quota = 5000, .period = 10000 };
  limits.memory_max_kib = 1024;
  limits.memory_low_kib = 512;
  limits.memory_swap_kib = 0;
  limits.io_weight = 300;
  tree_write(root, "cgroup.controllers", "cpuset cpu io memory pids\n");
  tree_write(root, "cgroup.subtree_control", "cpu io\n");
  group = control_group_new(&limits, root, "/", "domrun-x", /* waiting= */ 0, &error);
  g_assert_no_error(error);
  g_assert_cmpint(write(control_group_fd(group), "0", 1), ==, 1);
  tree_expect(root, "cgroup.subtree_control",
              "+cpu"); /* the last: this is no kernel, which would know them all */
  tree_expect(root, "domrun-x/cgroup.procs", "0");
  tree_expect(root, "domrun-x/cpu.weight", "200");
  tree_expect(root, "domrun-x/cpu.max", "50000 100000");
  tree_expect(root, "domrun-x/memory.max", "1048576");
  tree_expect(root, "domrun-x/memory.low", "524288");
  tree_expect(root, "domrun-x/memory.high", NULL);
  tree_expect(root, "domrun-x/memory.swap.max", "0");
  tree_expect(root, "domrun-x/io.weight", "default 300");
  g_assert_true(control_group_limit(group, PLAN_THREAD_VCPU, 1, 4711, &error));
  g_assert_true(control_group_limit(group, PLAN_THREAD_EMULATOR, PLAN_THREAD_ANY, 4712, &error));
  tree_expect(root, "domrun-x/vcpu1/cgroup.type", "threaded");
  tree_expect(root, "domrun-x/vcpu1/cpu.max", "5000 10000");
  tree_expect(root, "domrun-x/vcpu1/cgroup.threads", "4711");
  tree_expect(root, "domrun-x/cgroup.subtree_control", "+cpu");
  tree_expect(root, "domrun-x/emulator/cgroup.threads", NULL); /* it has no quota */
  control_group_free(group);
  remove_tree(root);
}

/* Beside others it would be in nobody's way; but then none of them can be divided. */
static void test_control_group_shared(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *number = g_strdup_printf("%d", (int)getpid());
  g_autofree char *own = g_strdup_printf("domrun-supervisor-%s/cgroup.procs", number);
  PlanLimits limits = limits_none();
  GError *error = NULL;

  limits.cpu_weight = 200;
  tree_write(root, "cgroup.controllers", "cpu\n");
  tree_write(root, "cgroup.type", "domain\n");
  tree_write(root, "cgroup.procs", "4711\n");
  g_assert_null(control_group_new(&limits, root, "/", "domrun-x", /* waiting= */ 0, &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_HOST);
  g_assert_nonnull(strstr(error->message, "other processes"));
  tree_expect(root, own, number);
  tree_expect(root, "cgroup.procs", number); /* back again */
  g_clear_error(&error);
  remove_tree(root);
}

/* The parent that waits for a copy in the background goes where that goes; nobody else's parent does. */
static void test_control_group_waiting(void)
{
  for (int i = 0; i < 2; i++) {
    g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
    g_autofree char *own = g_strdup_printf("domrun-supervisor-%d/cgroup.procs", (int)getpid());
    g_autofree char *number = g_strdup_printf("%d", i ? (int)getppid() : (int)getpid());
    PlanLimits limits = limits_none();

    limits.cpu_weight = 200;
    tree_write(root, "cgroup.controllers", "cpu\n");
    tree_write(root, "cgroup.type", "domain\n");
    tree_write(root, "cgroup.procs", "4711\n");
    g_assert_null(
        control_group_new(&limits, root, "/", "domrun-x", i ? getppid() : getpid(), /* error= */ NULL));
    tree_expect(root, own, number); /* who was the last to be moved */
    remove_tree(root);
  }
}

/* Of a killed supervisor: who finds the remains does not go anywhere, and moves nobody. */
static void test_control_group_remains(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *group = g_build_filename(root, "domrun-x", NULL);
  g_autofree char *leaf = g_build_filename(root, "domrun-supervisor-1", NULL);
  g_autofree char *other = g_build_filename(root, "domrun-supervisor-2", NULL);

  tree_write(root, "cgroup.procs", "");
  g_mkdir(leaf, 0700);
  tree_write(leaf, "cgroup.procs", "1\n"); /* a process that has got the number since */
  g_assert_true(control_group_remove(group, leaf));
  tree_expect(root, "cgroup.procs", "");
  tree_expect(leaf, "cgroup.procs", "1\n");
  tree_expect(root, "cgroup.subtree_control", NULL);
  g_mkdir(group, 0700);
  tree_write(group, "cgroup.procs", "2\n"); /* it cannot be removed, as with a process in it */
  g_assert_false(control_group_remove(group, NULL));
  g_mkdir(other, 0700);
  tree_write(leaf, "cgroup.procs", "");
  g_assert_false(control_group_remove(group, leaf));
  g_assert_false(g_file_test(other, G_FILE_TEST_EXISTS)); /* of one that ended while others were there */
  remove_tree(root);
}

/* The note of a group stays until somebody has removed that. */
static void test_control_group_note(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *group = g_build_filename(root, "domrun-x", NULL);
  g_autofree char *processes = g_build_filename(group, "cgroup.procs", NULL);
  autofd int directory = open(root, O_DIRECTORY | O_CLOEXEC);

  g_mkdir(group, 0700);
  tree_write(group, "cgroup.procs", "2\n");
  leftovers_note_group(directory, group, /* leaf= */ NULL);
  leftovers_release(directory);
  g_assert_true(leftovers_are_there(directory));
  g_assert_cmpint(faccessat(directory, LEFTOVERS_GROUP_FILE, F_OK, 0), ==, 0);
  unlink(processes);
  leftovers_release(directory);
  g_assert_false(leftovers_are_there(directory));
  g_assert_false(g_file_test(group, G_FILE_TEST_EXISTS));
  remove_tree(root);
}

/* That of a device that is gone means nothing, and one that is no device's name goes nowhere. */
static void test_pci_note(void)
{
  static const char *const names[] = { "ffff:ff:1f.7", "../../x" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
    g_auto(PciEnd) end = { g_strdup(names[i]), g_strdup("e1000e"), g_strdup("") };
    autofd int directory = open(root, O_DIRECTORY | O_CLOEXEC);

    leftovers_note_pci(directory, "pci-4", &end);
    g_assert_true(leftovers_are_there(directory));
    leftovers_release(directory);
    g_assert_false(leftovers_are_there(directory));
    remove_tree(root);
  }
}

static void test_control_group_refused(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *group = g_build_filename(root, "a", NULL);
  PlanLimits limits = limits_none();
  GError *error = NULL;

  limits.memory_max_kib = 1024;
  g_mkdir(group, 0700);
  tree_write(group, "cgroup.controllers", "cpu pids\n");
  g_assert_null(control_group_new(&limits, root, "/a", "domrun-x", /* waiting= */ 0, &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_HOST);
  g_assert_nonnull(strstr(error->message, "no controller 'memory'"));
  g_clear_error(&error);
  remove_tree(root);
}

static void test_scope(void)
{
  const PlanIoDevice devices[] = { { .path = "/dev/sda", .weight = 500 },
                                   { .path = "/dev/sdb", .limits = { [PLAN_IO_READS] = 10 } } };
  g_autoptr(GArray) array = g_array_new(FALSE, FALSE, sizeof(PlanIoDevice));
  PlanLimits limits = limits_none();
  g_auto(GStrv) argv = NULL;
  g_autofree char *line = NULL;

  g_array_append_vals(array, devices, G_N_ELEMENTS(devices));
  limits.slice = "machine-web.slice";
  limits.guest = (PlanQuota){ .quota = 5000, .period = 10000 };
  limits.memory_max_kib = 1024;
  limits.io_devices = array;
  argv = scope_to_argv(&limits, "domrun-x.scope", 4711, /* is_user= */ TRUE);
  line = g_strjoinv(" ", argv);
  g_assert_cmpstr(
      line, ==,
      "busctl --user --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 "
      "org.freedesktop.systemd1.Manager StartTransientUnit ssa(sv)a(sa(sv)) domrun-x.scope fail 8 "
      "Description s a guest of domrun PIDs au 1 4711 Slice s machine-web.slice "
      "CPUQuotaPerSecUSec t 500000 CPUQuotaPeriodUSec t 10000 MemoryMax t 1048576 "
      "IODeviceWeight a(st) 1 /dev/sda 500 IOReadIOPSMax a(st) 1 /dev/sdb 10 0");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/host/emulators", test_emulators);
  g_test_add_func("/host/bridge-helpers", test_bridge_helpers);
  g_test_add_func("/host/socket-by-descriptor", test_socket_by_descriptor);
  g_test_add_func("/host/machines", test_machines);
  g_test_add_func("/host/image/qcow2", test_qcow2);
  g_test_add_func("/host/image/qcow2-extensions", test_qcow2_extensions);
  g_test_add_func("/host/image/other-formats", test_other_formats);
  g_test_add_func("/host/image/paths", test_paths);
  g_test_add_func("/host/image/may-be", test_may_be);
  g_test_add_func("/host/control-group", test_control_group);
  g_test_add_func("/host/control-group/shared", test_control_group_shared);
  g_test_add_func("/host/control-group/waiting", test_control_group_waiting);
  g_test_add_func("/host/control-group/remains", test_control_group_remains);
  g_test_add_func("/host/control-group/note", test_control_group_note);
  g_test_add_func("/leftovers/pci", test_pci_note);
  g_test_add_func("/host/control-group/refused", test_control_group_refused);
  g_test_add_func("/host/scope", test_scope);
  return g_test_run();
}
