/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/file-rights.h"

#include <grp.h>
#include <pwd.h>

char *file_rights_describe(const struct stat *status)
{
  const struct passwd *user = getpwuid(status->st_uid);
  g_autofree char *owner = user ? g_strdup(user->pw_name) : g_strdup_printf("%u", (guint)status->st_uid);
  const struct group *group = getgrgid(status->st_gid);
  g_autofree char *members = group ? g_strdup(group->gr_name) : g_strdup_printf("%u", (guint)status->st_gid);

  return g_strdup_printf("mode %04o, owner %s, group %s", (guint)(status->st_mode & 07777), owner, members);
}
