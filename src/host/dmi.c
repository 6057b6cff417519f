/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/dmi.h"

#include <fcntl.h>

#include "base/fd.h"

/* A string of SMBIOS; the kernel gives a page at most. */
enum { DMI_MAX_BYTES = 4096 };

char *dmi_read_below(const char *root, const char *name)
{
  g_autofree char *path = g_strconcat(root, "/sys/class/dmi/id/", name, NULL), *text = NULL;
  autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  gsize length;

  text = fd >= 0 ? fd_read_all(fd, DMI_MAX_BYTES, &length) : NULL;
  if (!text)
    return NULL;
  g_strstrip(text);
  for (const char *c = text; *c; c++) {
    if (!g_ascii_isprint(*c))
      return NULL;
  }
  return g_steal_pointer(&text);
}

char *dmi_read(const char *name)
{
  return dmi_read_below("", name);
}
