/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/control-group.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/patience.h"

/* How long processes that end may still be in a group, and how often it is looked, in milliseconds. */
enum { END_PATIENCE = 2000, END_PAUSE = 5 };

static const char leaf_prefix[] = "domrun-supervisor-";

enum { USUAL_PERIOD = 100000 }; /* the kernel's, in microseconds */

struct ControlGroup {
  const PlanLimits *limits;
  char *parent;
  char *path;
  char *own_leaf;      /* where this process went; NULL: it stayed */
  pid_t waiting;       /* its parent, which goes with it; 0: none */
  GHashTable *threads; /* paths of the groups of threads */
  int fd;
};

/* ---- Files of a group ---- */

/* The kernel's directories take no file that is not there. */
static gboolean write_file(const char *group, const char *file, const char *value, GError **error)
{
  g_autofree char *path = g_build_filename(group, file, NULL);
  autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value))
    return TRUE;
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot write '%s' to '%s': %s", value, path,
                   g_strerror(errno));
}

static gboolean has_word(const char *group, const char *file, const char *word)
{
  g_autofree char *path = g_build_filename(group, file, NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) words = NULL;

  if (!g_file_get_contents(path, &text, NULL, NULL))
    return FALSE;
  words = g_strsplit_set(text, " \n", -1);
  return g_strv_contains((const char *const *)words, word);
}

static gboolean make_directory(const char *path, GError **error)
{
  if (mkdir(path, 0755) == 0 || errno == EEXIST)
    return TRUE;
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make the control group '%s': %s", path,
                   g_strerror(errno));
}

/* ---- The limits ---- */

/* A limit that cannot be is no reason not to run. */
static void set(const ControlGroup *group, const char *file, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void set(const ControlGroup *group, const char *file, const char *format, ...)
{
  g_autofree char *value = NULL;
  g_autoptr(GError) error = NULL;
  va_list arguments;

  va_start(arguments, format);
  value = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  if (!write_file(group->path, file, value, &error))
    announce_notice("the guest has no limit '%s': %s", file, error->message);
}

static void set_kib(const ControlGroup *group, const char *file, guint64 kib)
{
  if (kib != PLAN_NO_LIMIT)
    set(group, file, "%" G_GUINT64_FORMAT, kib * 1024);
}

static char *describe_quota(const PlanQuota *quota)
{
  return g_strdup_printf("%" G_GUINT64_FORMAT " %u", quota->quota,
                         quota->period ? quota->period : USUAL_PERIOD);
}

static void set_device(const ControlGroup *group, const PlanIoDevice *device)
{
  static const char *const keys[PLAN_IO_LAST] = {
    [PLAN_IO_READ_BYTES] = "rbps",
    [PLAN_IO_WRITE_BYTES] = "wbps",
    [PLAN_IO_READS] = "riops",
    [PLAN_IO_WRITES] = "wiops",
  };
  g_autoptr(GString) limits = g_string_new(NULL);
  struct stat status;

  if (stat(device->path, &status) < 0 || !S_ISBLK(status.st_mode)) {
    announce_notice("%s:%d: '%s' is no block device of this host, and is not limited", device->place.file,
                    device->place.line, device->path);
    return;
  }
  if (device->weight)
    set(group, "io.weight", "%u:%u %u", major(status.st_rdev), minor(status.st_rdev), device->weight);
  for (guint i = 0; i < PLAN_IO_LAST; i++) {
    if (device->limits[i])
      g_string_append_printf(limits, " %s=%" G_GUINT64_FORMAT, keys[i], device->limits[i]);
  }
  if (limits->len > 0)
    set(group, "io.max", "%u:%u%s", major(status.st_rdev), minor(status.st_rdev), limits->str);
}

static void set_all(const ControlGroup *group)
{
  const PlanLimits *limits = group->limits;

  if (limits->cpu_weight)
    set(group, "cpu.weight", "%u", limits->cpu_weight);
  if (limits->guest.quota) {
    g_autofree char *quota = describe_quota(&limits->guest);

    set(group, "cpu.max", "%s", quota);
  }
  set_kib(group, "memory.max", limits->memory_max_kib);
  set_kib(group, "memory.high", limits->memory_high_kib);
  set_kib(group, "memory.swap.max", limits->memory_swap_kib);
  if (limits->memory_low_kib)
    set_kib(group, "memory.low", limits->memory_low_kib);
  if (limits->io_weight)
    set(group, "io.weight", "default %u", limits->io_weight);
  for (guint i = 0; limits->io_devices && i < limits->io_devices->len; i++)
    set_device(group, &g_array_index(limits->io_devices, PlanIoDevice, i));
}

/* ---- Controllers ---- */

static gboolean limits_threads(const PlanLimits *limits)
{
  gboolean is_limited = FALSE;

  for (guint i = 0; i < PLAN_THREAD_LAST; i++)
    is_limited |= limits->threads[i].quota > 0;
  return is_limited;
}

static gboolean needs(const PlanLimits *limits, const char *controller)
{
  if (g_str_equal(controller, "cpu"))
    return limits->cpu_weight || limits->guest.quota || limits_threads(limits);
  if (g_str_equal(controller, "memory"))
    return limits->memory_max_kib != PLAN_NO_LIMIT || limits->memory_high_kib != PLAN_NO_LIMIT ||
           limits->memory_swap_kib != PLAN_NO_LIMIT || limits->memory_low_kib;
  return limits->io_weight || (limits->io_devices && limits->io_devices->len > 0);
}

/* Moves this process, and the one that waits for it, as long as that does. */
static gboolean move(const char *group, pid_t waiting, GError **error)
{
  g_autofree char *own = g_strdup_printf("%d", (int)getpid());
  g_autofree char *other = g_strdup_printf("%d", (int)waiting);

  if (!write_file(group, "cgroup.procs", own, error))
    return FALSE;
  if (waiting > 0 && getppid() == waiting)
    write_file(group, "cgroup.procs", other, /* error= */ NULL); /* it may end meanwhile */
  return TRUE;
}

static gboolean has_processes(const char *path)
{
  g_autofree char *file = g_build_filename(path, "cgroup.procs", NULL);
  g_autofree char *text = NULL;

  return g_file_get_contents(file, &text, NULL, NULL) && *text;
}

/* How often a group is made that others remove before this process is in it: see sweep(). */
enum { ENTER_TRIES = 3 };

static gboolean enter(const char *leaf, pid_t waiting, GError **error)
{
  for (guint i = 1;; i++) {
    GError *cause = NULL;

    if (!make_directory(leaf, error))
      return FALSE;
    if (move(leaf, waiting, &cause))
      return TRUE;
    if (i == ENTER_TRIES || access(leaf, F_OK) == 0) {
      rmdir(leaf);
      g_propagate_error(error, cause);
      return FALSE;
    }
    g_error_free(cause);
  }
}

/* Alone the root of all groups, which has no type, may have processes and divide what it has. (A controller
 * that can tell threads apart could be enabled beside processes, too; then the guest's group could have no
 * others.) */
static gboolean leave_parent(ControlGroup *group, GError **error)
{
  g_autofree char *name = g_strdup_printf("%s%d", leaf_prefix, (int)getpid());
  g_autofree char *leaf = g_build_filename(group->parent, name, NULL);
  g_autofree char *type = g_build_filename(group->parent, "cgroup.type", NULL);

  if (access(type, F_OK) < 0 || group->own_leaf)
    return TRUE;
  if (!enter(leaf, group->waiting, error))
    return FALSE;
  group->own_leaf = g_steal_pointer(&leaf);
  if (!has_processes(group->parent))
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "other processes are in the control group '%s', too",
            group->parent);
  return error_add_hint(error,
                        "'systemd-run --scope -p Delegate=yes domrun run ...' gives domrun one of its own");
}

static gboolean enable(ControlGroup *group, const char *controller, GError **error)
{
  static const char file[] = "cgroup.subtree_control";
  g_autofree char *wish = g_strconcat("+", controller, NULL);

  if (!has_word(group->parent, "cgroup.controllers", controller))
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL,
                     "the control group '%s' has no controller '%s' to give away", group->parent, controller);
  if (has_word(group->parent, file, controller))
    return TRUE;
  return leave_parent(group, error) && write_file(group->parent, file, wish, error);
}

static gboolean enable_all(ControlGroup *group, GError **error)
{
  static const char *const controllers[] = { "memory", "io", "cpu" };

  for (gsize i = 0; i < G_N_ELEMENTS(controllers); i++) {
    if (needs(group->limits, controllers[i]) && !enable(group, controllers[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean make(ControlGroup *group, GError **error)
{
  g_autofree char *processes = g_build_filename(group->path, "cgroup.procs", NULL);

  if (!make_directory(group->path, error))
    return FALSE;
  group->fd = open(processes, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  return group->fd >= 0 || error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot open '%s': %s", processes,
                                     g_strerror(errno));
}

ControlGroup *control_group_new(const PlanLimits *limits, const char *root, const char *own, const char *name,
                                pid_t waiting, GError **error)
{
  ControlGroup *group = g_new0(ControlGroup, 1);

  group->limits = limits;
  group->waiting = waiting;
  group->fd = -1;
  group->threads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  group->parent = g_build_filename(root, own, NULL);
  group->path = g_build_filename(group->parent, name, NULL);
  if (!enable_all(group, error) || !make(group, error)) {
    control_group_free(group);
    return NULL;
  }
  set_all(group);
  return group;
}

int control_group_fd(const ControlGroup *group)
{
  return group->fd;
}

/* ---- Threads ---- */

/* The group of a kind of threads, or of one; its limit is set where it is new. */
static gboolean ensure_threads(const ControlGroup *group, const char *path, const PlanQuota *quota,
                               GError **error)
{
  g_autofree char *value = describe_quota(quota);

  if (g_hash_table_contains(group->threads, path))
    return TRUE;
  if (!make_directory(path, error))
    return FALSE;
  g_hash_table_add(group->threads, g_strdup(path));
  return write_file(path, "cgroup.type", "threaded", error) &&
         write_file(group->path, "cgroup.subtree_control", "+cpu", error) &&
         write_file(path, "cpu.max", value, error);
}

gboolean control_group_limit(const ControlGroup *group, PlanThreadKind kind, guint32 id, pid_t thread,
                             GError **error)
{
  static const char *const names[PLAN_THREAD_LAST] = {
    [PLAN_THREAD_VCPU] = "vcpu",
    [PLAN_THREAD_IOTHREAD] = "iothread",
    [PLAN_THREAD_EMULATOR] = "emulator",
  };
  const PlanQuota *quota = &group->limits->threads[kind];
  g_autofree char *name = NULL, *path = NULL, *number = NULL;

  if (quota->quota == 0)
    return TRUE;
  name = kind == PLAN_THREAD_EMULATOR ? g_strdup(names[kind]) : g_strdup_printf("%s%u", names[kind], id);
  path = g_build_filename(group->path, name, NULL);
  number = g_strdup_printf("%d", (int)thread);
  return ensure_threads(group, path, quota, error) && write_file(path, "cgroup.threads", number, error);
}

/* ---- The end ---- */

/* The groups right below it, as paths. */
static GPtrArray *list_groups(const char *path)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func(g_free);
  GDir *directory = g_dir_open(path, 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name(directory))) {
    g_autofree char *group = g_build_filename(path, name, NULL);

    if (g_file_test(group, G_FILE_TEST_IS_DIR) && !g_file_test(group, G_FILE_TEST_IS_SYMLINK))
      g_ptr_array_add(groups, g_steal_pointer(&group));
  }
  if (directory)
    g_dir_close(directory);
  return groups;
}

/* Supervisors that ended while others stood beside them could not go back. rmdir(2) leaves those with
 * processes. */
static void sweep(const GPtrArray *groups, const char *leaf)
{
  for (guint i = 0; i < groups->len; i++) {
    const char *group = g_ptr_array_index(groups, i);
    const char *slash = strrchr(group, '/');

    if (g_str_has_prefix(slash + 1, leaf_prefix) && !g_str_equal(group, leaf))
      rmdir(group);
  }
}

static gboolean is_in(const char *group)
{
  g_autofree char *number = g_strdup_printf("%d", (int)getpid());

  return has_word(group, "cgroup.procs", number);
}

/* As it was before, unless others use it by now. Nobody is moved but this process and who waits for it. */
static void join_again(const char *parent, const char *leaf, pid_t waiting)
{
  static const char *const wishes[] = { "-cpu", "-io", "-memory" };
  g_autoptr(GPtrArray) before = list_groups(parent), groups = NULL;
  gboolean is_own = is_in(leaf);

  sweep(before, leaf);
  if (!is_own && rmdir(leaf) < 0 && errno != ENOENT)
    return;
  groups = list_groups(parent);
  if (groups->len > (is_own ? 1 : 0))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS(wishes); i++)
    write_file(parent, "cgroup.subtree_control", wishes[i], /* error= */ NULL);
  if (is_own && move(parent, waiting, /* error= */ NULL))
    rmdir(leaf);
}

/* FALSE with errno set. */
static gboolean remove_groups(const char *path)
{
  g_autoptr(GPtrArray) threads = list_groups(path);

  for (guint i = 0; i < threads->len; i++)
    rmdir(g_ptr_array_index(threads, i));
  return rmdir(path) == 0 || errno == ENOENT;
}

static gboolean remove_all(const char *path, const char *leaf, pid_t waiting)
{
  g_autofree char *parent = g_path_get_dirname(path);
  gboolean is_gone = remove_groups(path);

  if (!is_gone)
    announce_notice("the control group '%s' stays: %s", path, g_strerror(errno));
  if (leaf)
    join_again(parent, leaf, waiting);
  return is_gone;
}

gboolean control_group_remove(const char *path, const char *leaf)
{
  return remove_all(path, leaf, /* waiting= */ 0);
}

/* What has closed its sockets may not have left the group yet. */
static void await_ends(const char *path)
{
  gint64 deadline = g_get_monotonic_time() + patience_of(END_PATIENCE) * G_GINT64_CONSTANT(1000);

  while (!remove_groups(path) && errno == EBUSY && g_get_monotonic_time() < deadline)
    g_usleep(END_PAUSE * 1000);
}

const char *control_group_path(const ControlGroup *group)
{
  return group->path;
}

const char *control_group_leaf(const ControlGroup *group)
{
  return group->own_leaf;
}

gboolean control_group_free(ControlGroup *group)
{
  gboolean is_gone;

  if (!group)
    return TRUE;
  fd_clear(&group->fd);
  await_ends(group->path);
  is_gone = remove_all(group->path, group->own_leaf, group->waiting);
  g_hash_table_unref(group->threads);
  g_free(group->own_leaf);
  g_free(group->path);
  g_free(group->parent);
  g_free(group);
  return is_gone;
}
