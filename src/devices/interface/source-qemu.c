/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tap device is made by the supervisor and handed to QEMU as a descriptor. In the shell's form there is
 * none: for a bridge QEMU's own helper makes it, a setuid program, so that the line works without root; for
 * `ethernet` QEMU makes it and runs the script. Facts: QEMU's manual, options -netdev tap, bridge and socket.
 */
#include "config.h"

#include "devices/interface/source.h"

#include "domain/domain.h"

static Props *netdev_new(const char *type, const Device *device)
{
  Props *props = props_new("type", type);

  props_add_format(props, "id", "host%s", device->alias);
  return props;
}

static void translate_socket(const Device *device, const InterfaceSource *source, const char *mode,
                             Plan *plan)
{
  Props *props = netdev_new("socket", device);

  props_add_format(props, mode, "%s:%u", source->address ? source->address : "", source->port);
  if (source->local_address)
    props_add_format(props, "localaddr", "%s:%u", source->local_address, source->local_port);
  plan_add_json(plan, PLAN_BOTH, "-netdev", props);
}

/* "fd":"7" for one queue, "fds":"7:8" for more; the same for vhost's. Returns the first. */
static PlanResource *add_fds(Props *props, const char *prefix, Plan *plan, PlanResourceKind first,
                             PlanResourceKind more, guint32 queues, const Device *device, const char *path)
{
  PlanResource *result = NULL;
  g_autoptr(GString) numbers = g_string_new(NULL);
  g_autofree char *key = g_strdup_printf("%s%s", prefix, queues > 1 ? "fds" : "fd");

  for (guint32 i = 0; i < queues; i++) {
    PlanResource *resource = plan_add_resource(plan, i ? more : first, device->alias, &device->place);

    g_string_append_printf(numbers, "%s%d", i ? ":" : "", resource->fd);
    resource->path = path;
    result = i ? result : resource;
  }
  props_add_string(props, key, numbers->str);
  return result;
}

static gboolean wants_vhost(const Domain *domain, const InterfaceNic *nic)
{
  if (!nic->is_virtio)
    return FALSE;
  if (nic->driver->backend == INTERFACE_BACKEND_VHOST)
    return TRUE;
  return nic->driver->backend == INTERFACE_BACKEND_DEFAULT && domain->type == DOMAIN_TYPE_KVM &&
         domain->has_vhost_net;
}

static void add_sndbuf(const InterfaceSource *source, Props *props)
{
  if (source->has_sndbuf)
    props_add_uint(props, "sndbuf", source->sndbuf);
}

static const PlanMacvtap macvtap_modes[] = {
  [MACVTAP_VEPA] = PLAN_MACVTAP_VEPA,
  [MACVTAP_BRIDGE] = PLAN_MACVTAP_BRIDGE,
  [MACVTAP_PRIVATE] = PLAN_MACVTAP_PRIVATE,
  [MACVTAP_PASSTHROUGH] = PLAN_MACVTAP_PASSTHROUGH,
};
G_STATIC_ASSERT(G_N_ELEMENTS(macvtap_modes) == MACVTAP_LAST);

static const char *usual_name(const InterfaceSource *source)
{
  return source->type == INTERFACE_DIRECT ? "macvtap%d" : "vnet%d";
}

static void translate_tap(const Domain *domain, const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;
  const Device *device = nic->device;
  guint32 queues = MAX(1, nic->driver->queues);
  Props *props = netdev_new("tap", device);
  PlanResource *tap = add_fds(props, "", plan, PLAN_RESOURCE_TAP, PLAN_RESOURCE_TAP_QUEUE, queues, device,
                              /* path= */ NULL);

  tap->place = source->place;
  tap->tap = (PlanTap){
    .name = source->target ? source->target : usual_name(source),
    .bridge = source->bridge,
    .mac = nic->mac,
    .mtu = nic->mtu,
    .queues = queues,
    .is_existing = source->is_existing,
    .name_place = source->target ? source->target_place : source->place,
    .script = source->type == INTERFACE_ETHERNET ? source->script : NULL,
    .downscript = source->type == INTERFACE_ETHERNET ? source->downscript : NULL,
    .script_place = source->script_place,
    .may_lack_script = source->has_default_script,
    .macvtap = source->type == INTERFACE_DIRECT ? macvtap_modes[source->macvtap] : PLAN_MACVTAP_NONE,
    .parent = source->type == INTERFACE_DIRECT ? source->device : NULL,
    .clone_path = source->tap_path,
    .port = &source->plug,
  };
  if (wants_vhost(domain, nic)) {
    props_add_bool(props, "vhost", TRUE);
    add_fds(props, "vhost", plan, PLAN_RESOURCE_VHOST_NET, PLAN_RESOURCE_VHOST_NET, queues, device,
            source->vhost_path);
  }
  add_sndbuf(source, props);
  /* Nothing in QEMU makes a macvtap device: the shell has to open one under the same numbers. */
  plan_add_json(plan, source->type == INTERFACE_DIRECT ? PLAN_BOTH : PLAN_RUN, "-netdev", props);
}

/* QEMU's helper knows a bridge and nothing else. */
static void note_lacks_of_bridge(const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;

  if (nic->driver->queues > 1)
    plan_lack(plan, &nic->driver->place, "queues", "QEMU's bridge helper makes tap devices of one queue");
  if (nic->driver->backend == INTERFACE_BACKEND_VHOST)
    plan_lack(plan, &nic->driver->place, "name", "with QEMU's bridge helper there is no vhost");
  if (source->target)
    plan_lack(plan, &source->target_place, "dev", "QEMU's bridge helper names the tap device");
  if (source->has_sndbuf)
    plan_lack(plan, &nic->device->place, NULL, "with QEMU's bridge helper <sndbuf> cannot be set");
  if (source->plug.vlans)
    plan_lack(plan, &source->plug.vlan_place, NULL, "nobody keeps the guest to its VLAN");
  if (source->plug.is_isolated)
    plan_lack(plan, &source->plug.isolated_place, NULL, "nobody keeps the guest from other isolated ports");
  if (source->plug.is_openvswitch)
    plan_lack(plan, &source->plug.switch_place, "type", "QEMU's bridge helper does not know Open vSwitch");
}

/* What is asked of any device on the host's side. */
static void note_lacks_of_port(const InterfaceNic *nic, Plan *plan)
{
  const PlanPort *port = &nic->source->plug;

  if (port->inbound.average || port->outbound.average)
    plan_lack(plan, &port->bandwidth_place, NULL, "nobody limits the guest's traffic");
  if (port->rx_frames)
    plan_lack(plan, &port->coalesce_place, "max", "the device on the host takes frames as they come");
}

/* What QEMU sets of a tap device that it makes itself is its name, and no more. */
static void note_lacks_of_tap(const InterfaceNic *nic, Plan *plan)
{
  if (nic->mtu)
    plan_lack(plan, &nic->device->place, NULL,
              "<mtu> is the guest's only, and not that of the device on the host");
}

static void translate_bridge_for_shell(const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;
  Props *props = netdev_new("bridge", nic->device);

  note_lacks_of_bridge(nic, plan);
  note_lacks_of_port(nic, plan);
  note_lacks_of_tap(nic, plan);
  /* Where nobody knows the network's bridge, a line that shows where to put its name. */
  props_add_string(props, "br", source->bridge ? source->bridge : source->network);
  plan_add_json(plan, PLAN_SHELL, "-netdev", props);
  plan->shell_gains = TRUE;
}

static void translate_ethernet_for_shell(const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;
  Props *props = netdev_new("tap", nic->device);

  note_lacks_of_port(nic, plan);
  if (!source->is_existing)
    note_lacks_of_tap(nic, plan);
  props_add_string(props, "ifname", source->target);
  props_add_string(props, "script", source->script ? source->script : "no");
  props_add_string(props, "downscript", source->downscript ? source->downscript : "no");
  if (nic->driver->queues > 1)
    props_add_uint(props, "queues", nic->driver->queues);
  if (nic->is_virtio && nic->driver->backend == INTERFACE_BACKEND_VHOST)
    props_add_bool(props, "vhost", TRUE);
  add_sndbuf(source, props);
  plan_add_json(plan, PLAN_SHELL, "-netdev", props);
  if (source->script || source->downscript)
    plan->shell_spawns = TRUE;
}

static void translate_direct_for_shell(const InterfaceNic *nic, Plan *plan)
{
  plan_lack(plan, &nic->source->place, "dev",
            "the shell has to open a macvtap device under these numbers, as in 3<>/dev/tap7");
  note_lacks_of_port(nic, plan);
}

/* QEMU waits for the other side, or connects to it; what passes between them is the guest's memory. */
static void translate_vhostuser(const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;
  Props *chardev = props_new(/* key= */ NULL, "socket");
  Props *props = netdev_new("vhost-user", nic->device);

  props_add_format(chardev, "id", "char%s", nic->device->alias);
  props_add_string(chardev, "path", source->path);
  if (source->is_server)
    props_add_bool(chardev, "server", TRUE);
  if (source->reconnect)
    props_add_uint(chardev, "reconnect", source->reconnect);
  plan_add_keyval(plan, PLAN_BOTH, "-chardev", chardev);
  props_add_format(props, "chardev", "char%s", nic->device->alias);
  if (nic->driver->queues > 1)
    props_add_uint(props, "queues", nic->driver->queues);
  plan_add_json(plan, PLAN_BOTH, "-netdev", props);
  if (source->is_server)
    plan_require(plan, PLAN_REQUIRE_LISTEN, &source->place, "path", source->path);
  else if (!source->reconnect)
    plan_require(plan, PLAN_REQUIRE_SOCKET, &source->place, "path", source->path);
}

static void translate_vdpa(const InterfaceNic *nic, Plan *plan)
{
  Props *props = netdev_new("vhost-vdpa", nic->device);

  props_add_string(props, "vhostdev", nic->source->device);
  if (nic->driver->queues > 1)
    props_add_uint(props, "queues", nic->driver->queues);
  plan_add_json(plan, PLAN_BOTH, "-netdev", props);
  plan_require(plan, PLAN_REQUIRE_DEVICE, &nic->source->place, "dev", nic->source->device);
}

static const char vhost_net_path[] = "/dev/vhost-net";

static void require(const Domain *domain, const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;

  if (source->type == INTERFACE_ETHERNET) {
    if (source->is_existing)
      plan_require(plan, PLAN_REQUIRE_TAP, &source->target_place, "dev", source->target);
    else
      plan_require(plan, PLAN_REQUIRE_TUN, &source->place, NULL, NULL);
    if (source->script && !source->has_default_script)
      plan_require(plan, PLAN_REQUIRE_PROGRAM, &source->script_place, NULL, source->script);
    if (source->downscript)
      plan_require(plan, PLAN_REQUIRE_PROGRAM, &source->script_place, NULL, source->downscript);
  } else if (source->type == INTERFACE_DIRECT) {
    plan_require(plan, PLAN_REQUIRE_PARENT, &source->place, "dev", source->device);
  } else if (source->bridge) {
    PlanRequirement *required =
        plan_require(plan, source->plug.is_openvswitch ? PLAN_REQUIRE_SWITCH : PLAN_REQUIRE_BRIDGE,
                     &source->place, source->type == INTERFACE_BRIDGE ? "bridge" : "network", source->bridge);

    required->network = source->network;
    required->is_chosen = source->is_bridge_given;
  } else {
    plan_require(plan, PLAN_REQUIRE_NETWORK, &source->place, "network", source->network);
  }
  if (wants_vhost(domain, nic))
    plan_require(plan, PLAN_REQUIRE_DEVICE, &nic->driver->place, NULL,
                 source->vhost_path ? source->vhost_path : vhost_net_path);
}

static void connect_to_port(const InterfaceSource *source, Plan *plan)
{
  g_autofree char *port = g_strdup_printf("%u", source->port);

  plan_connect(plan, port);
}

void interface_source_translate(const Domain *domain, const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;
  const Device *device = nic->device;

  switch (source->type) {
  case INTERFACE_USER:
    interface_user_translate(&source->user, device, plan);
    return;
  case INTERFACE_MCAST:
    translate_socket(device, source, "mcast", plan);
    return;
  case INTERFACE_SERVER:
    translate_socket(device, source, "listen", plan);
    plan_listen(plan, source->port, source->port);
    return;
  case INTERFACE_CLIENT:
    translate_socket(device, source, "connect", plan);
    connect_to_port(source, plan);
    return;
  case INTERFACE_UDP:
    translate_socket(device, source, "udp", plan);
    return;
  case INTERFACE_NETWORK:
  case INTERFACE_BRIDGE:
    translate_tap(domain, nic, plan);
    translate_bridge_for_shell(nic, plan);
    require(domain, nic, plan);
    return;
  case INTERFACE_ETHERNET:
    translate_tap(domain, nic, plan);
    translate_ethernet_for_shell(nic, plan);
    require(domain, nic, plan);
    return;
  case INTERFACE_DIRECT:
    translate_tap(domain, nic, plan);
    translate_direct_for_shell(nic, plan);
    require(domain, nic, plan);
    return;
  case INTERFACE_VHOSTUSER:
    translate_vhostuser(nic, plan);
    return;
  case INTERFACE_VDPA:
    translate_vdpa(nic, plan);
    return;
  case INTERFACE_HOSTDEV:
  case INTERFACE_NULL: /* they have no back end */
    return;
  case INTERFACE_LAST:
    break;
  }
  g_assert_not_reached();
}
