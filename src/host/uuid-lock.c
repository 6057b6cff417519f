/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As with the lock of a name (runtime-dir.c) a lock counts only if its file still stands in the root once it
 * is held, and whoever opened one that was removed meanwhile tries again.
 *
 * Who starts takes it alone, so that nobody else has it, and then shares it, which the kernel makes one step
 * of (Linux 4.0): a QEMU that has outlived its supervisor has inherited the one lock, and whoever takes over
 * has another beside it, which is there still when that QEMU has ended.
 */
#include "config.h"

#include "host/uuid-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

struct UuidLock {
  char *file; /* its name in the root */
  int root_fd;
  int fd;
};

enum { UUID_DIGITS = 32, NAME_MAX_BYTES = 4096 };

/* A uuid of the document has no letter case and its dashes in place; only one from a file of others may be
 * anything. */
static char *file_of(const char *uuid)
{
  g_autofree char *digits = g_malloc0(UUID_DIGITS + 1);
  gsize count = 0;

  for (const char *c = uuid; *c; c++) {
    if (*c == '-')
      continue;
    if (!g_ascii_isxdigit(*c) || count == UUID_DIGITS)
      return NULL;
    digits[count++] = g_ascii_tolower(*c);
  }
  return count == UUID_DIGITS ? g_strconcat("uuid-", digits, NULL) : NULL;
}

static int open_file(int root_fd, const char *file, int flags)
{
  return openat(root_fd, file, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
}

static gboolean is_in_place(const UuidLock *lock)
{
  struct stat held, named;

  return fstat(lock->fd, &held) == 0 &&
         fstatat(lock->root_fd, lock->file, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* The name of who has it, for the message. */
static gboolean refuse(const UuidLock *lock, const char *uuid, GError **error)
{
  gsize length;
  g_autofree char *name = fd_read_all(lock->fd, NAME_MAX_BYTES, &length);

  if (!name || !*name || !g_utf8_validate(name, -1, NULL))
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the uuid %s is that of another guest that runs", uuid);
  else
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the uuid %s is that of the guest '%s', which runs", uuid,
              name);
  return error_add_hint(error, "give this guest another <uuid>, or none: then one is made from its name");
}

static gboolean lock_error(const RuntimeDir *directory, const char *uuid, int cause, GError **error)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot lock the uuid %s in '%s': %s", uuid,
                   runtime_dir_path(directory), g_strerror(cause));
}

/* FALSE with @error unset: the file went away meanwhile. */
static gboolean take(UuidLock *lock, const RuntimeDir *directory, const char *uuid, gboolean is_shared,
                     GError **error)
{
  int result, cause;

  fd_clear(&lock->fd);
  if (!runtime_dir_lock_root(directory, /* is_alone= */ FALSE, error))
    return FALSE;
  lock->fd = open_file(lock->root_fd, lock->file, O_RDONLY | O_CREAT);
  result = lock->fd < 0 ? -1 : flock(lock->fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB);
  if (result == 0 && !is_shared)
    result = flock(lock->fd, LOCK_SH | LOCK_NB);
  cause = errno;
  runtime_dir_unlock_root(directory);
  if (result == 0)
    return is_in_place(lock);
  if (lock->fd >= 0 && cause == EWOULDBLOCK)
    return refuse(lock, uuid, error);
  if (lock->fd >= 0) /* a file system without locks: nobody has it */
    unlinkat(lock->root_fd, lock->file, 0);
  return lock_error(directory, uuid, cause, error);
}

static void clear(UuidLock *lock)
{
  fd_clear(&lock->fd);
  fd_clear(&lock->root_fd);
  g_free(lock->file);
  g_free(lock);
}

UuidLock *uuid_lock_new(const RuntimeDir *directory, const char *uuid, const char *name, gboolean is_adopted,
                        GError **error)
{
  UuidLock *lock = g_new0(UuidLock, 1);
  GError *cause = NULL;

  lock->fd = -1;
  lock->file = file_of(uuid);
  g_assert(lock->file); /* the document's, checked, or a generated one */
  lock->root_fd = fcntl(runtime_dir_root_fd(directory), F_DUPFD_CLOEXEC, 0);
  if (lock->root_fd < 0) {
    lock_error(directory, uuid, errno, error);
    clear(lock);
    return NULL;
  }
  while (!take(lock, directory, uuid, is_adopted, &cause)) {
    if (cause) {
      g_propagate_error(error, cause);
      clear(lock);
      return NULL;
    }
  }
  uuid_lock_rename(lock, name);
  return lock;
}

void uuid_lock_leave(UuidLock *lock)
{
  if (lock)
    clear(lock);
}

void uuid_lock_free(UuidLock *lock)
{
  if (!lock)
    return;
  unlinkat(lock->root_fd, lock->file, 0);
  clear(lock);
}

/* A name that cannot be written is missing from a message. */
void uuid_lock_rename(UuidLock *lock, const char *name)
{
  autofd int fd = open_file(lock->root_fd, lock->file, O_WRONLY | O_TRUNC);

  if (fd >= 0)
    fd_write_all(fd, name, strlen(name));
}

int uuid_lock_fd(const UuidLock *lock)
{
  return lock->fd;
}

void uuid_lock_remove_stale(const RuntimeDir *directory, const char *uuid)
{
  int root_fd = runtime_dir_root_fd(directory);
  g_autofree char *file = file_of(uuid);
  struct stat status;
  int fd;

  if (!file || !runtime_dir_lock_root(directory, /* is_alone= */ TRUE, /* error= */ NULL))
    return;
  fd = open_file(root_fd, file, O_RDWR);
  if (fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
    unlinkat(root_fd, file, 0);
  fd_clear(&fd);
  runtime_dir_unlock_root(directory);
}
