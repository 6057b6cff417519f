/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

/* The flag of listening sockets in /proc/net/unix (__SO_ACCEPTCON of the kernel's net/unix). */
enum { ACCEPTS_CONNECTIONS = 1 << 16 };

/* "Num: RefCount Protocol Flags Type St Inode Path" */
static gboolean is_listener(const char *line, const char *path)
{
  g_auto(GStrv) fields = g_strsplit(line, " ", 2);
  const char *name = strchr(line, '/');
  guint flags;

  return fields[0] && fields[1] && name && g_str_equal(name, path) &&
         sscanf(fields[1], "%*x %*x %x", &flags) == 1 && (flags & ACCEPTS_CONNECTIONS);
}

gboolean listener_has_path(const char *path)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (!g_file_get_contents("/proc/net/unix", &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (is_listener(*line, path))
      return TRUE;
  }
  return FALSE;
}

static gboolean try_bind(const struct addrinfo *address)
{
  autofd int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
  int on = 1;

  if (fd < 0)
    return FALSE;
  if (address->ai_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (address->ai_socktype == SOCK_STREAM)
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return bind(fd, address->ai_addr, address->ai_addrlen) == 0;
}

gboolean listener_can_bind(const char *address, gboolean is_udp, char **ret_reason)
{
  g_auto(GStrv) words = g_strsplit(address, " ", 2);
  struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST,
                            .ai_socktype = is_udp ? SOCK_DGRAM : SOCK_STREAM };
  struct addrinfo *found = NULL;
  int failed = getaddrinfo(*words[0] ? words[0] : NULL, words[1], &hints, &found);
  int saved = 0;

  if (failed == EAI_NONAME) /* a name: nobody is asked for its address before QEMU does */
    return TRUE;
  if (failed) {
    *ret_reason = g_strdup_printf("cannot listen on '%s' port '%s': %s", words[0], words[1],
                                  failed == EAI_SYSTEM ? g_strerror(errno) : gai_strerror(failed));
    return FALSE;
  }
  for (const struct addrinfo *one = found; one; one = one->ai_next) {
    if (try_bind(one)) {
      freeaddrinfo(found);
      return TRUE;
    }
    saved = errno;
  }
  freeaddrinfo(found);
  *ret_reason = g_strdup_printf("cannot listen on '%s' port '%s': %s", words[0], words[1], g_strerror(saved));
  return FALSE;
}

/* -1 with errno. */
static int keep(const struct addrinfo *address)
{
  autofd int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
  const int yes = 1;

  if (fd < 0 || bind(fd, address->ai_addr, address->ai_addrlen) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
    return -1;
  return g_steal_fd(&fd);
}

static void set_port(struct addrinfo *address, int port)
{
  if (address->ai_family == AF_INET6)
    ((struct sockaddr_in6 *)(gpointer)address->ai_addr)->sin6_port = htons((guint16)port);
  else
    ((struct sockaddr_in *)(gpointer)address->ai_addr)->sin_port = htons((guint16)port);
}

int listener_keep_port(const char *host, int first, int *ret_port, const Place *place, GError **error)
{
  struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  int failed = getaddrinfo(host, "0", &hints, &found), fd = -1, saved = 0;

  if (failed) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot listen on '%s': %s", host,
              failed == EAI_SYSTEM ? g_strerror(errno) : gai_strerror(failed));
    return -1;
  }
  for (int port = first; port <= G_MAXUINT16 && fd < 0; port++) {
    set_port(found, port);
    fd = keep(found);
    saved = errno;
    if (fd >= 0)
      *ret_port = port;
    else if (saved != EADDRINUSE && saved != EACCES)
      break;
  }
  freeaddrinfo(found);
  if (fd < 0)
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot listen on '%s' from port %d on: %s", host, first,
              g_strerror(saved));
  return fd;
}
