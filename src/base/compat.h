/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What GLib has learnt since 2.68, the oldest that domrun builds with, under the names it has there. Newer
 * GLibs are asked for no more than 2.68 has (GLIB_VERSION_MAX_ALLOWED), so these stand in for theirs
 * everywhere.
 */
#pragma once

#include <glib.h>

/* 2.70 */
#define g_steal_fd compat_steal_fd
static inline int compat_steal_fd(int *fd)
{
  int stolen = *fd;

  *fd = -1;
  return stolen;
}

/* 2.70 */
#undef G_OPTION_ENTRY_NULL
#define G_OPTION_ENTRY_NULL                                                                                  \
  {                                                                                                          \
    NULL                                                                                                     \
  }

/* 2.70 */
#define g_strv_builder_addv compat_strv_builder_addv
static inline void compat_strv_builder_addv(GStrvBuilder *builder, const char **values)
{
  for (; *values; values++)
    g_strv_builder_add(builder, *values);
}

/* 2.72's g_get_user_state_dir(), but newly allocated. */
static inline char *compat_dup_user_state_dir(void)
{
  const char *directory = g_getenv("XDG_STATE_HOME");

  if (directory && g_path_is_absolute(directory))
    return g_strdup(directory);
  return g_build_filename(g_get_home_dir(), ".local", "state", NULL);
}
