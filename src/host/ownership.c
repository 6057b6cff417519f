/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who takes a file holds the lock of all runtime directories, looks whether another guest has a note of the
 * same file, and writes its own: so no two guests take one, and none takes what another still gives back.
 */
#include "config.h"

#include "host/ownership.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "host/image-lock.h"
#include "host/leftovers.h"
#include "host/owner.h"

static gboolean refuse(const char *path, const Place *place, GError **error, const char *why)
{
  return error_set(error, DOMRUN_ERROR_HOST, place, NULL, "--chown: cannot give '%s' to another user: %s",
                   path, why);
}

/* The file at @path, if it is one that can be given away; -1 with an error. */
static int open_file(const char *path, const Place *place, struct stat *ret_status, GError **error)
{
  autofd int fd = owner_open(path);

  if (fd < 0 && errno == ELOOP) {
    refuse(path, place, error, "it is reached by a link that others than root can change");
    error_add_hint(error, "name the file that the link leads to");
    return -1;
  }
  if (fd < 0 || fstat(fd, ret_status) < 0) {
    refuse(path, place, error, g_strerror(errno));
    return -1;
  }
  if (S_ISREG(ret_status->st_mode) && ret_status->st_nlink > 1) {
    refuse(path, place, error, "it has another name, too");
    error_add_hint(error, "'find DIR -samefile %s' tells which; copy it", path);
    return -1;
  }
  if (S_ISREG(ret_status->st_mode) || S_ISBLK(ret_status->st_mode) || S_ISDIR(ret_status->st_mode))
    return g_steal_fd(&fd);
  refuse(path, place, error, "it is neither a file nor a block device");
  return -1;
}

/* ---- Taking ---- */

/* QEMU has it locked: for writing, nobody else may have it so. */
static gboolean check_unused(int fd, const char *path, const Place *place, const struct stat *status,
                             GError **error)
{
  g_autofree char *by_number = g_strdup_printf("/proc/self/fd/%d", fd), *holder = NULL;
  autofd int readable = S_ISREG(status->st_mode) ? open(by_number, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

  holder = readable >= 0 ? image_lock_find_holder(readable, IMAGE_USE_WRITE) : NULL;
  return !holder || error_set(error, DOMRUN_ERROR_HOST, place, NULL, "'%s' is in use by %s", path, holder);
}

static gboolean note_and_set(const RuntimeDir *directory, const Account *account, int fd, const char *path,
                             const struct stat *status, const Place *place, GError **error)
{
  const SpawnIdentity *to = account_identity(account);
  const OwnerBefore before = { .path = path,
                               .device = status->st_dev,
                               .inode = status->st_ino,
                               .uid = status->st_uid,
                               .gid = status->st_gid,
                               .to = to->uid };

  if (!leftovers_note_owner(runtime_dir_fd(directory), &before))
    return refuse(path, place, error, "its owner cannot be noted");
  if (!owner_set(fd, status, to->uid, to->gid))
    return refuse(path, place, error, g_strerror(errno));
  announce_log("'%s' belongs to '%s' while the guest runs", path, account_name(account));
  return TRUE;
}

/* The guest beside this one that has noted that file; or NULL. */
static char *find_other(const RuntimeDir *directory, const struct stat *status)
{
  g_autofree char *own = g_path_get_basename(runtime_dir_path(directory));
  autofd int root = openat(runtime_dir_root_fd(directory), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = root >= 0 ? fdopendir(root) : NULL;
  const struct dirent *entry;
  char *found = NULL;

  if (!stream)
    return NULL;
  g_steal_fd(&root);
  while (!found && (entry = readdir(stream))) {
    autofd int other =
        entry->d_name[0] == '.' || g_str_equal(entry->d_name, own)
            ? -1
            : openat(dirfd(stream), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (other >= 0 && leftovers_has_owner(other, status->st_dev, status->st_ino))
      found = g_strdup(entry->d_name);
  }
  closedir(stream);
  return found;
}

/* With the root's lock: nobody else takes or gives back meanwhile. */
static gboolean take_locked(const RuntimeDir *directory, const Account *account, int fd, const char *path,
                            const struct stat *status, const Place *place, GError **error)
{
  g_autofree char *other = find_other(directory, status);

  if (other) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "'%s' belongs to another guest while that runs", path);
    return error_add_hint(
        error, "its runtime directory is called '%s'; where it was killed, 'domrun list' gives the file back",
        other);
  }
  return status->st_uid == account_identity(account)->uid ||
         (check_unused(fd, path, place, status, error) &&
          note_and_set(directory, account, fd, path, status, place, error));
}

gboolean ownership_take(const RuntimeDir *directory, const Account *account, const char *path,
                        const Place *place, GError **error)
{
  struct stat status;
  autofd int fd = open_file(path, place, &status, error);
  gboolean is_taken;

  if (fd < 0)
    return FALSE;
  if (leftovers_has_owner(runtime_dir_fd(directory), status.st_dev, status.st_ino))
    return TRUE;
  if (!runtime_dir_lock_root(directory, /* is_alone= */ TRUE, error))
    return FALSE;
  is_taken = take_locked(directory, account, fd, path, &status, place, error);
  runtime_dir_unlock_root(directory);
  return is_taken;
}

gboolean ownership_take_all(const RuntimeDir *directory, const Account *account, const Plan *plan,
                            GError **error)
{
  for (guint i = 0; i < plan->requirements->len; i++) {
    const PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);
    gboolean is_own = requirement->kind == PLAN_REQUIRE_VARIABLES ||
                      (requirement->kind == PLAN_REQUIRE_WRITE && !requirement->is_shared);

    if (is_own && access(requirement->path, F_OK) == 0 &&
        !ownership_take(directory, account, requirement->path, &requirement->place, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- What is new ---- */

static gboolean let_pass(const char *directory)
{
  autofd int fd = owner_open(directory);
  g_autofree char *by_number = g_strdup_printf("/proc/self/fd/%d", fd);
  struct stat status;

  return fd >= 0 && fstat(fd, &status) == 0 &&
         (status.st_uid != 0 || (status.st_mode & S_IXOTH) ||
          chmod(by_number, (status.st_mode & 07777) | S_IXGRP | S_IXOTH) == 0);
}

gboolean ownership_let_pass(const char *path, const char *base, const Place *place, GError **error)
{
  g_autofree char *directory = g_path_get_dirname(path);
  gsize length = strlen(base);

  while (strncmp(directory, base, length) == 0 && (directory[length] == '/' || directory[length] == '\0')) {
    char *above = g_path_get_dirname(directory);

    if (!let_pass(directory)) {
      error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot change the mode of '%s': %s", directory,
                g_strerror(errno));
      g_free(above);
      return FALSE;
    }
    g_free(directory);
    directory = above;
  }
  return TRUE;
}

gboolean ownership_settle(const Account *account, const char *path, const Place *place, GError **error)
{
  const SpawnIdentity *to = account_identity(account);
  struct stat status;
  autofd int fd = open_file(path, place, &status, error);

  if (fd < 0)
    return FALSE;
  return owner_set(fd, &status, to->uid, to->gid) ||
         error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot give '%s' to '%s': %s", path,
                   account_name(account), g_strerror(errno));
}

/* ---- Giving back ---- */

void ownership_give_back(int directory)
{
  leftovers_release_owners(directory);
}

void ownership_move(int from, int to)
{
  leftovers_move_owners(from, to);
}
