/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/state-dir.h"

#include <glib.h>
#include <unistd.h>

#include "base/compat.h"

char *state_dir_path(void)
{
  g_autofree char *base = NULL;

  if (geteuid() == 0)
    return g_strdup("/var/lib/domrun");
  base = compat_dup_user_state_dir();
  return g_build_filename(base, "domrun", NULL);
}
