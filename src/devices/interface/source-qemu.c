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

static void translate_user(const Device *device, const InterfaceSource *source, Plan *plan)
{
  Props *props = netdev_new("user", device);

  if (source->ipv4.prefix)
    props_add_format(props, "net", "%s/%u", source->ipv4.address, source->ipv4.prefix);
  else
    props_add_string(props, "net", source->ipv4.address);
  props_add_string(props, "ipv6-prefix", source->ipv6.address);
  if (source->ipv6.prefix)
    props_add_uint(props, "ipv6-prefixlen", source->ipv6.prefix);
  plan_add_json(plan, PLAN_BOTH, "-netdev", props);
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

/* "fd":"7" for one queue, "fds":"7:8" for more; the same for vhost's. */
static void add_fds(Props *props, const char *prefix, Plan *plan, PlanResourceKind first,
                    PlanResourceKind more, guint32 queues, const Device *device, PlanResource **ret_first)
{
  g_autoptr(GString) numbers = g_string_new(NULL);
  g_autofree char *key = g_strdup_printf("%s%s", prefix, queues > 1 ? "fds" : "fd");

  for (guint32 i = 0; i < queues; i++) {
    PlanResource *resource = plan_add_resource(plan, i ? more : first, device->alias, &device->place);

    g_string_append_printf(numbers, "%s%d", i ? ":" : "", resource->fd);
    if (i == 0 && ret_first)
      *ret_first = resource;
  }
  props_add_string(props, key, numbers->str);
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

static void translate_tap(const Domain *domain, const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;
  const Device *device = nic->device;
  guint32 queues = MAX(1, nic->driver->queues);
  Props *props = netdev_new("tap", device);
  PlanResource *tap = NULL;

  add_fds(props, "", plan, PLAN_RESOURCE_TAP, PLAN_RESOURCE_TAP_QUEUE, queues, device, &tap);
  tap->place = source->place;
  tap->tap = (PlanTap){
    .name = source->target ? source->target : "vnet%d",
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
  };
  if (wants_vhost(domain, nic)) {
    props_add_bool(props, "vhost", TRUE);
    add_fds(props, "vhost", plan, PLAN_RESOURCE_VHOST_NET, PLAN_RESOURCE_VHOST_NET, queues, device,
            /* ret_first= */ NULL);
  }
  add_sndbuf(source, props);
  plan_add_json(plan, PLAN_RUN, "-netdev", props);
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
  } else if (source->bridge) {
    PlanRequirement *required =
        plan_require(plan, PLAN_REQUIRE_BRIDGE, &source->place,
                     source->type == INTERFACE_BRIDGE ? "bridge" : "network", source->bridge);

    required->network = source->network;
    required->is_chosen = source->is_bridge_given;
  } else {
    plan_require(plan, PLAN_REQUIRE_NETWORK, &source->place, "network", source->network);
  }
  if (wants_vhost(domain, nic))
    plan_require(plan, PLAN_REQUIRE_DEVICE, &nic->driver->place, NULL, vhost_net_path);
}

void interface_source_translate(const Domain *domain, const InterfaceNic *nic, Plan *plan)
{
  const InterfaceSource *source = nic->source;
  const Device *device = nic->device;

  switch (source->type) {
  case INTERFACE_USER:
    translate_user(device, source, plan);
    return;
  case INTERFACE_MCAST:
    translate_socket(device, source, "mcast", plan);
    return;
  case INTERFACE_SERVER:
    translate_socket(device, source, "listen", plan);
    return;
  case INTERFACE_CLIENT:
    translate_socket(device, source, "connect", plan);
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
  case INTERFACE_LAST:
    break;
  }
  g_assert_not_reached();
}
