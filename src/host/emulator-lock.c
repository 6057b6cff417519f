/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who holds a lock of flock(2) is told by /proc/PID/fdinfo/FD, which has a line "lock:" for each on that open
 * file, whichever process took it. That of a QEMU which is not this user's to look at cannot be read: its pid
 * is known.
 */
#include "config.h"

#include "host/emulator-lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/patience.h"

const char emulator_lock_name[] = "qemu";

/* What is in the file where QEMU is killed with its supervisor. */
static const char tied_mark[] = "tied\n";

/* How long one that was killed has to end, and how often it is looked, in milliseconds. */
enum { END_PATIENCE = 2000, END_PAUSE = 5 };

/* Bytes of a file of /proc. */
enum { PROC_LIMIT = 64 * 1024 };

static int open_lock(int directory, int flags)
{
  return openat(directory, emulator_lock_name,
                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags, 0600);
}

/* QEMU's own descriptor cannot be written to. */
static gboolean write_mark(int directory, gboolean is_tied)
{
  autofd int fd =
      openat(directory, emulator_lock_name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

  return fd >= 0 && (!is_tied || fd_write_all(fd, tied_mark, strlen(tied_mark)));
}

int emulator_lock_take(int directory, const char *guest, uid_t uid, gboolean is_tied, GError **error)
{
  autofd int fd = open_lock(directory, O_CREAT);

  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && write_mark(directory, is_tied) &&
      (uid == geteuid() || fchown(fd, uid, (gid_t)-1) == 0))
    return g_steal_fd(&fd);
  if (fd < 0 || errno != EWOULDBLOCK) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot lock the file '%s' of the guest: %s",
              emulator_lock_name, g_strerror(errno));
    return -1;
  }
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "a process of the QEMU that has ended is still there");
  error_add_hint(error, "'domrun destroy %s' ends it", guest);
  return -1;
}

gboolean emulator_lock_is_held(int directory)
{
  autofd int fd = open_lock(directory, 0);

  return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

gboolean emulator_lock_is_passing(int directory)
{
  autofd int fd = open_lock(directory, 0);
  char mark[sizeof tied_mark];

  return fd >= 0 && read(fd, mark, sizeof mark) == (ssize_t)strlen(tied_mark);
}

/* ---- Processes ---- */

static char *read_proc(const char *path)
{
  autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
  gsize length;

  return fd >= 0 ? fd_read_all(fd, PROC_LIMIT, &length) : NULL;
}

/* The fields after the name, which is in brackets and may have any character: the state is the first, the
 * start the 20th of them. */
gint64 process_start(gint64 pid)
{
  g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/stat", pid);
  g_autofree char *text = pid > 0 ? read_proc(path) : NULL;
  const char *rest = text ? strrchr(text, ')') : NULL;
  g_auto(GStrv) fields = rest && rest[1] ? g_strsplit(rest + 2, " ", 21) : NULL;

  if (!fields || g_strv_length(fields) < 21 || strchr("ZXx", *fields[0]))
    return 0;
  return g_ascii_strtoll(fields[19], NULL, 10);
}

/* The superuser ends what is left of another user's guest, too, where that user can write down any pid, and
 * pass the lock to anybody: only processes of the directory's owner are meant. In root's own the lock's owner
 * is the user as whom QEMU was run. */
static gboolean is_process_of(gint64 pid, uid_t owner)
{
  g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/status", pid);
  g_autofree char *text = read_proc(path);
  const char *line = text ? strstr(text, "\nUid:\t") : NULL;

  return line && g_ascii_strtoull(line + strlen("\nUid:\t"), NULL, 10) == owner;
}

static gboolean has_lock(int descriptors, const char *name, int information, const struct stat *lock)
{
  g_autofree char *text = NULL;
  struct stat status;
  gsize length;
  autofd int fd = -1;

  if (fstatat(descriptors, name, &status, 0) < 0 || status.st_ino != lock->st_ino ||
      status.st_dev != lock->st_dev)
    return FALSE;
  fd = openat(information, name, O_RDONLY | O_CLOEXEC);
  text = fd >= 0 ? fd_read_all(fd, PROC_LIMIT, &length) : NULL;
  return text && strstr(text, "FLOCK");
}

static gboolean holds(gint64 pid, const struct stat *lock)
{
  g_autofree char *descriptors = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/fd", pid);
  g_autofree char *information = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/fdinfo", pid);
  autofd int information_fd = open(information, O_DIRECTORY | O_CLOEXEC);
  DIR *stream = information_fd >= 0 ? opendir(descriptors) : NULL;
  const struct dirent *entry;
  gboolean is_holder = FALSE;

  if (!stream)
    return FALSE;
  while (!is_holder && (entry = readdir(stream)))
    is_holder =
        g_ascii_isdigit(*entry->d_name) && has_lock(dirfd(stream), entry->d_name, information_fd, lock);
  closedir(stream);
  return is_holder;
}

/* One of @owner's that have the lock @lock; 0: none that can be seen. */
static gint64 find_holder(const struct stat *lock, uid_t owner)
{
  DIR *stream = opendir("/proc");
  const struct dirent *entry;
  gint64 found = 0;

  if (!stream)
    return 0;
  while (found == 0 && (entry = readdir(stream))) {
    gint64 pid = g_ascii_isdigit(*entry->d_name) ? g_ascii_strtoll(entry->d_name, NULL, 10) : 0;

    if (pid > 0 && is_process_of(pid, owner) && holds(pid, lock))
      found = pid;
  }
  closedir(stream);
  return found;
}

/* The one that started at @start or, where that is 0, has the lock. By a descriptor of the process, which was
 * opened before it was looked at, so that no later one of the same pid can be meant; without such (a kernel
 * before 5.3) by its pid. */
static void kill_process(gint64 pid, gint64 start, const struct stat *lock, uid_t owner)
{
  autofd int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)pid, 0) : -1;

  if (pid <= 0 || !is_process_of(pid, owner) || (start > 0 ? process_start(pid) != start : !holds(pid, lock)))
    return;
  if (pidfd >= 0)
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
  else
    kill((pid_t)pid, SIGKILL);
}

gboolean emulator_lock_end_holders(int directory, gint64 pid, gint64 start, GError **error)
{
  gint64 deadline = g_get_monotonic_time() + patience_of(END_PATIENCE) * G_GINT64_CONSTANT(1000);
  autofd int fd = open_lock(directory, 0);
  struct stat lock, status;
  uid_t owner;

  if (fd < 0 || fstat(fd, &lock) < 0 || fstat(directory, &status) < 0)
    return TRUE;
  owner = status.st_uid == 0 ? lock.st_uid : status.st_uid;
  if (start > 0)
    kill_process(pid, start, &lock, owner);
  while (emulator_lock_is_held(directory)) {
    gint64 holder = find_holder(&lock, owner);

    if (g_get_monotonic_time() >= deadline && holder > 0)
      return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "process %" G_GINT64_FORMAT " does not end",
                       holder);
    if (g_get_monotonic_time() >= deadline)
      return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "it is not known which process is its QEMU");
    kill_process(holder, /* start= */ 0, &lock, owner);
    g_usleep(END_PAUSE * 1000);
  }
  return TRUE;
}
