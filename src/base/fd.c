/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

void fd_clear(int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close(*fd);
  *fd = -1;
  errno = saved;
}

gboolean fd_is_lack(int error)
{
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}

/* The numbers come first: what is closed while the directory is read could be the directory. */
static void close_listed(int first)
{
  g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
  g_autoptr(GArray) numbers = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(int));
  const char *name;

  while (directory && (name = g_dir_read_name(directory))) {
    gint64 number;
    int fd;

    if (!g_ascii_string_to_signed(name, 10, first, G_MAXINT, &number, NULL))
      continue;
    fd = (int)number;
    g_array_append_val(numbers, fd);
  }
  g_clear_pointer(&directory, g_dir_close);
  for (guint i = 0; i < numbers->len; i++)
    close(g_array_index(numbers, int, i));
}

void fd_close_from(int first)
{
  if (syscall(SYS_close_range, (guint)first, ~0U, 0U) < 0) /* a kernel older than 5.9, or a sandbox */
    close_listed(first);
}

char *fd_read_all(int fd, gsize limit, gsize *ret_length)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  guint8 buffer[4096];

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
