/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of files, only stat(2) and faccessat(2) with the effective user's rights: opening could block on a FIFO,
 * rewind a tape or wake a disk. What they cannot know (a lock, a full disk) is found when the guest starts.
 */
#include "config.h"

#include "host/requirements.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/bridge.h"
#include "host/file-rights.h"
#include "host/cloud-init.h"
#include "host/firmware.h"
#include "host/hugepages.h"
#include "host/listener.h"
#include "host/macvtap.h"
#include "host/output-file.h"
#include "host/pci.h"
#include "host/pools.h"
#include "host/requirement.h"
#include "host/scsi.h"
#include "host/secrets.h"
#include "host/swtpm.h"
#include "host/threads.h"
#include "host/virtiofsd.h"
#include "host/usb.h"
#include "host/vfio.h"

static gboolean may(const char *path, int mode)
{
  return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

/* Advice where stat() was denied: which directory on the way bars it. */
static void add_barrier_hint(const char *path, GError **error)
{
  for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    g_autofree char *directory = g_strndup(path, (gsize)(slash - path));
    g_autofree char *access = NULL;
    struct stat status;

    if (stat(directory, &status) < 0 || may(directory, X_OK))
      continue;
    access = file_rights_describe(&status);
    error_add_hint(error, "the directory '%s' bars the way (%s)", directory, access);
    return;
  }
}

static gboolean find(const PlanRequirement *requirement, struct stat *ret_status, GError **error)
{
  int saved;

  if (stat(requirement->path, ret_status) == 0)
    return TRUE;
  saved = errno;
  if (saved == ENOENT)
    return requirement_refuse(requirement, error, "no such file: '%s'", requirement->path);
  requirement_refuse(requirement, error, "cannot find '%s': %s", requirement->path, g_strerror(saved));
  if (saved == EACCES)
    add_barrier_hint(requirement->path, error);
  return FALSE;
}

/* What is there is of a kind that a guest can use as a file. */
static gboolean check_kind(const PlanRequirement *requirement, const struct stat *status, GError **error)
{
  if (S_ISDIR(status->st_mode))
    return requirement_refuse(requirement, error, "a file is expected, and '%s' is a directory",
                              requirement->path);
  if (S_ISSOCK(status->st_mode))
    return requirement_refuse(requirement, error, "a file is expected, and '%s' is a socket",
                              requirement->path);
  if (S_ISFIFO(status->st_mode) && requirement->kind != PLAN_REQUIRE_CREATE)
    return requirement_refuse(requirement, error, "a file is expected, and '%s' is a FIFO",
                              requirement->path);
  return TRUE;
}

static gboolean check_access(const PlanRequirement *requirement, const char *path, int mode, const char *what,
                             GError **error)
{
  g_autofree char *access = NULL;
  struct stat status;
  int saved;

  if (may(path, mode))
    return TRUE;
  saved = errno;
  requirement_refuse(requirement, error, "cannot %s '%s': %s", what, path, g_strerror(saved));
  if (saved == EACCES && stat(path, &status) == 0) {
    access = file_rights_describe(&status);
    error_add_hint(error, "its access rights: %s", access);
  }
  return FALSE;
}

static gboolean check_read(const PlanRequirement *requirement, GError **error)
{
  struct stat status;

  return find(requirement, &status, error) && check_kind(requirement, &status, error) &&
         check_access(requirement, requirement->path, R_OK, "read", error);
}

static gboolean check_write(const PlanRequirement *requirement, GError **error)
{
  struct stat status;

  return find(requirement, &status, error) && check_kind(requirement, &status, error) &&
         check_access(requirement, requirement->path, R_OK, "read", error) &&
         check_access(requirement, requirement->path, W_OK, "write", error);
}

static gboolean check_directory(const PlanRequirement *requirement, GError **error)
{
  struct stat status;

  if (!find(requirement, &status, error))
    return FALSE;
  if (!S_ISDIR(status.st_mode))
    return requirement_refuse(requirement, error, "a directory is expected, and '%s' is none",
                              requirement->path);
  return check_access(requirement, requirement->path, R_OK | X_OK, "read", error);
}

/* Nothing can be made in @directory, which stat() did not find. */
static gboolean refuse_directory(const PlanRequirement *requirement, const char *directory, int saved,
                                 GError **error)
{
  if (saved == ENOENT)
    return requirement_refuse(requirement, error, "cannot make '%s': there is no directory '%s'",
                              requirement->path, directory);
  requirement_refuse(requirement, error, "cannot make '%s', or find its directory: %s", requirement->path,
                     g_strerror(saved));
  if (saved == EACCES)
    add_barrier_hint(requirement->path, error);
  return FALSE;
}

/* QEMU makes what is empty as large as it wants it, and wants no less of what is not. */
static gboolean check_size(const PlanRequirement *requirement, const struct stat *status, GError **error)
{
  guint64 size = (guint64)status->st_size;

  if (!S_ISREG(status->st_mode) || size == 0 || size >= requirement->kib * 1024)
    return TRUE;
  requirement_refuse(requirement, error,
                     "'%s' has %" G_GUINT64_FORMAT " bytes, less than the %" G_GUINT64_FORMAT
                     " KiB that are wanted",
                     requirement->path, size, requirement->kib);
  return error_add_hint(error, "ask for as much as it has, or remove it");
}

static gboolean check_create(const PlanRequirement *requirement, GError **error)
{
  g_autofree char *directory = g_path_get_dirname(requirement->path);
  struct stat status;

  if (!output_file_check_link(requirement->path, &requirement->place, requirement->attribute, error))
    return FALSE;
  if (stat(requirement->path, &status) == 0)
    return check_kind(requirement, &status, error) && check_size(requirement, &status, error) &&
           check_access(requirement, requirement->path, W_OK, "write", error);
  if (stat(directory, &status) < 0)
    return refuse_directory(requirement, directory, errno, error);
  if (!S_ISDIR(status.st_mode))
    return requirement_refuse(requirement, error, "cannot make '%s': '%s' is not a directory",
                              requirement->path, directory);
  return check_access(requirement, directory, W_OK | X_OK, "make files in", error);
}

static gboolean check_variables(const PlanRequirement *requirement, GError **error)
{
  return firmware_check_variables(requirement, error) &&
         (requirement->is_generated || access(requirement->path, F_OK) == 0 ||
          check_create(requirement, error));
}

static void add_emulator_hint(const char *emulator, GError **error)
{
  const char *name = strrchr(emulator, '/') ? strrchr(emulator, '/') + 1 : emulator;

  if (g_str_has_prefix(name, "qemu-system-"))
    error_add_hint(error, "install QEMU's system emulator for %s", name + strlen("qemu-system-"));
}

static gboolean check_emulator(const PlanRequirement *requirement, GError **error)
{
  struct stat status;

  if (!strchr(requirement->path, '/')) {
    g_autofree char *found = g_find_program_in_path(requirement->path);

    if (found)
      return TRUE;
    requirement_refuse(requirement, error, "the emulator '%s' is not in PATH", requirement->path);
    add_emulator_hint(requirement->path, error);
    return FALSE;
  }
  if (!find(requirement, &status, error)) {
    if (!error_get_hint(*error))
      error_add_hint(error, "without <emulator>, QEMU is looked for in PATH");
    return FALSE;
  }
  return check_kind(requirement, &status, error) &&
         check_access(requirement, requirement->path, X_OK, "execute", error);
}

static gboolean check_program(const PlanRequirement *requirement, GError **error)
{
  struct stat status;

  return find(requirement, &status, error) && check_kind(requirement, &status, error) &&
         check_access(requirement, requirement->path, X_OK, "execute", error);
}

static const char kvm_path[] = "/dev/kvm";

/* A processor runs guests of its own kind, and of the 32 bits that it grew out of. */
static gboolean runs(const char *host, const char *guest)
{
  static const struct {
    const char *host, *guest;
  } others[] = {
    { "x86_64", "i686" }, { "aarch64", "armv7l" }, { "ppc64", "ppc64le" }, { "ppc64le", "ppc64" }
  };

  if (g_str_equal(host, guest))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
    if (g_str_equal(others[i].host, host) && g_str_equal(others[i].guest, guest))
      return TRUE;
  }
  return FALSE;
}

static gboolean check_kvm(const PlanRequirement *requirement, GError **error)
{
  g_autofree char *access = NULL;
  struct stat status;
  struct utsname host;
  int saved;

  if (requirement->path && uname(&host) == 0 && !runs(host.machine, requirement->path)) {
    requirement_refuse(requirement, error, "'kvm' needs a host of architecture '%s', and this is '%s'",
                       requirement->path, host.machine);
    return error_add_hint(error, "run it without: --type=qemu (slower)");
  }
  if (stat(kvm_path, &status) < 0) {
    requirement_refuse(requirement, error, "'kvm' needs %s: %s", kvm_path, g_strerror(errno));
    return error_add_hint(error, "load the kernel's kvm module, or run without it: --type=qemu (slower)");
  }
  if (may(kvm_path, R_OK | W_OK))
    return TRUE;
  saved = errno;
  access = file_rights_describe(&status);
  requirement_refuse(requirement, error, "'kvm' needs %s: %s (%s)", kvm_path, g_strerror(saved), access);
  if ((status.st_mode & (S_IRGRP | S_IWGRP)) == (S_IRGRP | S_IWGRP) && getgrgid(status.st_gid))
    return error_add_hint(error, "join the group '%s', or run without it: --type=qemu (slower)",
                          getgrgid(status.st_gid)->gr_name);
  return error_add_hint(error, "have its access rights changed, or run without it: --type=qemu (slower)");
}

static gboolean check_device(const PlanRequirement *requirement, GError **error)
{
  struct stat status;

  if (!find(requirement, &status, error))
    return FALSE;
  if (!S_ISCHR(status.st_mode))
    return requirement_refuse(requirement, error, "'%s' is not a character device", requirement->path);
  return check_access(requirement, requirement->path, R_OK, "read", error) &&
         check_access(requirement, requirement->path, W_OK, "write", error);
}

static gboolean is_fifo(const char *path)
{
  struct stat status;

  return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* QEMU takes NAME.in and NAME.out where both are there, else NAME for both ways. */
static gboolean check_pipe(const PlanRequirement *requirement, GError **error)
{
  const char *path = requirement->path;
  g_autofree char *in = g_strconcat(path, ".in", NULL);
  g_autofree char *out = g_strconcat(path, ".out", NULL);

  if (is_fifo(in) && is_fifo(out))
    return check_access(requirement, in, R_OK, "read", error) &&
           check_access(requirement, out, W_OK, "write", error);
  if (is_fifo(path))
    return check_access(requirement, path, R_OK, "read", error) &&
           check_access(requirement, path, W_OK, "write", error);
  requirement_refuse(requirement, error, "there is no FIFO '%s', and no two '%s' and '%s'", path, in, out);
  return error_add_hint(error, "mkfifo(1) makes one");
}

static gboolean check_socket(const PlanRequirement *requirement, GError **error)
{
  struct stat status;

  if (!find(requirement, &status, error))
    return FALSE;
  if (!S_ISSOCK(status.st_mode))
    return requirement_refuse(requirement, error, "'%s' is not a socket", requirement->path);
  return check_access(requirement, requirement->path, W_OK, "connect to", error);
}

/* QEMU removes what has the socket's name, whatever it is. */
static gboolean check_listen(const PlanRequirement *requirement, GError **error)
{
  g_autofree char *directory = g_path_get_dirname(requirement->path);
  struct stat status;

  if (lstat(requirement->path, &status) == 0 && !S_ISSOCK(status.st_mode))
    return requirement_refuse(requirement, error, "'%s' is there, and is not a socket", requirement->path);
  if (listener_has_path(requirement->path))
    return requirement_refuse(requirement, error, "another program listens on '%s'", requirement->path);
  if (stat(directory, &status) < 0)
    return refuse_directory(requirement, directory, errno, error);
  return check_access(requirement, directory, W_OK | X_OK, "make files in", error);
}

static gboolean check_port(const PlanRequirement *requirement, GError **error)
{
  g_autofree char *reason = NULL;

  if (listener_can_bind(requirement->path, requirement->kind == PLAN_REQUIRE_UDP_PORT, &reason))
    return TRUE;
  return requirement_refuse(requirement, error, "%s", reason);
}

static gboolean check_helper(const PlanRequirement *requirement, GError **error)
{
  g_autofree char *found = g_find_program_in_path(requirement->path);

  if (found)
    return TRUE;
  requirement_refuse(requirement, error, "the program '%s' is not in PATH", requirement->path);
  return error_add_hint(error, "install it; most distributions have a package of that name");
}

static gboolean check_switch(const PlanRequirement *requirement, GError **error)
{
  g_autofree char *found = g_find_program_in_path("ovs-vsctl");

  if (!found) {
    requirement_refuse(requirement, error,
                       "ovs-vsctl, which attaches to the Open vSwitch bridge '%s', is not in PATH",
                       requirement->path);
    return error_add_hint(error, "install Open vSwitch; without <virtualport> a bridge of Linux is meant");
  }
  return bridge_check_tun(requirement, error);
}

static gboolean (*const checks[])(const PlanRequirement *requirement, GError **error) = {
  [PLAN_REQUIRE_READ] = check_read,
  [PLAN_REQUIRE_WRITE] = check_write,
  [PLAN_REQUIRE_CREATE] = check_create,
  [PLAN_REQUIRE_DIRECTORY] = check_directory,
  [PLAN_REQUIRE_EMULATOR] = check_emulator,
  [PLAN_REQUIRE_KVM] = check_kvm,
  [PLAN_REQUIRE_DEVICE] = check_device,
  [PLAN_REQUIRE_PIPE] = check_pipe,
  [PLAN_REQUIRE_SOCKET] = check_socket,
  [PLAN_REQUIRE_POOL] = pools_refuse,
  [PLAN_REQUIRE_SECRET] = secrets_check,
  [PLAN_REQUIRE_HUGEPAGES] = hugepages_check,
  [PLAN_REQUIRE_FIRMWARE] = firmware_refuse,
  [PLAN_REQUIRE_VARIABLES] = check_variables,
  [PLAN_REQUIRE_LISTEN] = check_listen,
  [PLAN_REQUIRE_TCP_PORT] = check_port,
  [PLAN_REQUIRE_UDP_PORT] = check_port,
  [PLAN_REQUIRE_PROGRAM] = check_program,
  [PLAN_REQUIRE_TUN] = bridge_check_tun,
  [PLAN_REQUIRE_TAP] = bridge_check_tap,
  [PLAN_REQUIRE_BRIDGE] = bridge_check,
  [PLAN_REQUIRE_NETWORK] = bridge_check_network,
  [PLAN_REQUIRE_SWITCH] = check_switch,
  [PLAN_REQUIRE_PARENT] = macvtap_check_parent,
  [PLAN_REQUIRE_PCI] = pci_check,
  [PLAN_REQUIRE_LOCKED] = vfio_check_locked,
  [PLAN_REQUIRE_USB] = usb_check,
  [PLAN_REQUIRE_SCSI] = scsi_check,
  [PLAN_REQUIRE_MDEV] = mdev_check,
  [PLAN_REQUIRE_HELPER] = check_helper,
  [PLAN_REQUIRE_TPM] = swtpm_check,
  [PLAN_REQUIRE_CLOUD_INIT] = cloud_init_check,
  [PLAN_REQUIRE_VIRTIOFSD] = virtiofsd_check,
  [PLAN_REQUIRE_CPUS] = threads_check_cpus,
  [PLAN_REQUIRE_SCHEDULER] = threads_check_scheduler,
};

static gboolean is_image(const PlanRequirement *requirement)
{
  return requirement->kind == PLAN_REQUIRE_READ || requirement->kind == PLAN_REQUIRE_WRITE;
}

/* A file, whatever it is called: through a link, or by another path. */
typedef struct {
  dev_t device;
  ino_t inode;
} FileId;

/* The ways in which a guest can have a file. */
enum { WAY_WRITES = 1 << 0, WAY_SHARES = 1 << 1, WAYS = 4 };

/* The first requirement for a file, of each way. */
typedef struct {
  FileId id;
  const PlanRequirement *first[WAYS];
} KnownFile;

static guint file_id_hash(gconstpointer key)
{
  const FileId *id = key;
  guint64 mixed = (guint64)id->inode * 31 + (guint64)id->device;

  return g_int64_hash(&mixed);
}

static gboolean file_id_equal(gconstpointer a, gconstpointer b)
{
  const FileId *x = a, *y = b;

  return x->device == y->device && x->inode == y->inode;
}

static KnownFile *know_file(GHashTable *files, const struct stat *status)
{
  FileId id = { status->st_dev, status->st_ino };
  KnownFile *file = g_hash_table_lookup(files, &id);

  if (!file) {
    file = g_new0(KnownFile, 1);
    file->id = id;
    g_hash_table_insert(files, &file->id, file);
  }
  return file;
}

/* The first of those before it with which @way does not go: two may only read a file, or both share it. */
static const PlanRequirement *find_rival(const KnownFile *file, guint way)
{
  const PlanRequirement *rival = NULL;

  for (guint other = 0; other < WAYS; other++) {
    const PlanRequirement *first = file->first[other];

    if (!first || !((way | other) & WAY_WRITES) || (way & other & WAY_SHARES))
      continue;
    if (!rival || first->place.line < rival->place.line)
      rival = first;
  }
  return rival;
}

/* One file that two disks write is a file that is lost. The same path twice the document's own check has
 * refused. */
static gboolean check_alone(const PlanRequirement *requirement, GHashTable *files, GError **error)
{
  guint way =
      (requirement->kind == PLAN_REQUIRE_WRITE ? WAY_WRITES : 0) | (requirement->is_shared ? WAY_SHARES : 0);
  const PlanRequirement *rival;
  struct stat status;
  KnownFile *file;

  if (!is_image(requirement) || stat(requirement->path, &status) < 0 ||
      (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)))
    return TRUE;
  file = know_file(files, &status);
  rival = find_rival(file, way);
  if (!file->first[way])
    file->first[way] = requirement;
  if (!rival)
    return TRUE;
  return requirement_refuse(requirement, error,
                            "'%s' is the same file as '%s' on line %d, and one of the two is written",
                            requirement->path, rival->path, rival->place.line);
}

/* A device that the document names once by what it is and once by where it is: QEMU would find out with the
 * guest half made. */
static gboolean check_usb_alone(const PlanRequirement *requirement, GHashTable *devices, GError **error)
{
  g_autofree char *node = requirement->kind == PLAN_REQUIRE_USB ? usb_find(&requirement->usb) : NULL;
  const PlanRequirement *rival = node ? g_hash_table_lookup(devices, node) : NULL;

  if (rival)
    return requirement_refuse(requirement, error, "%s is %s, which line %d gives the guest as %s, too",
                              requirement->path, node, rival->place.line, rival->path);
  if (node)
    g_hash_table_insert(devices, g_steal_pointer(&node), (gpointer)requirement);
  return TRUE;
}

void requirements_check(const Plan *plan, Report *report)
{
  g_autoptr(GHashTable) devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) files = g_hash_table_new_full(file_id_hash, file_id_equal, NULL, g_free);

  for (guint i = 0; i < plan->requirements->len; i++) {
    const PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);
    GError *error = NULL, *rival_error = NULL;
    gboolean is_alone =
        check_alone(requirement, files, &rival_error) && check_usb_alone(requirement, devices, &rival_error);

    if (requirement->kind < G_N_ELEMENTS(checks) && checks[requirement->kind] &&
        !checks[requirement->kind](requirement, &error)) {
      g_clear_error(&rival_error);
      report_error(report, error);
    } else if (!is_alone) {
      report_error(report, rival_error);
    }
  }
  pci_check_groups(plan, report);
}
