/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The directory is held open: a supervisor may stand elsewhere by the time a log is replaced, and in a
 * directory that others may write, nobody can put another in its place. Where a file cannot be replaced,
 * nothing is written until it can, so that it never grows beyond its size.
 */
#include "config.h"

#include "host/log-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/output-file.h"

struct LogFile {
  char *path;
  const char *name; /* its last part */
  int directory;
  int fd;
  LogLimits limits;
  guint64 size;
  gboolean is_regular;
  gboolean is_full;
  gboolean is_moved; /* but there is no new one yet */
};

/* So much of a file is left empty rather than begun with a line that does not fit. */
enum { LINE = 80 };

LogFile *log_file_open(const char *path, gboolean append, const LogLimits *limits, const Place *place,
                       GError **error)
{
  g_autoptr(LogFile) log = g_new0(LogFile, 1);
  struct stat status;

  log->path = g_strdup(path);
  log->name = output_file_name(log->path);
  log->limits = *limits;
  log->fd = -1;
  log->directory = output_file_open_directory(path, /* ret_flags= */ NULL);
  if (log->directory >= 0)
    log->fd = output_file_open(path, append, place, NULL, error);
  else
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot open '%s' for writing: %s", path,
              g_strerror(errno));
  if (log->fd < 0)
    return NULL;
  log->is_regular = fstat(log->fd, &status) == 0 && S_ISREG(status.st_mode);
  log->size = log->is_regular ? (guint64)status.st_size : 0;
  log->is_full = limits->size > 0 && log->size >= limits->size;
  return g_steal_pointer(&log);
}

void log_file_free(LogFile *log)
{
  if (!log)
    return;
  fd_clear(&log->fd);
  fd_clear(&log->directory);
  g_free(log->path);
  g_free(log);
}

const char *log_file_path(const LogFile *log)
{
  return log->path;
}

int log_file_fd(const LogFile *log)
{
  return log->fd;
}

gboolean log_file_is_regular(const LogFile *log)
{
  return log->is_regular;
}

/* It is open for writing alone. */
guint8 *log_file_read_end(const LogFile *log, gsize limit, gsize *ret_length)
{
  autofd int fd = log->is_regular ? openat(log->directory, log->name,
                                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                                  : -1;
  g_autofree guint8 *bytes = NULL;
  struct stat here, its;
  gsize length;
  ssize_t got;

  if (fd < 0 || fstat(fd, &its) < 0 || fstat(log->fd, &here) < 0 || its.st_ino != here.st_ino ||
      its.st_dev != here.st_dev || its.st_size == 0)
    return NULL;
  length = MIN(limit, (gsize)its.st_size);
  bytes = g_malloc(length);
  got = pread(fd, bytes, length, its.st_size - (off_t)length);
  *ret_length = (gsize)MAX(got, 0);
  return got > 0 ? g_steal_pointer(&bytes) : NULL;
}

/* ---- Replacing it ---- */

static gboolean move(const LogFile *log, const char *from, guint number)
{
  g_autofree char *to = g_strdup_printf("%s.%u", log->name, number);

  return renameat(log->directory, from, log->directory, to) == 0 || errno == ENOENT;
}

static gboolean move_all(const LogFile *log)
{
  if (log->limits.backups == 0)
    return unlinkat(log->directory, log->name, 0) == 0 || errno == ENOENT;
  for (guint i = log->limits.backups - 1; i > 0; i--) {
    g_autofree char *from = g_strdup_printf("%s.%u", log->name, i - 1);

    if (!move(log, from, i))
      return FALSE;
  }
  return move(log, log->name, 0);
}

/* With the mode of the old one. */
static gboolean make_new(LogFile *log)
{
  autofd int fd = openat(log->directory, log->name,
                         O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
  struct stat status;

  if (fd < 0) {
    log->is_moved = errno != EEXIST; /* that one has to be moved, too */
    return FALSE;
  }
  if (fstat(log->fd, &status) == 0)
    (void)!fchmod(fd, status.st_mode & 0777);
  return dup3(fd, log->fd, O_CLOEXEC) >= 0;
}

static gboolean replace(LogFile *log)
{
  /* What somebody has put there meanwhile is moved as well, once. */
  for (guint tries = 0; tries < 2; tries++) {
    if (!log->is_moved && !move_all(log))
      return FALSE;
    log->is_moved = TRUE;
    if (make_new(log)) {
      log->is_moved = log->is_full = FALSE;
      log->size = 0;
      return TRUE;
    }
    if (log->is_moved)
      return FALSE;
  }
  return FALSE;
}

/* Somebody else may have emptied it, or written to it. */
static void look_again(LogFile *log)
{
  struct stat status;

  if (!log->is_moved && fstat(log->fd, &status) == 0)
    log->size = (guint64)status.st_size;
  log->is_full = log->is_moved || log->size + LINE > log->limits.size;
}

/* ---- Writing ---- */

/* How much of @bytes goes into this file. */
static gsize fitting_length(const LogFile *log, const guint8 *bytes, gsize length)
{
  gsize room = log->size < log->limits.size ? (gsize)(log->limits.size - log->size) : 1;
  const guint8 *newline;

  if (length <= room)
    return length;
  newline = memrchr(bytes, '\n', room);
  return newline && bytes + room - newline <= LINE ? (gsize)(newline - bytes) + 1 : room;
}

ssize_t log_file_write(LogFile *log, const guint8 *bytes, gsize length)
{
  ssize_t put;

  if (log->is_full)
    look_again(log);
  if (log->is_full && !replace(log))
    return -1;
  if (log->limits.size > 0)
    length = fitting_length(log, bytes, length);
  put = write(log->fd, bytes, length);
  if (put <= 0 || log->limits.size == 0)
    return put;
  log->size += (guint64)put;
  log->is_full =
      log->size >= log->limits.size || (log->size + LINE > log->limits.size && bytes[put - 1] == '\n');
  return put;
}
