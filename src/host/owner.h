/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing the owner of a file, by a path that others than root may have a hand in.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Where the absolute @path leads, with O_PATH; -1 with errno set: ELOOP where a link on the way may be
 * somebody else's than root's. */
int owner_open(const char *path);

/* The owner of what @fd, opened so, is; of a directory, also of the files right in it that have the same
 * owner, and one name. @status is what it is now. FALSE with errno set. */
gboolean owner_set(int fd, const struct stat *status, uid_t uid, gid_t gid);

/* Whose a file was that was given to another user. */
typedef struct {
  const char *path;
  dev_t device;
  ino_t inode;
  uid_t uid;
  gid_t gid;
  uid_t to; /* whose it is now */
} OwnerBefore;

/* Makes it so again, where it is the same file and @to's. FALSE: that failed. */
gboolean owner_give_back(const OwnerBefore *before);
