/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"

/* A path, or "@name" for a socket without one. FALSE where it is neither, or too long. */
static gboolean make_address(const char *name, struct sockaddr_un *ret_address, socklen_t *ret_length)
{
  gsize length = strlen(name);

  memset(ret_address, 0, sizeof *ret_address);
  if ((*name != '/' && *name != '@') || length < 2 || length >= sizeof ret_address->sun_path)
    return FALSE;
  ret_address->sun_family = AF_UNIX;
  memcpy(ret_address->sun_path, name, length);
  if (*name == '@') /* its length is part of its name */
    ret_address->sun_path[0] = '\0';
  *ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (*name == '/'));
  return TRUE;
}

void notify_send(const char *format, ...)
{
  const char *name = g_getenv("NOTIFY_SOCKET");
  autofd int fd = -1;
  g_autofree char *text = NULL;
  struct sockaddr_un address;
  socklen_t length;
  va_list arguments;

  if (!name || !make_address(name, &address, &length))
    return;
  fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address, length);
}
