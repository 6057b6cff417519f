/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: the kernel's Documentation/networking/tuntap.rst; netdevice(7); QEMU's qemu-bridge-helper.c, which
 * sends the descriptor of its tap device over a socket (SCM_RIGHTS) with one byte.
 */
#include "config.h"

#include "host/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/bridge.h"
#include "host/program.h"

static const char tun_path[] = "/dev/net/tun";
static const char vhost_net_path[] = "/dev/vhost-net";

/* How long a script, or the helper, may take. */
enum { SCRIPT_SECONDS = 60 };

static int refuse(const Place *place, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static int refuse(const Place *place, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start(arguments, format);
  message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  error_set(error, DOMRUN_ERROR_HOST, place, NULL, "%s", message);
  return -1;
}

static void name_request(struct ifreq *request, const char *name)
{
  memset(request, 0, sizeof *request);
  g_strlcpy(request->ifr_name, name, sizeof request->ifr_name);
}

/* Opens a queue of the device @name, which is made where there is none. */
static int open_queue(const char *name, gboolean has_queues, char *ret_name, const Place *place,
                      GError **error)
{
  autofd int fd = open(tun_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  struct ifreq request;

  if (fd < 0)
    return refuse(place, error, "cannot open %s: %s", tun_path, g_strerror(errno));
  name_request(&request, name);
  request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (has_queues ? IFF_MULTI_QUEUE : 0));
  if (ioctl(fd, TUNSETIFF, &request) < 0) {
    int saved = errno;

    refuse(place, error, "cannot make or open the tap device '%s': %s", name, g_strerror(saved));
    if (saved == EBUSY)
      error_add_hint(error, "another program has it");
    else if (saved == EINVAL)
      error_add_hint(error,
                     "there is a device of that name that is no tap device, or has another number of queues");
    return -1;
  }
  if (ret_name)
    g_strlcpy(ret_name, request.ifr_name, IFNAMSIZ);
  return g_steal_fd(&fd);
}

int tap_open_queue(const char *name, const Place *place, GError **error)
{
  return open_queue(name, /* has_queues= */ TRUE, /* ret_name= */ NULL, place, error);
}

int tap_open_vhost(const Place *place, GError **error)
{
  int fd = open(vhost_net_path, O_RDWR | O_CLOEXEC);

  return fd >= 0 ? fd : refuse(place, error, "cannot open %s: %s", vhost_net_path, g_strerror(errno));
}

/* The guest's address with another first byte, the highest that an address of one host's own making can have:
 * a bridge takes the lowest address of its parts for its own, and must not take this one. */
static gboolean set_mac(int socket_fd, const char *name, const char *mac)
{
  struct ifreq request;
  guint bytes[6];

  name_request(&request, name);
  if (sscanf(mac, "%2x:%2x:%2x:%2x:%2x:%2x", &bytes[0], &bytes[1], &bytes[2], &bytes[3], &bytes[4],
             &bytes[5]) != 6)
    return FALSE;
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  for (gsize i = 0; i < 6; i++)
    request.ifr_hwaddr.sa_data[i] = (char)(i ? bytes[i] : bytes[0] == 0xfe ? 0xfa : 0xfe);
  return ioctl(socket_fd, SIOCSIFHWADDR, &request) == 0;
}

/* Its own MTU, or the bridge's: a bridge passes what its smallest part can carry. */
static gboolean set_mtu(int socket_fd, const char *name, const PlanTap *tap)
{
  struct ifreq request;
  int mtu = (int)tap->mtu;

  if (!mtu && tap->bridge) {
    name_request(&request, tap->bridge);
    if (ioctl(socket_fd, SIOCGIFMTU, &request) == 0)
      mtu = request.ifr_mtu;
  }
  if (!mtu)
    return TRUE;
  name_request(&request, name);
  request.ifr_mtu = mtu;
  return ioctl(socket_fd, SIOCSIFMTU, &request) == 0;
}

static gboolean attach(int socket_fd, const char *name, const char *bridge)
{
  struct ifreq request;

  if (!bridge)
    return TRUE;
  name_request(&request, bridge);
  request.ifr_ifindex = (int)if_nametoindex(name);
  return ioctl(socket_fd, SIOCBRADDIF, &request) == 0;
}

static gboolean set_up(int socket_fd, const char *name)
{
  struct ifreq request;

  name_request(&request, name);
  if (ioctl(socket_fd, SIOCGIFFLAGS, &request) < 0)
    return FALSE;
  request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
  return ioctl(socket_fd, SIOCSIFFLAGS, &request) == 0;
}

static gboolean configure(const PlanTap *tap, const char *name, const Place *place, GError **error)
{
  autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const char *step = NULL;

  if (fd < 0)
    step = "open a socket for";
  else if (!set_mac(fd, name, tap->mac))
    step = "set the MAC address of";
  else if (!set_mtu(fd, name, tap))
    step = "set the MTU of";
  else if (!attach(fd, name, tap->bridge))
    step = "attach to its bridge";
  else if (!set_up(fd, name))
    step = "set up";
  if (!step)
    return TRUE;
  refuse(place, error, "cannot %s '%s': %s", step, name, g_strerror(errno));
  return tap->bridge ? error_add_hint(error, "the bridge is '%s'", tap->bridge) : FALSE;
}

static gboolean run_script(const char *script, const char *name, const Place *place, GError **error)
{
  char *const argv[] = { (char *)script, (char *)name, NULL };
  const ProgramRequest request = { .argv = argv, .seconds = SCRIPT_SECONDS, .pass_fd = -1 };
  g_auto(ProgramEnd) end = { 0 };
  g_autofree char *how = NULL, *last = NULL;
  GError *cause = NULL;

  if (!program_run(&request, &end, &cause)) {
    refuse(place, error, "%s", cause->message);
    g_error_free(cause);
    return FALSE;
  }
  if (program_end_is_good(&end))
    return TRUE;
  how = program_end_describe(&end, SCRIPT_SECONDS);
  last = program_end_last_line(&end);
  refuse(place, error, "the script '%s' for '%s' %s", script, name, how);
  return last ? error_add_hint(error, "its last words: %s", last) : FALSE;
}

void tap_run_downscript(const PlanTap *tap, const char *name)
{
  if (tap->downscript)
    run_script(tap->downscript, name, /* place= */ NULL, /* error= */ NULL);
}

/* The descriptor that the helper sent, or -1. */
static int receive_fd(int socket_fd)
{
  char byte;
  struct iovec data = { &byte, 1 };
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {
    .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  const struct cmsghdr *header;
  int fd;

  if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) <= 0)
    return -1;
  header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof fd))
    return -1;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

static int run_helper(const char *helper, const PlanTap *tap, const Place *place, GError **error)
{
  g_autofree char *bridge = g_strdup_printf("--br=%s", tap->bridge), *how = NULL, *last = NULL;
  g_autofree char *number = g_strdup_printf("--fd=%d", PROGRAM_PASSED_FD);
  char *const argv[] = { (char *)helper, (char *)"--use-vnet", number, bridge, NULL };
  autofd int here = -1, there = -1;
  g_auto(ProgramEnd) end = { 0 };
  ProgramRequest request = { .argv = argv, .seconds = SCRIPT_SECONDS, .may_gain_privileges = TRUE };
  int pair[2], fd;

  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    return refuse(place, error, "cannot make a socket: %s", g_strerror(errno));
  here = pair[0];
  there = pair[1];
  request.pass_fd = there;
  if (!program_run(&request, &end, error))
    return -1;
  fd = receive_fd(here);
  if (fd >= 0)
    return fd;
  how = program_end_describe(&end, SCRIPT_SECONDS);
  last = program_end_last_line(&end);
  refuse(place, error, "'%s' made no tap device on the bridge '%s': it %s", helper, tap->bridge, how);
  if (last)
    error_add_hint(error, "its last words: %s", last);
  return -1;
}

/* What the helper makes is attached and up; its name is the kernel's choice. */
static int open_by_helper(const PlanTap *tap, const Place *place, char **ret_name, GError **error)
{
  const char *helper = bridge_find_helper();
  struct ifreq request = { 0 };
  autofd int fd = -1;

  if (tap->queues > 1)
    return refuse(place, error, "several queues need the right to make tap devices (CAP_NET_ADMIN)");
  if (!helper)
    return refuse(place, error, "this user may not make tap devices, and QEMU's bridge helper is missing");
  fd = run_helper(helper, tap, place, error);
  if (fd < 0)
    return -1;
  if (ioctl(fd, TUNGETIFF, &request) < 0)
    return refuse(place, error, "what '%s' made is no tap device: %s", helper, g_strerror(errno));
  *ret_name = g_strdup(request.ifr_name);
  return g_steal_fd(&fd);
}

static int open_existing(const PlanTap *tap, const Place *place, char **ret_name, GError **error)
{
  int fd;

  if (if_nametoindex(tap->name) == 0)
    return refuse(place, error, "the host has no tap device '%s'", tap->name);
  fd = open_queue(tap->name, tap->queues > 1, /* ret_name= */ NULL, place, error);
  if (fd >= 0)
    *ret_name = g_strdup(tap->name);
  return fd;
}

int tap_open(const PlanTap *tap, const Place *place, char **ret_name, GError **error)
{
  autofd int fd = -1;
  char name[IFNAMSIZ];

  if (tap->is_existing) {
    fd = open_existing(tap, place, ret_name, error);
  } else if (tap->bridge && !bridge_may_administer()) {
    fd = open_by_helper(tap, place, ret_name, error);
  } else {
    fd = open_queue(tap->name, tap->queues > 1, name, place, error);
    if (fd < 0 || !configure(tap, name, place, error))
      return -1;
    *ret_name = g_strdup(name);
  }
  if (fd < 0)
    return -1;
  if (tap->script && !run_script(tap->script, *ret_name, place, error)) {
    g_clear_pointer(ret_name, g_free);
    return -1;
  }
  return g_steal_fd(&fd);
}
