/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/output-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>

#include "base/fd.h"

/* Always in append mode, so that a log may be truncated by others while it is written; without blocking, so
 * that a FIFO that nobody reads is an error and not a wait. */
int output_file_open(const char *path, gboolean append, const Place *place, const char *attribute,
                     GError **error)
{
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  autofd int fd = open(path, append ? flags : flags | O_TRUNC, 0600);
  int saved = errno;

  if (fd < 0) {
    error_set(error, DOMRUN_ERROR_HOST, place, attribute, "cannot open '%s' for writing: %s", path,
              g_strerror(saved));
    if (saved == ENXIO)
      error_add_hint(error, "a FIFO must have a reader before the guest starts");
    return -1;
  }
  g_unix_set_fd_nonblocking(fd, FALSE, NULL);
  return g_steal_fd(&fd);
}
