/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_bridge.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* A bridge numbers its ports from 1 to 1023 (BR_MAX_PORTS). */
enum { MAX_PORTS = 1024 };

static struct ifreq request_for(const char *name)
{
  struct ifreq request = { 0 };

  g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
  return request;
}

static gboolean ask(unsigned long what, struct ifreq *request)
{
  autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  return fd >= 0 && ioctl(fd, what, request) >= 0;
}

gboolean link_has_driver(const char *name, const char *driver)
{
  struct ethtool_drvinfo information = { .cmd = ETHTOOL_GDRVINFO };
  struct ifreq request = request_for(name);

  request.ifr_data = (void *)&information;
  return ask(SIOCETHTOOL, &request) && g_str_equal(information.driver, driver);
}

gboolean link_is_up(const char *name)
{
  struct ifreq request = request_for(name);

  return ask(SIOCGIFFLAGS, &request) && (request.ifr_flags & IFF_UP);
}

static gboolean set_flags(const char *name, int added, int removed)
{
  struct ifreq request = request_for(name);

  if (!ask(SIOCGIFFLAGS, &request))
    return FALSE;
  request.ifr_flags = (short)((request.ifr_flags | added) & ~removed);
  return ask(SIOCSIFFLAGS, &request);
}

gboolean link_set_up(const char *name)
{
  return set_flags(name, IFF_UP, 0);
}

gboolean link_set_down(const char *name)
{
  return set_flags(name, 0, IFF_UP);
}

gboolean link_set_mac(const char *name, const LinkMac *mac)
{
  struct ifreq request = request_for(name);

  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  memcpy(request.ifr_hwaddr.sa_data, mac->bytes, sizeof mac->bytes);
  return ask(SIOCSIFHWADDR, &request);
}

gboolean link_get_mac(const char *name, LinkMac *ret_mac)
{
  struct ifreq request = request_for(name);

  if (!ask(SIOCGIFHWADDR, &request))
    return FALSE;
  memcpy(ret_mac->bytes, request.ifr_hwaddr.sa_data, sizeof ret_mac->bytes);
  return TRUE;
}

static gboolean ask_coalesce(const char *name, guint32 what, struct ethtool_coalesce *coalesce)
{
  struct ifreq request = request_for(name);

  coalesce->cmd = what;
  request.ifr_data = (void *)coalesce;
  return ask(SIOCETHTOOL, &request);
}

gboolean link_get_rx_frames(const char *name, guint32 *ret_count)
{
  struct ethtool_coalesce coalesce = { 0 };

  if (!ask_coalesce(name, ETHTOOL_GCOALESCE, &coalesce))
    return FALSE;
  *ret_count = coalesce.rx_max_coalesced_frames;
  return TRUE;
}

gboolean link_set_rx_frames(const char *name, guint32 count)
{
  struct ethtool_coalesce coalesce = { 0 };

  if (!ask_coalesce(name, ETHTOOL_GCOALESCE, &coalesce))
    return FALSE;
  coalesce.rx_max_coalesced_frames = count;
  return ask_coalesce(name, ETHTOOL_SCOALESCE, &coalesce);
}

guint32 link_get_mtu(const char *name)
{
  struct ifreq request = request_for(name);

  return ask(SIOCGIFMTU, &request) ? (guint32)request.ifr_mtu : 0;
}

gboolean link_set_mtu(const char *name, guint32 mtu)
{
  struct ifreq request = request_for(name);

  request.ifr_mtu = (int)mtu;
  return ask(SIOCSIFMTU, &request);
}

static gboolean ask_bridge(unsigned long what, const char *name, const char *bridge)
{
  struct ifreq request = request_for(bridge);

  request.ifr_ifindex = (int)if_nametoindex(name);
  return request.ifr_ifindex > 0 && ask(what, &request);
}

gboolean link_attach(const char *name, const char *bridge)
{
  return ask_bridge(SIOCBRADDIF, name, bridge);
}

gboolean link_detach(const char *name, const char *bridge)
{
  return ask_bridge(SIOCBRDELIF, name, bridge);
}

gboolean link_is_attached(const char *name, const char *bridge)
{
  int ports[MAX_PORTS] = { 0 };
  unsigned long arguments[] = { BRCTL_GET_PORT_LIST, (unsigned long)ports, MAX_PORTS, 0 };
  struct ifreq request = request_for(bridge);
  int index = (int)if_nametoindex(name);

  request.ifr_data = (void *)arguments;
  if (index <= 0 || !ask(SIOCDEVPRIVATE, &request))
    return FALSE;
  for (int i = 0; i < MAX_PORTS; i++) {
    if (ports[i] == index)
      return TRUE;
  }
  return FALSE;
}
