/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/implied.h"

#include "devices/controller/controller.h"
#include "devices/memballoon.h"
#include "devices/video.h"

gboolean implied_add(Domain *domain, GError **error)
{
  if (!controller_imply(domain, error))
    return FALSE;
  memballoon_imply(domain);
  video_imply(domain);
  return TRUE;
}
