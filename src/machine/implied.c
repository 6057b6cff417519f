/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/implied.h"

#include "devices/controller.h"
#include "devices/memballoon.h"
#include "devices/video.h"

void implied_add(Domain *domain)
{
  controller_imply(domain);
  memballoon_imply(domain);
  video_imply(domain);
}
