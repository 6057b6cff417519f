/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/runtime-place.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static gboolean host_error(GError **error, const char *what, const char *path)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot %s '%s': %s", what, path, g_strerror(errno));
}

/* Opens @path, which with @is_made is made where it is missing, if it is a directory of this user's alone. -1
 * with errno set otherwise: EPERM where it is somebody else's. */
static int open_private(const char *path, gboolean is_made)
{
  autofd int fd = -1;
  struct stat status;

  if (is_made && mkdir(path, 0700) < 0 && errno != EEXIST)
    return -1;
  fd = open(path, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) < 0)
    return -1;
  if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH))) {
    errno = EPERM;
    return -1;
  }
  return g_steal_fd(&fd);
}

/* In a directory where others may replace what this user made nothing can be relied on. Whoever only looks
 * may look into that of another. */
static gboolean check(int fd, const char *path, gboolean is_used, GError **error)
{
  struct stat status;

  if (fstat(fd, &status) < 0)
    return host_error(error, "look at the directory", path);
  if (is_used && status.st_uid != geteuid() && status.st_uid != 0) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL,
              "the directory '%s' belongs to another user, who could replace "
              "what is kept in it",
              path);
    return error_add_hint(error, "name one that is yours: --root=DIR");
  }
  if (!(status.st_mode & (S_IWGRP | S_IWOTH)) || (status.st_mode & S_ISVTX))
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the directory '%s' can be changed by %s", path,
            status.st_mode & S_IWOTH ? "everybody" : "a group");
  return error_add_hint(error, "make it yours alone: chmod go-w '%s'", path);
}

static int make_given(const char *root, char **ret_path, GError **error)
{
  g_autofree char *path = g_canonicalize_filename(root, /* relative_to= */ NULL);
  autofd int fd = -1;

  if (g_mkdir_with_parents(path, 0700) < 0) {
    host_error(error, "make the directory", path);
    return -1;
  }
  fd = open(path, O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    host_error(error, "open the directory", path);
    return -1;
  }
  if (!check(fd, path, /* is_used= */ TRUE, error))
    return -1;
  *ret_path = g_steal_pointer(&path);
  return g_steal_fd(&fd);
}

/* The usual places, best first: the first that there is, or can be made. Every command comes to the same one,
 * as long as the environment is the same. -1 with errno set, and the path of the last. */
static int find_usual(gboolean is_made, char **ret_path)
{
  const char *runtime = geteuid() == 0 ? "/run" : g_getenv("XDG_RUNTIME_DIR");
  g_autofree char *path = NULL;
  int fd;

  if (runtime && g_path_is_absolute(runtime)) {
    path = g_build_filename(runtime, "domrun", NULL);
    fd = open_private(path, is_made);
    if (fd >= 0) {
      *ret_path = g_steal_pointer(&path);
      return fd;
    }
    g_clear_pointer(&path, g_free);
  }
  *ret_path = g_strdup_printf("/tmp/domrun-%u", (guint)geteuid());
  return open_private(*ret_path, is_made);
}

static int make_usual(char **ret_path, GError **error)
{
  g_autofree char *path = NULL;
  int fd = find_usual(/* is_made= */ TRUE, &path);

  if (fd < 0) {
    host_error(error, "use the directory", path);
    error_add_hint(error, "name one that is yours: --root=DIR");
    return -1;
  }
  *ret_path = g_steal_pointer(&path);
  return fd;
}

int runtime_place_make(const char *given, char **ret_path, GError **error)
{
  return given ? make_given(given, ret_path, error) : make_usual(ret_path, error);
}

gboolean runtime_place_look(const char *given, char **ret_path, int *ret_fd, GError **error)
{
  g_autofree char *path = NULL;
  autofd int fd = -1;

  if (given) {
    path = g_canonicalize_filename(given, /* relative_to= */ NULL);
    fd = open(path, O_DIRECTORY | O_CLOEXEC);
  } else {
    fd = find_usual(/* is_made= */ FALSE, &path);
  }
  if (fd < 0 && errno != ENOENT)
    return host_error(error, "look into the directory", path);
  if (fd >= 0 && !check(fd, path, /* is_used= */ FALSE, error))
    return FALSE;
  *ret_path = g_steal_pointer(&path);
  *ret_fd = g_steal_fd(&fd);
  return TRUE;
}
