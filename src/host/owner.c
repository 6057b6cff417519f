/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Root gives files away here, by paths that others may have a hand in: a link, or a second name, that leads
 * to /etc/shadow must not make that anybody's. So a path is walked step by step, by descriptors that are not
 * followed (O_PATH, O_NOFOLLOW), and a link counts only where nobody but root can have made it. Giving back
 * asks for the same file by device and inode, and for the owner that was given.
 */
#include "config.h"

#include "host/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"

enum { MAX_LINKS = 40 };

/* ---- Opening ---- */

/* Nobody but root can have put something into it. */
static gboolean is_of_root(int directory)
{
  struct stat status;

  return fstat(directory, &status) == 0 && status.st_uid == 0 && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

/* The names of @path before those of @rest, without empty ones. */
static void push_names(GQueue *rest, const char *path)
{
  g_auto(GStrv) names = g_strsplit(path, "/", -1);

  for (guint i = g_strv_length(names); i-- > 0;) {
    if (*names[i] && !g_str_equal(names[i], "."))
      g_queue_push_head(rest, g_strdup(names[i]));
  }
}

/* One step from *@fd, which it changes. FALSE with errno set: ELOOP for a link that does not count. */
static gboolean step(int *fd, GQueue *rest, int *links)
{
  g_autofree char *name = g_queue_pop_head(rest);
  autofd int next = openat(*fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  char target[PATH_MAX];
  struct stat status;
  ssize_t length;

  if (next < 0 || fstat(next, &status) < 0)
    return FALSE;
  if (!S_ISLNK(status.st_mode)) {
    close(*fd);
    *fd = g_steal_fd(&next);
    return TRUE;
  }
  length = readlinkat(next, "", target, sizeof target - 1);
  if (!is_of_root(*fd) || ++*links > MAX_LINKS || length < 0) {
    errno = ELOOP;
    return FALSE;
  }
  target[length] = '\0';
  push_names(rest, target);
  if (*target != '/')
    return TRUE;
  close(*fd);
  *fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return *fd >= 0;
}

int owner_open(const char *path)
{
  autofd int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  GQueue rest = G_QUEUE_INIT;
  int links = 0, saved;
  gboolean is_there = fd >= 0;

  push_names(&rest, path);
  while (is_there && rest.length > 0)
    is_there = step(&fd, &rest, &links);
  saved = errno;
  g_queue_clear_full(&rest, g_free);
  errno = saved;
  return is_there ? g_steal_fd(&fd) : -1;
}

/* ---- Changing ---- */

static gboolean set_one(int fd, uid_t uid, gid_t gid)
{
  return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0;
}

/* The files right in the directory @fd that are @from's, and have one name. */
static void set_owners_in(int fd, uid_t from, uid_t uid, gid_t gid)
{
  autofd int readable = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = readable >= 0 ? fdopendir(readable) : NULL;
  const struct dirent *entry;

  if (!stream)
    return;
  g_steal_fd(&readable);
  while ((entry = readdir(stream))) {
    autofd int file = openat(fd, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
        status.st_uid == from)
      set_one(file, uid, gid);
  }
  closedir(stream);
}

gboolean owner_set(int fd, const struct stat *status, uid_t uid, gid_t gid)
{
  if (!set_one(fd, uid, gid))
    return FALSE;
  if (S_ISDIR(status->st_mode))
    set_owners_in(fd, status->st_uid, uid, gid);
  return TRUE;
}

gboolean owner_give_back(const OwnerBefore *before)
{
  autofd int fd = owner_open(before->path);
  struct stat status;

  if (fd < 0 || fstat(fd, &status) < 0 || status.st_dev != before->device || status.st_ino != before->inode) {
    announce_log("'%s' is not there any more, and keeps its owner", before->path);
    return TRUE;
  }
  if (S_ISDIR(status.st_mode)) /* what was made in it since has the same owner, whatever its own is */
    set_owners_in(fd, before->to, before->uid, before->gid);
  if (status.st_uid != before->to)
    return TRUE;
  return set_one(fd, before->uid, before->gid);
}
