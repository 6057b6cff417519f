/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lock is a file in the directory that it guards, and both are removed at the end. Two starts at the same
 * instant are kept apart so: a lock counts only if, once it is held, its file still stands in the directory
 * under its name. Whoever opened a file that was removed meanwhile tries again, in a directory of its own.
 * Each new try means that another guest of the name ended in between, so this does not spin.
 *
 * Others find out by the lock, too, whether a guest runs. So that a look does not make a start fail, or a
 * start find a directory that is just being removed, the root has a lock of its own: who starts holds it
 * shared, who looks holds it alone, and both for no longer than a few system calls. Whoever may open the root
 * can hold that lock for longer, out of malice: it is not waited for without an end.
 *
 * QEMU has a lock of its own (emulator-lock.h). It is looked at only by whoever has the first lock, or the
 * root's alone and finds the first one free: nobody starts then.
 */
#include "config.h"

#include "host/runtime-dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/patience.h"
#include "host/emulator-lock.h"
#include "host/leftovers.h"
#include "host/runtime-place.h"

struct RuntimeDir {
  char *path;
  char *id; /* the directory's name in its root */
  int root_fd;
  int fd;
  int lock_fd;
  char *sockets_path; /* NULL where it is only looked at */
  int sockets_fd;     /* -1: not made */
  gboolean is_usual;  /* its root is one of the usual places */
};

struct RuntimeRoot {
  char *path;
  int fd;   /* -1: it is not there */
  int lack; /* an errno: why something could not be seen; 0: all was */
};

static const char lock_name[] = "lock";
static const char sockets_name[] = "sockets";
static const char *const nothing[] = { NULL };
static const char *const notes[] = { LEFTOVERS_GROUP_FILE, NULL };

/* The first 64 bits of a SHA-256: long enough that no two guests of one user meet by chance. */
enum { ID_LENGTH = 16 };

/* Connections that may wait to be taken: many commands at the same instant. */
enum { BACKLOG = 64 };

/* Directories in directories that are removed with what is left of a guest. */
enum { MAX_DEPTH = 16 };

/* How long the root's lock is tried, and how often, in milliseconds. */
enum { ROOT_LOCK_PATIENCE = 2000, ROOT_LOCK_PAUSE = 2 };

/* How long a QEMU has to end whose supervisor was killed, and how often it is looked, in milliseconds: one
 * with much memory takes its time. */
enum { EMULATOR_PATIENCE = 2000, EMULATOR_PAUSE = 5 };

static gboolean host_error(GError **error, const char *what, const char *path)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot %s '%s': %s", what, path, g_strerror(errno));
}

static char *id_of(const char *name)
{
  g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);

  return g_strndup(hash, ID_LENGTH);
}

/* Makes and opens the guest's directory. FALSE with @error unset: it went away meanwhile. */
static gboolean open_guest(RuntimeDir *directory, GError **error)
{
  struct stat status;

  fd_clear(&directory->fd);
  if (mkdirat(directory->root_fd, directory->id, 0700) < 0 && errno != EEXIST)
    return host_error(error, "make the directory", directory->path);
  directory->fd = openat(directory->root_fd, directory->id, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory->fd < 0 && errno == ENOENT)
    return FALSE;
  if (directory->fd < 0 || fstat(directory->fd, &status) < 0)
    return host_error(error, "open the directory", directory->path);
  if (status.st_uid != geteuid())
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the directory '%s' belongs to another user",
                     directory->path);
  return TRUE;
}

static gboolean is_in_place(const RuntimeDir *directory)
{
  struct stat held, named;

  return fstat(directory->lock_fd, &held) == 0 &&
         fstatat(directory->fd, lock_name, &named, AT_SYMLINK_NOFOLLOW) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

static int lock(int fd, int how)
{
  int result;

  do
    result = flock(fd, how);
  while (result < 0 && errno == EINTR);
  return result;
}

/* FALSE with errno set: EWOULDBLOCK where somebody holds it for too long. */
static gboolean lock_root(const RuntimeDir *directory, int how)
{
  gint64 deadline = g_get_monotonic_time() + patience_of(ROOT_LOCK_PATIENCE) * G_GINT64_CONSTANT(1000);

  while (lock(directory->root_fd, how | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK || g_get_monotonic_time() >= deadline)
      return FALSE;
    g_usleep(ROOT_LOCK_PAUSE * 1000);
  }
  return TRUE;
}

static gboolean root_lock_error(const RuntimeDir *directory, GError **error)
{
  g_autofree char *root = g_path_get_dirname(directory->path);

  if (errno != EWOULDBLOCK)
    return host_error(error, "lock the directory", root);
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "another process keeps the directory '%s' locked", root);
  return error_add_hint(error, "'fuser -v %s' tells which; or name a directory of your own: --root=DIR",
                        root);
}

gboolean runtime_dir_lock_root(const RuntimeDir *directory, gboolean is_alone, GError **error)
{
  return lock_root(directory, is_alone ? LOCK_EX : LOCK_SH) || root_lock_error(directory, error);
}

void runtime_dir_unlock_root(const RuntimeDir *directory)
{
  lock(directory->root_fd, LOCK_UN);
}

static gboolean orphan_error(const char *name, GError **error)
{
  error_set(error, DOMRUN_ERROR_TAKEN, NULL, NULL,
            "the guest '%s' still has its QEMU, though its supervisor was killed", name);
  return error_add_hint(error,
                        "'domrun adopt %s' looks after it again, as 'domrun run --adopt' does; 'domrun "
                        "destroy %s' ends it",
                        name, name);
}

/* Takes the lock. FALSE with @error unset: the directory, or the lock in it, went away meanwhile. Where the
 * last QEMU is there still, *@is_orphaned, nobody who looks has seen the lock taken. */
static gboolean take_lock(RuntimeDir *directory, const char *name, gboolean *is_orphaned, GError **error)
{
  int result, cause;

  *is_orphaned = FALSE;
  fd_clear(&directory->lock_fd);
  directory->lock_fd =
      openat(directory->fd, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
  if (directory->lock_fd < 0 && errno == ENOENT)
    return FALSE;
  if (directory->lock_fd < 0) {
    host_error(error, "make the lock in", directory->path);
    unlinkat(directory->root_fd, directory->id, AT_REMOVEDIR); /* if empty; another start makes it anew */
    return FALSE;
  }
  if (!lock_root(directory, LOCK_SH))
    return root_lock_error(directory, error);
  result = flock(directory->lock_fd, LOCK_EX | LOCK_NB);
  cause = errno;
  if (result == 0 && emulator_lock_is_held(directory->fd)) {
    *is_orphaned = TRUE;
    fd_clear(&directory->lock_fd);
  }
  lock(directory->root_fd, LOCK_UN);
  if (*is_orphaned)
    return orphan_error(name, error);
  if (result < 0) {
    errno = cause;
    if (cause != EWOULDBLOCK)
      return host_error(error, "lock", directory->path);
    error_set(error, DOMRUN_ERROR_TAKEN, NULL, NULL, "the guest '%s' is already running", name);
    return error_add_hint(
        error, "'domrun console %s' connects to it, 'domrun destroy %s' ends it; its lock is in '%s'", name,
        name, directory->path);
  }
  return is_in_place(directory);
}

/* Removes what is in the directory @name of @parent, but for @kept. What somebody has put there may be a
 * directory. */
static void remove_in(int parent, const char *name, const char *const *kept, int depth)
{
  autofd int fd = openat(parent, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
  const struct dirent *entry;
  int here;

  if (!stream)
    return;
  here = g_steal_fd(&fd);
  while ((entry = readdir(stream))) {
    if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, "..") ||
        g_strv_contains(kept, entry->d_name) || unlinkat(here, entry->d_name, 0) == 0 || depth >= MAX_DEPTH)
      continue;
    remove_in(here, entry->d_name, nothing, depth + 1);
    unlinkat(here, entry->d_name, AT_REMOVEDIR);
  }
  closedir(stream);
}

/* Removes what an earlier supervisor left, or what this one made, but for @kept; never the lock, nor QEMU's
 * where some process has that still. */
static void remove_contents(const RuntimeDir *directory, const char *const *kept)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new();

  g_ptr_array_add(all, (char *)lock_name);
  if (emulator_lock_is_held(directory->fd))
    g_ptr_array_add(all, (char *)emulator_lock_name);
  for (; *kept; kept++)
    g_ptr_array_add(all, (char *)*kept);
  g_ptr_array_add(all, NULL);
  remove_in(directory->fd, ".", (const char *const *)all->pdata, /* depth= */ 0);
}

/* FALSE with @error unset: something went away meanwhile. A QEMU that was killed with its supervisor is
 * waited for, without the lock, so that somebody else may end it: *@was_orphaned then. */
static gboolean take_guest(RuntimeDir *directory, const char *name, gint64 deadline, gboolean *was_orphaned,
                           GError **error)
{
  g_autoptr(GError) cause = NULL;
  gboolean is_orphaned = FALSE;

  if (open_guest(directory, &cause) && take_lock(directory, name, &is_orphaned, &cause))
    return TRUE;
  *was_orphaned |= is_orphaned;
  if (*was_orphaned && g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_TAKEN) &&
      emulator_lock_is_passing(directory->fd) && g_get_monotonic_time() < deadline) {
    g_usleep(EMULATOR_PAUSE * 1000);
    return FALSE;
  }
  if (cause)
    g_propagate_error(error, g_steal_pointer(&cause));
  return FALSE;
}

static RuntimeDir *open_root_of(const char *root, const char *name, GError **error)
{
  g_autoptr(RuntimeDir) directory = g_new0(RuntimeDir, 1);
  g_autofree char *root_path = NULL;

  directory->fd = directory->lock_fd = directory->sockets_fd = -1;
  directory->root_fd = runtime_place_make(root, &root_path, error);
  if (directory->root_fd < 0)
    return NULL;
  directory->is_usual = root == NULL;
  directory->id = id_of(name);
  directory->path = g_build_filename(root_path, directory->id, NULL);
  directory->sockets_path = g_build_filename(directory->path, sockets_name, NULL);
  return g_steal_pointer(&directory);
}

RuntimeDir *runtime_dir_new(const char *root, const char *name, GError **error)
{
  g_autoptr(RuntimeDir) directory = open_root_of(root, name, error);
  gboolean was_orphaned = FALSE;
  gint64 deadline = g_get_monotonic_time() + patience_of(EMULATOR_PATIENCE) * G_GINT64_CONSTANT(1000);
  GError *cause = NULL;

  if (!directory)
    return NULL;
  while (!take_guest(directory, name, deadline, &was_orphaned, &cause)) {
    if (cause) {
      g_propagate_error(error, cause);
      fd_clear(&directory->lock_fd); /* it is not ours: nothing is removed */
      return NULL;
    }
  }
  leftovers_release(directory->fd);
  remove_contents(directory, notes);
  return g_steal_pointer(&directory);
}

/* The lock of a guest that has a QEMU and nobody else. Whoever looks keeps nobody from it: see take_lock().
 */
static gboolean take_over(RuntimeDir *directory, const char *name, GError **error)
{
  gboolean is_running, is_taken;

  directory->fd = openat(directory->root_fd, directory->id, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory->fd >= 0)
    directory->lock_fd = openat(directory->fd, lock_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
  if (directory->lock_fd < 0)
    return error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "the guest '%s' has just ended", name);
  if (!lock_root(directory, LOCK_SH))
    return root_lock_error(directory, error);
  is_taken = flock(directory->lock_fd, LOCK_EX | LOCK_NB) < 0;
  is_running = !is_taken && emulator_lock_is_held(directory->fd);
  lock(directory->root_fd, LOCK_UN);
  if (is_taken)
    return error_set(error, DOMRUN_ERROR_TAKEN, NULL, NULL, "the guest '%s' has a supervisor", name);
  return (is_running && is_in_place(directory)) ||
         error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "the guest '%s' has just ended", name);
}

RuntimeDir *runtime_dir_adopt(const char *root, const char *name, GError **error)
{
  g_autoptr(RuntimeDir) directory = open_root_of(root, name, error);

  if (directory && take_over(directory, name, error)) {
    directory->sockets_fd = openat(directory->fd, sockets_name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return g_steal_pointer(&directory);
  }
  if (directory)
    fd_clear(&directory->lock_fd); /* nothing is removed */
  return NULL;
}

/* Where something of the guest is left on the host, the lock stays with the note of that. */
static void remove_all(const RuntimeDir *directory)
{
  remove_contents(directory, notes);
  if (leftovers_are_there(directory->fd))
    return;
  unlinkat(directory->fd, lock_name, 0);
  unlinkat(directory->root_fd, directory->id, AT_REMOVEDIR);
}

static void clear(RuntimeDir *directory)
{
  fd_clear(&directory->lock_fd);
  fd_clear(&directory->sockets_fd);
  fd_clear(&directory->fd);
  fd_clear(&directory->root_fd);
  g_free(directory->sockets_path);
  g_free(directory->path);
  g_free(directory->id);
  g_free(directory);
}

void runtime_dir_free(RuntimeDir *directory)
{
  if (!directory)
    return;
  if (directory->lock_fd >= 0 && !emulator_lock_is_held(directory->fd)) {
    remove_all(directory);
  }
  clear(directory);
}

void runtime_dir_let_go(RuntimeDir *directory)
{
  if (directory)
    clear(directory);
}

void runtime_dir_leave(RuntimeDir *directory, const char *const *kept)
{
  remove_contents(directory, kept);
  clear(directory);
}

const char *runtime_dir_path(const RuntimeDir *directory)
{
  return directory->path;
}

int runtime_dir_fd(const RuntimeDir *directory)
{
  return directory->fd;
}

/* Whoever is let pass can look for names, and open what its own rights let it. What the user has named is
 * left as it is. */
static gboolean let_pass(const RuntimeDir *directory)
{
  struct stat status;

  if (fstat(directory->root_fd, &status) < 0 || fchmod(directory->fd, 0711) < 0)
    return FALSE;
  return !directory->is_usual || (status.st_mode & S_IXOTH) ||
         fchmod(directory->root_fd, (status.st_mode & 07777) | S_IXGRP | S_IXOTH) == 0;
}

static gboolean give_sockets(const RuntimeDir *directory, const Account *account, GError **error)
{
  const SpawnIdentity *identity = account_identity(account);
  g_autofree char *barrier = NULL;

  if (fchown(directory->sockets_fd, identity->uid, identity->gid) < 0 || !let_pass(directory))
    return host_error(error, "change the owner of the directory", directory->sockets_path);
  if (account_may(account, directory->sockets_path, X_OK))
    return TRUE;
  host_error(error, "find, as the user as whom QEMU is run, the directory", directory->sockets_path);
  barrier = account_describe_barrier(account, directory->sockets_path);
  return barrier ? error_add_hint(error, "%s", barrier) : FALSE;
}

gboolean runtime_dir_make_sockets(RuntimeDir *directory, const Account *account, GError **error)
{
  fd_clear(&directory->sockets_fd);
  remove_in(directory->fd, sockets_name, nothing, /* depth= */ 1);
  unlinkat(directory->fd, sockets_name, AT_REMOVEDIR);
  if (mkdirat(directory->fd, sockets_name, 0700) == 0)
    directory->sockets_fd = openat(directory->fd, sockets_name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory->sockets_fd < 0)
    return host_error(error, "make the directory", directory->sockets_path);
  return !account || give_sockets(directory, account, error);
}

const char *runtime_dir_sockets_path(const RuntimeDir *directory)
{
  return directory->sockets_path;
}

int runtime_dir_sockets_fd(const RuntimeDir *directory)
{
  return directory->sockets_fd;
}

int runtime_dir_root_fd(const RuntimeDir *directory)
{
  return directory->root_fd;
}

/* By the open directory, and never by its path: whoever may rename a part of that could put another directory
 * in its place meanwhile. The path may also be too long for an address. */
static void make_address(const RuntimeDir *directory, const char *name, struct sockaddr_un *ret_address)
{
  memset(ret_address, 0, sizeof *ret_address);
  ret_address->sun_family = AF_UNIX;
  g_snprintf(ret_address->sun_path, sizeof ret_address->sun_path, "/proc/self/fd/%d/%s", directory->fd, name);
}

static gboolean socket_error(const RuntimeDir *directory, const char *what, const char *name, GError **error)
{
  int saved = errno;
  g_autofree char *path = g_build_filename(directory->path, name, NULL);

  errno = saved;
  return host_error(error, what, path);
}

int runtime_dir_listen(const RuntimeDir *directory, const char *name, GError **error)
{
  autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address;

  make_address(directory, name, &address);
  if (fd >= 0) /* what failed first is the reason */
    unlinkat(directory->fd, name, 0);
  if (fd < 0 || fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
      listen(fd, BACKLOG) < 0) {
    socket_error(directory, "make the socket", name, error);
    return -1;
  }
  return g_steal_fd(&fd);
}

int runtime_dir_connect(const RuntimeDir *directory, const char *name, guint milliseconds, GError **error)
{
  autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct timeval patience = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };
  struct sockaddr_un address;

  make_address(directory, name, &address);
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
      connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
    return g_steal_fd(&fd);
  if (fd >= 0 && errno == EAGAIN)
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "nobody answers at the socket '%s/%s'",
              directory->path, name);
  else
    socket_error(directory, "connect to the socket", name, error);
  return -1;
}

void runtime_dir_unlink(const RuntimeDir *directory, const char *name)
{
  unlinkat(directory->fd, name, 0);
}

/* ---- The directories of others ---- */

static RuntimeRoot *root_new(char *path, int fd)
{
  RuntimeRoot *root = g_new0(RuntimeRoot, 1);

  root->path = path;
  root->fd = fd;
  return root;
}

RuntimeRoot *runtime_root_new(const char *given, GError **error)
{
  g_autofree char *path = NULL;
  int fd;

  return runtime_place_look(given, &path, &fd, error) ? root_new(g_steal_pointer(&path), fd) : NULL;
}

void runtime_root_free(RuntimeRoot *root)
{
  if (!root)
    return;
  fd_clear(&root->fd);
  g_free(root->path);
  g_free(root);
}

const char *runtime_root_path(const RuntimeRoot *root)
{
  return root->path;
}

void runtime_root_note_lack(RuntimeRoot *root)
{
  if (root->lack == 0)
    root->lack = errno;
}

gboolean runtime_root_check(const RuntimeRoot *root, GError **error)
{
  return root->lack == 0 ||
         error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot look at all guests in '%s': %s", root->path,
                   g_strerror(root->lack));
}

/* Others can make directories in a root that all may write to, and in them whatever looks like a guest. The
 * superuser's may be seen, and the superuser sees those of the root's owner. */
static gboolean is_trusted(const RuntimeDir *directory)
{
  struct stat status, root;

  if (fstat(directory->fd, &status) < 0 || fstat(directory->root_fd, &root) < 0)
    return FALSE;
  return status.st_uid == geteuid() || status.st_uid == 0 || (geteuid() == 0 && status.st_uid == root.st_uid);
}

static RuntimeDir *look_at(RuntimeRoot *root, const char *id)
{
  g_autoptr(RuntimeDir) directory = g_new0(RuntimeDir, 1);

  directory->lock_fd = directory->sockets_fd = -1;
  directory->fd = openat(root->fd, id, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  directory->root_fd = directory->fd >= 0 ? fcntl(root->fd, F_DUPFD_CLOEXEC, 0) : -1;
  if (directory->root_fd < 0 && fd_is_lack(errno))
    runtime_root_note_lack(root);
  if (directory->root_fd < 0 || !is_trusted(directory))
    return NULL;
  directory->id = g_strdup(id);
  directory->path = g_build_filename(root->path, id, NULL);
  return g_steal_pointer(&directory);
}

RuntimeDir *runtime_root_find(RuntimeRoot *root, const char *name)
{
  g_autofree char *id = id_of(name);

  return root->fd >= 0 ? look_at(root, id) : NULL;
}

static gboolean is_id(const char *name)
{
  return strlen(name) == ID_LENGTH && strspn(name, "0123456789abcdef") == ID_LENGTH;
}

static DIR *open_root(RuntimeRoot *root)
{
  autofd int fd = root->fd >= 0 ? openat(root->fd, ".", O_DIRECTORY | O_CLOEXEC) : -1;
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

  if (stream)
    g_steal_fd(&fd);
  else if (root->fd >= 0 && fd_is_lack(errno))
    runtime_root_note_lack(root);
  return stream;
}

static const struct dirent *next_entry(RuntimeRoot *root, DIR *stream)
{
  const struct dirent *entry;

  errno = 0;
  entry = readdir(stream);
  if (!entry && errno)
    runtime_root_note_lack(root);
  return entry;
}

guint runtime_root_count(RuntimeRoot *root)
{
  DIR *stream = open_root(root);
  const struct dirent *entry;
  guint count = 0;

  if (!stream)
    return 0;
  while ((entry = next_entry(root, stream)))
    count += is_id(entry->d_name);
  closedir(stream);
  return count;
}

GPtrArray *runtime_root_list(RuntimeRoot *root)
{
  GPtrArray *directories = g_ptr_array_new_with_free_func((GDestroyNotify)runtime_dir_free);
  DIR *stream = open_root(root);
  const struct dirent *entry;

  if (!stream)
    return directories;
  while ((entry = next_entry(root, stream))) {
    RuntimeDir *directory = is_id(entry->d_name) ? look_at(root, entry->d_name) : NULL;

    if (directory)
      g_ptr_array_add(directories, directory);
  }
  closedir(stream);
  return directories;
}

/* With the root's lock held by the caller: the lock, taken; -1 where another holds it, or there is none. What
 * could not be seen may be held. errno is EWOULDBLOCK where it is. */
static int try_lock(const RuntimeDir *directory, gboolean *ret_is_held)
{
  autofd int fd = openat(directory->fd, lock_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

  *ret_is_held = FALSE;
  if (fd >= 0 && lock(fd, LOCK_EX | LOCK_NB) == 0)
    return g_steal_fd(&fd);
  *ret_is_held = fd >= 0 || fd_is_lack(errno);
  return -1;
}

RuntimeHolder runtime_dir_holder(const RuntimeDir *directory)
{
  autofd int fd = -1;
  RuntimeHolder holder;
  gboolean is_held;
  int cause;

  lock_root(directory, LOCK_EX); /* without it, a start at this instant might fail */
  fd = try_lock(directory, &is_held);
  cause = errno;
  if (is_held)
    holder = cause == EWOULDBLOCK ? RUNTIME_SUPERVISOR : RUNTIME_UNKNOWN;
  else
    holder = fd >= 0 && emulator_lock_is_held(directory->fd) ? RUNTIME_EMULATOR : RUNTIME_NOBODY;
  fd_clear(&fd);
  lock(directory->root_fd, LOCK_UN);
  errno = cause;
  return holder;
}

gboolean runtime_dir_is_held(const RuntimeDir *directory)
{
  RuntimeHolder holder = runtime_dir_holder(directory);

  return holder == RUNTIME_SUPERVISOR || holder == RUNTIME_UNKNOWN;
}

/* The lock is held meanwhile, so that nobody else tries QEMU's, and is taken for it. */
gboolean runtime_dir_end_emulator(const RuntimeDir *directory, gint64 pid, gint64 start, GError **error)
{
  gint64 deadline = g_get_monotonic_time() + patience_of(EMULATOR_PATIENCE) * G_GINT64_CONSTANT(1000);
  autofd int fd = -1;
  gboolean is_held = TRUE;

  while (fd < 0 && is_held && g_get_monotonic_time() < deadline) { /* a start has it for moments */
    if (!runtime_dir_lock_root(directory, /* is_alone= */ TRUE, error))
      return FALSE;
    fd = try_lock(directory, &is_held);
    lock(directory->root_fd, LOCK_UN);
    if (fd < 0)
      g_usleep(EMULATOR_PAUSE * 1000);
  }
  if (fd >= 0)
    return emulator_lock_end_holders(directory->fd, pid, start, error);
  return !is_held ||
         error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "somebody starts or ends this guest just now");
}

void runtime_dir_reduce_stale(const RuntimeDir *directory, const char *const *kept, RuntimeDirFunc before,
                              gpointer user_data)
{
  autofd int fd = -1;
  struct stat status;
  gboolean is_held;

  if (fstat(directory->fd, &status) < 0 || status.st_uid != geteuid() || !lock_root(directory, LOCK_EX))
    return;
  fd = try_lock(directory, &is_held);
  if (fd >= 0 && emulator_lock_is_held(directory->fd)) {
    lock(directory->root_fd, LOCK_UN);
    return;
  }
  if (fd >= 0 &&
      leftovers_are_there(directory->fd)) { /* scripts take their time: nobody else waits for them */
    lock(directory->root_fd, LOCK_UN);
    leftovers_release(directory->fd);
    if (!lock_root(directory, LOCK_EX))
      return;
  }
  if (fd >= 0 && kept && before(directory, user_data))
    remove_contents(directory, kept);
  else if (fd >= 0 && !kept)
    remove_all(directory);
  else if (fd < 0 && !is_held) /* one without a lock that is not empty either is none of ours */
    unlinkat(directory->root_fd, directory->id, AT_REMOVEDIR);
  fd_clear(&fd);
  lock(directory->root_fd, LOCK_UN);
}

void runtime_dir_remove_stale(const RuntimeDir *directory)
{
  runtime_dir_reduce_stale(directory, /* kept= */ NULL, /* before= */ NULL, /* user_data= */ NULL);
}
