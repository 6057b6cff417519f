/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device is asked for with IFF_TUN_EXCL first, so that what was there is told from what is made. What was
 * there and is neither persistent nor a tap device belongs to another program.
 */
#include "config.h"

#include "host/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "host/bridge.h"
#include "host/bridge-helper.h"
#include "host/link.h"
#include "host/macvtap.h"
#include "host/port.h"
#include "process/program.h"

static const char tun_path[] = "/dev/net/tun";
static const char vhost_net_path[] = "/dev/vhost-net";

struct Tap {
  const PlanTap *plan;
  Place place;
  char name[IFNAMSIZ];
  int fd;
  gboolean is_multi_queue;
  gboolean is_helpers;  /* QEMU's bridge helper has made it, and set it up */
  gboolean was_there;   /* and stays */
  gboolean is_attached; /* to the bridge, by us; this and the following are what is going to be, until it is
                           set up */
  gboolean was_down;    /* and was set up by us */
  gboolean is_complete; /* and so the script for the end is due */
  gboolean is_switched; /* a port of Open vSwitch, by us */
  PortLimits limits;    /* by us */
  TapBefore before;     /* of what was there */
  char mac[18];         /* a macvtap device's, as text; empty: it is none, or not there */
  char parent_mac[18];  /* what the device below had; empty: it kept it */
};

static gboolean refuse(const Place *place, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean refuse(const Place *place, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start(arguments, format);
  message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return error_set(error, DOMRUN_ERROR_HOST, place, NULL, "%s", message);
}

/* ---- Descriptors ---- */

/* Opens a queue of the device @name, which is made where there is none. -1 with errno set on failure. */
static int open_queue(const PlanTap *plan, const char *name, int flags, char *ret_name)
{
  autofd int fd = open(plan->clone_path ? plan->clone_path : tun_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  struct ifreq request = { 0 };

  if (fd < 0)
    return -1;
  g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
  request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags);
  if (ioctl(fd, TUNSETIFF, &request) < 0)
    return -1;
  g_strlcpy(ret_name, request.ifr_name, IFNAMSIZ);
  return g_steal_fd(&fd);
}

/* Why a device cannot be had, by what open_queue() left in errno. */
static gboolean refuse_device(const PlanTap *plan, int reason, GError **error)
{
  const Place *place = &plan->name_place;
  const char *name = plan->name;

  if (reason == EBUSY)
    return refuse(place, error, "the tap device '%s' is in use by another program", name);
  if (reason == EINVAL && !link_has_driver(name, "tun")) {
    refuse(place, error, "the host has a network device '%s' already, which is not a tap device", name);
    return error_add_hint(error, "choose another name, or none: the kernel numbers vnet0, vnet1, ...");
  }
  if (reason == EINVAL && plan->queues > 1) {
    refuse(place, error, "the tap device '%s' has one queue only, and the interface %u", name, plan->queues);
    return error_add_hint(error, "make it with more: ip tuntap add dev %s mode tap multi_queue", name);
  }
  if (reason == EINVAL)
    return refuse(place, error, "'%s' is a tun device, which carries no Ethernet frames", name);
  refuse(place, error, "cannot make or open the tap device '%s': %s", name, g_strerror(reason));
  if (reason == EPERM)
    error_add_hint(error,
                   "it takes CAP_NET_ADMIN, or a device of this user's: ip tuntap add dev NAME mode tap "
                   "user USER");
  return FALSE;
}

/* A device that is there may have more queues than are wanted. */
static gboolean open_present(Tap *tap, GError **error)
{
  struct ifreq request = { 0 };

  tap->was_there = TRUE;
  tap->fd = open_queue(tap->plan, tap->plan->name, tap->is_multi_queue ? IFF_MULTI_QUEUE : 0, tap->name);
  if (tap->fd < 0 && errno == EINVAL && !tap->is_multi_queue)
    tap->fd = open_queue(tap->plan, tap->plan->name, IFF_MULTI_QUEUE, tap->name);
  if (tap->fd < 0)
    return refuse_device(tap->plan, errno, error);
  /* Several programs may open a device of many queues. */
  if (ioctl(tap->fd, TUNGETIFF, &request) == 0 && !(request.ifr_flags & IFF_PERSIST))
    return refuse_device(tap->plan, EBUSY, error);
  return TRUE;
}

static gboolean open_or_make(Tap *tap, GError **error)
{
  int flags = IFF_TUN_EXCL | (tap->is_multi_queue ? IFF_MULTI_QUEUE : 0);

  tap->fd = open_queue(tap->plan, tap->plan->name, flags, tap->name);
  if (tap->fd >= 0)
    return TRUE;
  return errno == EBUSY ? open_present(tap, error) : refuse_device(tap->plan, errno, error);
}

static gboolean open_existing(Tap *tap, GError **error)
{
  if (if_nametoindex(tap->plan->name) == 0)
    return refuse(&tap->plan->name_place, error, "the host has no tap device '%s'", tap->plan->name);
  return open_present(tap, error);
}

int tap_open_queue(const Tap *tap, GError **error)
{
  char name[IFNAMSIZ];
  int fd;

  if (tap->plan->macvtap)
    return macvtap_open_queue(tap->name, tap->is_multi_queue, &tap->place, error);
  fd = open_queue(tap->plan, tap->name, IFF_MULTI_QUEUE, name);
  if (fd < 0)
    refuse(&tap->place, error, "cannot open one more queue of '%s': %s", tap->name, g_strerror(errno));
  return fd;
}

int tap_open_vhost(const char *path, const Place *place, GError **error)
{
  int fd = open(path ? path : vhost_net_path, O_RDWR | O_CLOEXEC);
  int saved = errno;

  if (fd < 0) {
    refuse(place, error, "cannot open %s: %s", path ? path : vhost_net_path, g_strerror(saved));
    error_add_hint(error, "<driver name='qemu'/> does without");
  }
  return fd;
}

/* ---- What is set up ---- */

static gboolean parse_mac(const char *text, LinkMac *ret_mac)
{
  guint bytes[6];

  if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &bytes[0], &bytes[1], &bytes[2], &bytes[3], &bytes[4],
             &bytes[5]) != 6)
    return FALSE;
  for (gsize i = 0; i < 6; i++)
    ret_mac->bytes[i] = (guint8)bytes[i];
  return TRUE;
}

static void print_mac(const LinkMac *mac, char ret_text[18])
{
  const guint8 *b = mac->bytes;

  g_snprintf(ret_text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

/* The guest's address with another first byte, the highest that an address of one host's own making can have:
 * a bridge takes the lowest address of its parts for its own, and must not take this one. */
static gboolean parse_host_mac(const char *text, LinkMac *ret_mac)
{
  if (!parse_mac(text, ret_mac))
    return FALSE;
  ret_mac->bytes[0] = ret_mac->bytes[0] == 0xfe ? 0xfa : 0xfe; /* never the guest's own */
  return TRUE;
}

/* Its own MTU, or the bridge's: a bridge passes what its smallest part can carry. 0: as it is. */
static guint32 wanted_mtu(const PlanTap *plan)
{
  return plan->mtu || !plan->bridge ? plan->mtu : link_get_mtu(plan->bridge);
}

static gboolean bridge_is_switch(const PlanTap *plan)
{
  return plan->bridge && plan->port && plan->port->is_openvswitch;
}

static gboolean has_limits(const PlanTap *plan)
{
  return plan->port && (plan->port->inbound.average || plan->port->outbound.average);
}

static gboolean refuse_other_bridge(const Tap *tap, const char *how, GError **error)
{
  refuse(&tap->place, error, "cannot attach '%s' to the bridge '%s': it is attached to another one",
         tap->name, tap->plan->bridge);
  return error_add_hint(error, "%s %s%s detaches it", how, tap->name,
                        bridge_is_switch(tap->plan) ? "" : " nomaster");
}

/* A port that somebody else has made stays as it is, and the guest's port may not need to be another. */
static gboolean check_foreign_port(const Tap *tap, GError **error)
{
  const PlanPort *port = tap->plan->port;
  const Place *place;

  if (!port)
    return TRUE;
  if (port->vlans)
    place = &port->vlan_place;
  else if (port->is_isolated)
    place = &port->isolated_place;
  else if (port->interface_id || port->profile_id)
    place = &port->switch_place;
  else
    return TRUE;
  refuse(place, error, "'%s' is a port of '%s' already, and whoever made it that says what it may reach",
         tap->name, tap->plan->bridge);
  return error_add_hint(error,
                        port->is_openvswitch ? "after 'ovs-vsctl del-port %s' domrun does that"
                                             : "after 'ip link set %s nomaster' domrun does that",
                        tap->name);
}

static gboolean find_switch(Tap *tap, GError **error)
{
  g_autofree char *bridge = NULL;

  if (tap->was_there && !port_find_switch(tap->name, tap->plan->port, &bridge, error))
    return FALSE;
  tap->is_switched = bridge == NULL;
  if (bridge && !g_str_equal(bridge, tap->plan->bridge))
    return refuse_other_bridge(tap, "ovs-vsctl del-port", error);
  return TRUE;
}

/* What is changed of a device that stays. */
static void remember(Tap *tap)
{
  const PlanTap *plan = tap->plan;
  TapBefore *before = &tap->before;
  LinkMac mac;

  if (!tap->was_there)
    return;
  before->has_rx_frames =
      plan->port && plan->port->rx_frames && link_get_rx_frames(tap->name, &before->rx_frames);
  if (plan->is_existing)
    return;
  if (link_get_mac(tap->name, &mac))
    print_mac(&mac, before->mac);
  before->mtu = link_get_mtu(tap->name);
}

/* What fails here is nothing that matters to others. */
static void put_back(const Tap *tap)
{
  const TapBefore *before = &tap->before;
  LinkMac mac;

  if (before->mtu)
    link_set_mtu(tap->name, before->mtu);
  if (parse_mac(before->mac, &mac))
    link_set_mac(tap->name, &mac);
  if (before->has_rx_frames)
    link_set_rx_frames(tap->name, before->rx_frames);
}

/* What is going to be done to it, and so taken back. */
static gboolean foresee(Tap *tap, GError **error)
{
  const char *bridge = tap->plan->bridge;

  remember(tap);
  tap->was_down = !link_is_up(tap->name);
  if (bridge_is_switch(tap->plan)) {
    if (!find_switch(tap, error))
      return FALSE;
  } else {
    tap->is_attached = bridge && !(tap->was_there && link_is_attached(tap->name, bridge));
  }
  return !bridge || tap->is_attached || tap->is_switched || check_foreign_port(tap, error);
}

static gboolean set_up(const Tap *tap, GError **error)
{
  return link_set_up(tap->name) ||
         refuse(&tap->place, error, "cannot set '%s' up: %s", tap->name, g_strerror(errno));
}

static gboolean attach(const Tap *tap, GError **error)
{
  const PlanTap *plan = tap->plan;

  if (tap->is_switched)
    return port_attach_to_switch(tap->name, plan->bridge, plan->port, plan->mac, error);
  if (!tap->is_attached)
    return TRUE;
  if (link_attach(tap->name, plan->bridge))
    return port_protect(tap->name, plan->bridge, plan->port, error);
  if (errno == EBUSY)
    return refuse_other_bridge(tap, "ip link set", error);
  return refuse(&tap->place, error, "cannot attach '%s' to the bridge '%s': %s", tap->name, plan->bridge,
                g_strerror(errno));
}

static gboolean configure(Tap *tap, GError **error)
{
  const PlanTap *plan = tap->plan;
  guint32 mtu = wanted_mtu(plan);
  LinkMac mac;

  if (parse_host_mac(plan->mac, &mac) && !link_set_mac(tap->name, &mac))
    return refuse(&tap->place, error, "cannot give '%s' the MAC address for '%s': %s", tap->name, plan->mac,
                  g_strerror(errno));
  if (mtu && mtu != link_get_mtu(tap->name) && !link_set_mtu(tap->name, mtu))
    return refuse(&tap->place, error, "cannot give '%s' an MTU of %u: %s", tap->name, mtu, g_strerror(errno));
  return attach(tap, error) &&
         port_limit(tap->name, plan->port, /* is_inside= */ FALSE, &tap->limits, error) && set_up(tap, error);
}

/* ---- macvtap ---- */

/* In passthrough mode the device below gets the guest's address, and has its own back at the end. */
static gboolean take_over_parent(Tap *tap, const LinkMac *mac, GError **error)
{
  const PlanTap *plan = tap->plan;
  LinkMac old;

  if (plan->macvtap != PLAN_MACVTAP_PASSTHROUGH)
    return TRUE;
  if (!link_get_mac(plan->parent, &old))
    return refuse(&tap->place, error, "cannot read the MAC address of '%s': %s", plan->parent,
                  g_strerror(errno));
  print_mac(&old, tap->parent_mac);
  print_mac(&old, tap->mac); /* so far */
  if (!link_set_mac(tap->name, mac))
    return refuse(&tap->place, error, "cannot give '%s' the guest's MAC address: %s", plan->parent,
                  g_strerror(errno));
  return TRUE;
}

static gboolean make_macvtap(Tap *tap, GError **error)
{
  const PlanTap *plan = tap->plan;
  LinkMac mac = { { 0 } };

  parse_mac(plan->mac, &mac); /* the document's, which was checked */
  if (!macvtap_make(plan, &tap->place, &mac, tap->name, error))
    return FALSE;
  if (!take_over_parent(tap, &mac, error))
    return FALSE;
  print_mac(&mac, tap->mac);
  if (plan->mtu && !link_set_mtu(tap->name, plan->mtu))
    return refuse(&tap->place, error, "cannot give '%s' an MTU of %u: %s", tap->name, plan->mtu,
                  g_strerror(errno));
  tap->fd = macvtap_open_queue(tap->name, tap->is_multi_queue, &tap->place, error);
  return tap->fd >= 0;
}

static void unmake_macvtap(Tap *tap)
{
  LinkMac mac;

  fd_clear(&tap->fd);
  if (parse_mac(tap->mac, &mac))
    macvtap_delete(tap->name, &mac);
  if (parse_mac(tap->parent_mac, &mac) && !link_set_mac(tap->plan->parent, &mac))
    announce_notice("'%s' keeps the guest's MAC address: %s", tap->plan->parent, g_strerror(errno));
}

/* What the helper makes is attached and up. It takes no wishes, but an interface works without a name of the
 * document's choice. */
static gboolean open_by_helper(Tap *tap, GError **error)
{
  const PlanTap *plan = tap->plan;
  struct ifreq request = { 0 };

  if (plan->port && (plan->port->is_isolated || plan->port->vlans || plan->port->is_openvswitch)) {
    refuse(&tap->place, error,
           "VLANs, isolated ports and Open vSwitch need the right to change bridges (CAP_NET_ADMIN)");
    return error_add_hint(error, "run as root");
  }
  if (has_limits(plan))
    announce_notice("the guest's traffic is not limited: limits take CAP_NET_ADMIN");
  if (plan->queues > 1)
    return refuse(&tap->place, error,
                  "more than one queue needs the right to make tap devices (CAP_NET_ADMIN)");
  tap->fd = bridge_helper_open_tap(plan->bridge, &tap->place, error);
  if (tap->fd < 0)
    return FALSE;
  if (ioctl(tap->fd, TUNGETIFF, &request) < 0)
    return refuse(&tap->place, error, "what QEMU's bridge helper made is no tap device: %s",
                  g_strerror(errno));
  g_strlcpy(tap->name, request.ifr_name, sizeof tap->name);
  if (!strchr(plan->name, '%'))
    announce_notice("the tap device is '%s' and not '%s': names take CAP_NET_ADMIN", tap->name, plan->name);
  if (plan->mtu > link_get_mtu(tap->name))
    announce_notice("frames of more than %u bytes are lost at '%s': setting its MTU takes CAP_NET_ADMIN",
                    link_get_mtu(tap->name), tap->name);
  return TRUE;
}

static gboolean open_device(Tap *tap, GError **error)
{
  const PlanTap *plan = tap->plan;

  if (plan->macvtap)
    return make_macvtap(tap, error);
  if (plan->is_existing) {
    if (!open_existing(tap, error))
      return FALSE;
    remember(tap);
    return TRUE;
  }
  tap->is_helpers = plan->bridge && !bridge_may_administer();
  if (tap->is_helpers)
    return open_by_helper(tap, error);
  return open_or_make(tap, error) && foresee(tap, error);
}

/* Of one that is somebody else's the limits alone are this guest's. */
static gboolean configure_device(Tap *tap, GError **error)
{
  const PlanTap *plan = tap->plan;

  if (plan->macvtap || plan->is_existing)
    return port_limit(tap->name, plan->port, /* is_inside= */ plan->macvtap, &tap->limits, error) &&
           (plan->is_existing || set_up(tap, error));
  return tap->is_helpers || configure(tap, error);
}

/* ---- Scripts ---- */

/* What a script has to say that worked. */
static void relay_output(const char *script, const ProgramEnd *end)
{
  const char *slash = strrchr(script, '/');
  g_auto(GStrv) lines = g_strsplit(end->output, "\n", -1);

  for (char **line = lines; *line; line++) {
    if (**line)
      announce("%s: %s", slash ? slash + 1 : script, *line);
  }
}

static gboolean run_script(const Tap *tap, const char *script, gboolean is_cleanup, GError **error)
{
  char *const argv[] = { (char *)script, (char *)tap->name, NULL };
  const ProgramRequest request = { .argv = argv,
                                   .seconds = TAP_SCRIPT_SECONDS,
                                   .pass_fd = -1,
                                   .may_gain_privileges = TRUE,
                                   .is_cleanup = is_cleanup };
  const Place *place = &tap->plan->script_place;
  g_auto(ProgramEnd) end = { 0 };
  g_autofree char *how = NULL, *last = NULL;
  GError *cause = NULL;

  if (!program_run(&request, &end, &cause)) {
    refuse(place, error, "%s", cause->message);
    g_error_free(cause);
    return FALSE;
  }
  if (program_end_is_good(&end)) {
    relay_output(script, &end);
    return TRUE;
  }
  how = program_end_describe(&end, TAP_SCRIPT_SECONDS);
  last = program_end_last_line(&end);
  error_set(error, end.is_stopped ? DOMRUN_ERROR_STOPPED : DOMRUN_ERROR_HOST, place, NULL,
            "the script '%s' for '%s' %s", script, tap->name, how);
  return last ? error_add_hint(error, "its last words: %s", last) : FALSE;
}

static gboolean run_up_script(const Tap *tap, GError **error)
{
  const PlanTap *plan = tap->plan;

  if (!plan->script || (plan->may_lack_script && access(plan->script, F_OK) < 0))
    return TRUE;
  return run_script(tap, plan->script, /* is_cleanup= */ FALSE, error);
}

static void run_down_script(const Tap *tap)
{
  g_autoptr(GError) error = NULL;

  if (tap->plan->downscript && !run_script(tap, tap->plan->downscript, /* is_cleanup= */ TRUE, &error)) {
    const char *hint = error_get_hint(error);

    announce_notice("%s%s%s", error->message, hint ? "; " : "", hint ? hint : "");
  }
}

/* ---- The whole ---- */

Tap *tap_open(const PlanTap *plan, const Place *place, GError **error)
{
  g_autoptr(Tap) tap = g_new0(Tap, 1);

  tap->plan = plan;
  tap->place = *place;
  tap->fd = -1;
  tap->is_multi_queue = plan->queues > 1;
  if (open_device(tap, error))
    return g_steal_pointer(&tap);
  tap->is_switched = tap->is_attached = tap->was_down = FALSE; /* nothing was done yet */
  tap->before = (TapBefore){ 0 };
  return NULL;
}

gboolean tap_set_up(Tap *tap, GError **error)
{
  tap->is_complete = configure_device(tap, error) && run_up_script(tap, error);
  return tap->is_complete;
}

void tap_free(Tap *tap)
{
  if (!tap)
    return;
  if (tap->is_complete)
    run_down_script(tap);
  if (tap->plan->macvtap)
    unmake_macvtap(tap);
  if (tap->is_switched)
    port_detach_from_switch(tap->name);
  if (tap->was_there)
    port_clear_limits(tap->name, tap->limits);
  if (tap->was_there && tap->is_attached)
    link_detach(tap->name, tap->plan->bridge);
  if (tap->was_there && tap->was_down)
    link_set_down(tap->name);
  put_back(tap);
  fd_clear(&tap->fd);
  g_free(tap);
}

gboolean tap_describe_end(const Tap *tap, TapEnd *ret_end)
{
  *ret_end = (TapEnd){
    .name = tap->name,
    .bridge = tap->was_there && tap->is_attached ? tap->plan->bridge : NULL,
    .downscript = tap->is_complete ? tap->plan->downscript : NULL,
    .is_set_down = tap->was_there && tap->was_down,
    .is_switched = tap->is_switched,
    .limits = tap->was_there ? tap->limits : 0,
    .before = tap->before,
    .macvtap = tap->plan->macvtap ? tap->mac : NULL,
    .parent = tap->plan->parent,
    .parent_mac = *tap->parent_mac ? tap->parent_mac : NULL,
  };
  return ret_end->bridge || ret_end->downscript || ret_end->is_set_down || ret_end->is_switched ||
         ret_end->limits || *ret_end->before.mac || ret_end->before.mtu || ret_end->before.has_rx_frames ||
         ret_end->macvtap;
}

/* One that was made for the guest is gone; its script may have more to take away. */
void tap_give_up(const TapEnd *end)
{
  const PlanTap plan = {
    .name = end->name,
    .bridge = end->bridge,
    .downscript = end->downscript,
    .queues = 1,
    .macvtap = end->macvtap ? PLAN_MACVTAP_BRIDGE : PLAN_MACVTAP_NONE,
    .parent = end->parent,
  };
  Tap *tap = g_new0(Tap, 1);

  tap->plan = &plan;
  tap->fd = -1;
  g_strlcpy(tap->name, end->name, sizeof tap->name);
  g_strlcpy(tap->mac, end->macvtap ? end->macvtap : "", sizeof tap->mac);
  g_strlcpy(tap->parent_mac, end->parent_mac ? end->parent_mac : "", sizeof tap->parent_mac);
  if (if_nametoindex(end->name) == 0 || end->macvtap) {
    tap->is_complete = TRUE;
    tap->is_switched = end->is_switched;
  } else if (open_present(tap, /* error= */ NULL)) {
    tap->is_complete = TRUE;
    tap->is_attached = end->bridge && link_is_attached(end->name, end->bridge);
    tap->was_down = end->is_set_down;
    tap->is_switched = end->is_switched;
    tap->limits = end->limits;
    tap->before = end->before;
  }
  tap_free(tap);
}

const char *tap_name(const Tap *tap)
{
  return tap->name;
}

int tap_fd(const Tap *tap)
{
  return tap->fd;
}
