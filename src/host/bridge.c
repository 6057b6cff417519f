/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network namespace is asked by ioctl and not through /sys, which may show another one.
 */
#include "config.h"

#include "host/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/bridge-helper.h"
#include "host/link.h"
#include "host/requirement.h"

static const char tun_path[] = "/dev/net/tun";

gboolean bridge_may_administer(void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

  return syscall(SYS_capget, &header, data) == 0 &&
         (data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN));
}

/* A network that is defined and does not run has no bridge, or one that is down. */
static gboolean refuse_network(const PlanRequirement *requirement, GError **error)
{
  const char *network = requirement->network, *bridge = requirement->path;
  gboolean is_there = if_nametoindex(bridge) != 0;

  if (requirement->is_chosen) {
    requirement_refuse(requirement, error,
                       "the bridge '%s', which --network gives to the network '%s', is %s", bridge, network,
                       is_there ? "down" : "not there");
    return error_add_hint(error, "%s%s%s; --network=%s=user needs none",
                          is_there ? "ip link set " : "ip link add ", bridge,
                          is_there ? " up" : " type bridge makes one", network);
  }
  requirement_refuse(requirement, error, "the network '%s' is not active: its bridge '%s' is %s", network,
                     bridge, is_there ? "down" : "not there");
  return error_add_hint(error,
                        "virsh net-start %s starts it; --network=%s=bridge:BRIDGE takes another bridge, "
                        "--network=%s=user needs none",
                        network, network, network);
}

/* That there is none, or that it is another device, is only known where the kernel could be asked. */
static gboolean check_exists(const PlanRequirement *requirement, GError **error)
{
  const char *name = requirement->path;
  gboolean is_there;

  errno = 0;
  is_there = if_nametoindex(name) != 0;
  if (is_there && link_has_driver(name, "bridge"))
    return !requirement->network || link_is_up(name) || refuse_network(requirement, error);
  if (fd_is_lack(errno))
    return requirement_refuse(requirement, error, "cannot look at the bridge '%s': %s", name,
                              g_strerror(errno));
  if (!is_there) {
    if (requirement->network)
      return refuse_network(requirement, error);
    requirement_refuse(requirement, error, "the host has no bridge '%s'", name);
    return error_add_hint(error, "ip link add %s type bridge makes one, type='user' needs none", name);
  }
  requirement_refuse(requirement, error, "'%s' is not a bridge", name);
  return error_add_hint(error, "make a bridge, and '%s' a part of it: ip link set %s master BRIDGE", name,
                        name);
}

/* The device's node, which containers often lack. */
static gboolean check_node(const PlanRequirement *requirement, GError **error)
{
  int saved;

  if (faccessat(AT_FDCWD, tun_path, R_OK | W_OK, AT_EACCESS) == 0)
    return TRUE;
  saved = errno;
  requirement_refuse(requirement, error, "cannot open %s, which makes tap devices: %s", tun_path,
                     g_strerror(saved));
  if (saved == ENOENT)
    return error_add_hint(error, "load the kernel's tun module, or give the container the device");
  return error_add_hint(error, "let this user open it, as root: chmod 666 %s", tun_path);
}

gboolean bridge_check(const PlanRequirement *requirement, GError **error)
{
  if (!check_exists(requirement, error))
    return FALSE;
  if (!bridge_may_administer() && !bridge_helper_check(requirement, error))
    return FALSE;
  return check_node(requirement, error); /* the helper opens it with this user's rights */
}

gboolean bridge_check_tun(const PlanRequirement *requirement, GError **error)
{
  if (bridge_may_administer())
    return check_node(requirement, error);
  requirement_refuse(requirement, error, "this user may not make tap devices (CAP_NET_ADMIN)");
  return error_add_hint(error,
                        "run as root, or have root make one (ip tuntap add dev tap0 mode tap user NAME) and "
                        "name it: <target dev='tap0' managed='no'/>");
}

gboolean bridge_check_tap(const PlanRequirement *requirement, GError **error)
{
  const char *name = requirement->path;

  if (if_nametoindex(name) == 0) {
    requirement_refuse(requirement, error, "the host has no tap device '%s'", name);
    return error_add_hint(error, "managed='no' needs one: ip tuntap add dev %s mode tap user NAME", name);
  }
  if (!link_has_driver(name, "tun"))
    return requirement_refuse(requirement, error, "'%s' is not a tap device", name);
  return check_node(requirement, error);
}

gboolean bridge_check_network(const PlanRequirement *requirement, GError **error)
{
  requirement_refuse(requirement, error, "nobody knows the bridge of network '%s' on this host",
                     requirement->path);
  return error_add_hint(error, "say it: --network=%s=bridge:BRIDGE, or --network=%s=user", requirement->path,
                        requirement->path);
}
