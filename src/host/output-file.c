/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/output-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

const char *output_file_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;

  return *name ? name : ".";
}

/* A symbolic link that root or this user has made is meant. */
static gboolean is_safe(const struct stat *directory)
{
  return (directory->st_uid == 0 || directory->st_uid == geteuid()) &&
         (directory->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int output_file_open_directory(const char *path, int *ret_flags)
{
  const char *slash = strrchr(path, '/');
  g_autofree char *directory = slash ? g_strndup(path, (gsize)(slash - path) + 1) : g_strdup(".");
  autofd int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat status;

  if (fd < 0 || fstat(fd, &status) < 0)
    return -1;
  if (ret_flags)
    *ret_flags = is_safe(&status) ? 0 : O_NOFOLLOW;
  return g_steal_fd(&fd);
}

static gboolean refuse_link(const char *path, const Place *place, const char *attribute, GError **error)
{
  error_set(error, DOMRUN_ERROR_HOST, place, attribute,
            "cannot write '%s': it is a symbolic link, in a directory that others may write", path);
  return error_add_hint(error,
                        "name the file that it leads to, or take the right to write there from others");
}

gboolean output_file_check_link(const char *path, const Place *place, const char *attribute, GError **error)
{
  int flags = 0;
  autofd int directory = output_file_open_directory(path, &flags);
  struct stat status;

  return directory < 0 || !(flags & O_NOFOLLOW) ||
         fstatat(directory, output_file_name(path), &status, AT_SYMLINK_NOFOLLOW) < 0 ||
         !S_ISLNK(status.st_mode) || refuse_link(path, place, attribute, error);
}

static int open_in(const char *path, int flags, int *ret_extra_flags)
{
  autofd int directory = output_file_open_directory(path, ret_extra_flags);

  if (directory < 0)
    return -1;
  return openat(directory, output_file_name(path), flags | *ret_extra_flags, 0600);
}

/* Always in append mode, so that a log may be truncated by others while it is written; without blocking, so
 * that a FIFO that nobody reads is an error and not a wait. */
int output_file_open(const char *path, gboolean append, const Place *place, const char *attribute,
                     GError **error)
{
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, extra_flags = 0;
  autofd int fd = open_in(path, append ? flags : flags | O_TRUNC, &extra_flags);
  int saved = errno;

  if (fd < 0 && saved == ELOOP && extra_flags) {
    refuse_link(path, place, attribute, error);
    return -1;
  }
  if (fd < 0) {
    error_set(error, DOMRUN_ERROR_HOST, place, attribute, "cannot open '%s' for writing: %s", path,
              g_strerror(saved));
    if (saved == ENXIO)
      error_add_hint(error, "a FIFO must have a reader before the guest starts");
    return -1;
  }
  g_unix_set_fd_nonblocking(fd, FALSE, NULL);
  return g_steal_fd(&fd);
}
