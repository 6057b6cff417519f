/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void fd_clear(int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close(*fd);
  *fd = -1;
  errno = saved;
}

char *fd_read_all(int fd, gsize limit, gsize *ret_length)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  guint8 buffer[16384];

  for (;;) {
    ssize_t got = read(fd, buffer, sizeof buffer);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return NULL;
    if (got == 0)
      break;
    if (bytes->len + (gsize)got > limit) {
      errno = EFBIG;
      return NULL;
    }
    g_byte_array_append(bytes, buffer, (guint)got);
  }
  *ret_length = bytes->len;
  g_byte_array_append(bytes, (const guint8 *)"", 1);
  return (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
}

gboolean fd_write_all(int fd, const void *bytes, gsize length)
{
  const char *from = bytes;

  while (length > 0) {
    ssize_t put = write(fd, from, length);

    if (put < 0 && errno == EAGAIN) {
      struct pollfd wait = { .fd = fd, .events = POLLOUT };

      poll(&wait, 1, -1);
      continue;
    }
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return FALSE;
    from += put;
    length -= (gsize)put;
  }
  return TRUE;
}
