/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/macvtap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "host/bridge.h"
#include "host/netlink.h"
#include "host/requirement.h"

static const guint32 modes[] = {
  [PLAN_MACVTAP_VEPA] = MACVLAN_MODE_VEPA,
  [PLAN_MACVTAP_BRIDGE] = MACVLAN_MODE_BRIDGE,
  [PLAN_MACVTAP_PRIVATE] = MACVLAN_MODE_PRIVATE,
  [PLAN_MACVTAP_PASSTHROUGH] = MACVLAN_MODE_PASSTHRU,
};

/* Numbers that are tried; the kernel knows no more devices of one kind. */
enum { NUMBERS_MAX = 8192 };

/* ---- Making one ---- */

static gboolean make(const PlanTap *plan, const char *name, const LinkMac *mac)
{
  /* In passthrough mode it takes over the address of the device below: both are set later. */
  return netlink_make_macvtap(name, plan->parent, modes[plan->macvtap],
                              plan->macvtap == PLAN_MACVTAP_PASSTHROUGH ? NULL : mac);
}

/* The kernel numbers names in its answers only, which it does not give to everybody: "%d" is done here. */
static gboolean make_numbered(const PlanTap *plan, const LinkMac *mac, char ret_name[IFNAMSIZ])
{
  const char *percent = strstr(plan->name, "%d");
  int before = (int)(percent - plan->name);

  for (int number = 0; number < NUMBERS_MAX; number++) {
    g_autofree char *name = g_strdup_printf("%.*s%d%s", before, plan->name, number, percent + 2);

    g_strlcpy(ret_name, name, IFNAMSIZ);
    if (if_nametoindex(ret_name) != 0)
      continue;
    if (make(plan, ret_name, mac))
      return TRUE;
    if (errno != EEXIST) /* that is of one which came in between */
      return FALSE;
  }
  errno = EEXIST;
  return FALSE;
}

static gboolean refuse(const PlanTap *plan, const Place *place, int reason, GError **error)
{
  const char *parent = plan->parent;

  if (reason == EEXIST)
    return error_set(error, DOMRUN_ERROR_HOST, &plan->name_place, NULL,
                     "the host has a network device '%s' already", plan->name);
  error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot make a macvtap device on '%s': %s", parent,
            g_strerror(reason));
  if (reason == EPERM)
    return error_add_hint(error, "it takes CAP_NET_ADMIN: run as root");
  if (reason == EBUSY)
    return error_add_hint(error, "another device on it, or a bridge it is a part of, wants all its frames");
  if (reason == EINVAL)
    return error_add_hint(
        error, "mode 'passthrough' goes with no other device on '%s', and the loopback with none", parent);
  if (reason == EOPNOTSUPP)
    return error_add_hint(error, "load the kernel's macvtap module");
  return FALSE;
}

gboolean macvtap_make(const PlanTap *plan, const Place *place, const LinkMac *mac, char ret_name[IFNAMSIZ],
                      GError **error)
{
  g_strlcpy(ret_name, plan->name, IFNAMSIZ);
  if (strchr(plan->name, '%') ? make_numbered(plan, mac, ret_name) : make(plan, ret_name, mac))
    return TRUE;
  return refuse(plan, place, errno, error);
}

/* ---- Opening one ---- */

/* "246:1" of sysfs, which has one number for each device. */
static gboolean read_number(const char *name, guint index, dev_t *ret_number)
{
  g_autofree char *path = g_strdup_printf("/sys/class/net/%s/tap%u/dev", name, index);
  g_autofree char *text = NULL;
  guint major_number, minor_number;

  if (!g_file_get_contents(path, &text, /* length= */ NULL, /* error= */ NULL) ||
      sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
    return FALSE;
  *ret_number = makedev(major_number, minor_number);
  return TRUE;
}

/* The kernel makes the node on its own file system, which is /dev where it is not a container's: there it is
 * made and taken away again. -1 with errno set on failure. */
static int open_node(const char *name)
{
  guint index = if_nametoindex(name);
  g_autofree char *path = g_strdup_printf("/dev/tap%u", index);
  int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), saved;
  dev_t number;

  if (fd >= 0 || errno != ENOENT || !read_number(name, index, &number) ||
      mknod(path, S_IFCHR | 0600, number) < 0)
    return fd;
  fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  saved = errno;
  unlink(path);
  errno = saved;
  return fd;
}

int macvtap_open_queue(const char *name, gboolean is_multi_queue, const Place *place, GError **error)
{
  struct ifreq request = { 0 };
  autofd int fd = open_node(name);

  if (fd < 0) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot open /dev/tap%u, the node of '%s': %s",
              if_nametoindex(name), name, g_strerror(errno));
    return -1;
  }
  g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
  request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (is_multi_queue ? IFF_MULTI_QUEUE : 0));
  if (ioctl(fd, TUNSETIFF, &request) < 0) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot set up a queue of '%s': %s", name,
              g_strerror(errno));
    return -1;
  }
  return g_steal_fd(&fd);
}

void macvtap_delete(const char *name, const LinkMac *mac)
{
  LinkMac found;

  if (!link_get_mac(name, &found) || memcmp(found.bytes, mac->bytes, sizeof found.bytes) != 0 ||
      !link_has_driver(name, "macvlan"))
    return;
  if (!netlink_delete(name))
    announce_notice("the macvtap device '%s' stays: %s", name, g_strerror(errno));
}

/* ---- What is needed ---- */

gboolean macvtap_check_parent(const PlanRequirement *requirement, GError **error)
{
  const char *parent = requirement->path;

  if (if_nametoindex(parent) == 0) {
    requirement_refuse(requirement, error, "the host has no network device '%s'", parent);
    return error_add_hint(error, "ip link shows those that it has");
  }
  if (!link_is_up(parent)) {
    requirement_refuse(requirement, error, "the network device '%s' is down", parent);
    return error_add_hint(error, "ip link set %s up", parent);
  }
  if (bridge_may_administer())
    return TRUE;
  requirement_refuse(requirement, error, "this user may not make macvtap devices (CAP_NET_ADMIN)");
  return error_add_hint(error, "run as root; type='user' needs no rights");
}
