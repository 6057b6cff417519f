/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libvirt's rules for ports: port 0 is a console's; a channel without a port has the first that is free, from
 * the controller with the lowest index on; where none is free, there is one controller more.
 */
#include "config.h"

#include "devices/chardev/channel.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "devices/chardev/chardev.h"
#include "devices/chardev/port-map.h"
#include "devices/controller/controller.h"
#include "devices/interface/interface.h"
#include "domain/devices.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(channel_target_table, CHANNEL_LAST, [CHANNEL_VIRTIO] = "virtio", [CHANNEL_GUESTFWD] = "guestfwd");

/* What the agent of SPICE looks for in the guest. */
static const char agent_name[] = "com.redhat.spice.0";

static gboolean parse_guestfwd(xmlNode *target, Channel *channel, GError **error)
{
  struct in_addr address;

  if (!xml_attribute_required(target, "address", &channel->host, error))
    return FALSE;
  if (inet_pton(AF_INET, channel->host, &address) != 1)
    return xml_error(error, target, "address", "'%s' is not an IPv4 address (as in 10.0.2.1)", channel->host);
  if (!xml_attribute_uint32(target, "port", 1, 65535, &channel->port, error))
    return FALSE;
  return channel->port || xml_error(error, target, "port", "is missing");
}

static gboolean parse_target(xmlNode *node, Channel *channel, GError **error)
{
  xmlNode *target = NULL;

  if (!xml_child_required(node, "target", &target, error))
    return FALSE;
  channel->target_place = xml_place(target);
  if (!xml_attribute_enum_required(target, "type", &channel_target_table, XML_ENUM(&channel->target), error))
    return FALSE;
  if (channel->target == CHANNEL_GUESTFWD)
    return parse_guestfwd(target, channel, error);
  xml_attribute(target, "state"); /* of a running guest: whether somebody in it has opened the port */
  channel->name = xml_attribute(target, "name");
  if (channel->name && !*channel->name)
    channel->name = NULL;
  return TRUE;
}

static gboolean channel_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType virtio[] = { ADDRESS_VIRTIO_SERIAL, ADDRESS_NONE };
  Channel *channel = (Channel *)device;

  if (!xml_has_attribute(node, "type"))
    return xml_error(error, node, "type", "is missing");
  if (!chardev_source_parse(node, &channel->source, error) || !device_parse_alias(node, device, error) ||
      !parse_target(node, channel, error))
    return FALSE;
  if (!channel->name && channel->source.type == CHARDEV_SPICEVMC)
    channel->name = agent_name;
  return channel->target != CHANNEL_VIRTIO || address_parse(node, virtio, &device->address, error);
}

/* ---- Ports ---- */

static gboolean has_place(const Device *device)
{
  return device->address.type == ADDRESS_VIRTIO_SERIAL;
}

/* A port that the document names. */
static void reserve(PortMap *map, const Device *device)
{
  const VirtioSerialAddress *address = &device->address.virtio_serial;

  if (has_place(device) && address->port)
    port_map_take(map, address->controller, address->port);
}

static gboolean choose_port(Domain *domain, PortMap *map, Device *device, GError **error)
{
  VirtioSerialAddress *address = &device->address.virtio_serial;

  if (has_place(device) && address->port)
    return TRUE;
  if (has_place(device)) {
    address->port = port_map_choose(map, address->controller);
    return address->port ||
           error_set_document(error, &device->address.place, "controller",
                              "virtio-serial controller %u has no free port", address->controller);
  }
  if (!port_map_choose_any(map, &address->controller, &address->port))
    return error_set_document(error, &device->place, NULL, "there is no free port for another channel");
  device->address.type = ADDRESS_VIRTIO_SERIAL;
  chardev_ensure_controller(domain, device);
  return TRUE;
}

/* Of the whole room: what is named comes first. */
static gboolean choose_ports(Domain *domain, GError **error)
{
  g_autoptr(PortMap) map = NULL;

  DOMAIN_FOREACH_OF(domain, &channel_room, device, i) {
    if (((const Channel *)device)->target == CHANNEL_VIRTIO)
      chardev_ensure_controller(domain, device);
  }
  map = port_map_new(domain);
  DOMAIN_FOREACH_OF(domain, &channel_room, device, i)
    reserve(map, device);
  DOMAIN_FOREACH_OF(domain, &console_room, device, i)
    reserve(map, device);
  DOMAIN_FOREACH_OF(domain, &channel_room, device, i) {
    if (((const Channel *)device)->target == CHANNEL_VIRTIO && !choose_port(domain, map, device, error))
      return FALSE;
  }
  return TRUE;
}

/* The first whose network is QEMU's own; NULL: there is none. */
static InterfaceUser *find_network(const Domain *domain)
{
  DOMAIN_FOREACH_OF(domain, &interface_room, device, i) {
    InterfaceSource *source = &((Interface *)device)->source;

    if (source->type == INTERFACE_USER && source->user.backend == USER_BACKEND_DEFAULT)
      return &source->user;
  }
  return NULL;
}

/* Its address is one of a network that the guest has. */
static void join_network(InterfaceUser *network, Channel *channel)
{
  if (!network->guest_forwards)
    network->guest_forwards = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(network->guest_forwards, g_strdup_printf("tcp:%s:%u-chardev:char%s", channel->host,
                                                           channel->port, channel->device.alias));
  channel->has_network = TRUE;
}

static void join_networks(const Domain *domain)
{
  InterfaceUser *network = find_network(domain);

  DOMAIN_FOREACH_OF(domain, &channel_room, device, i) {
    if (network && ((const Channel *)device)->target == CHANNEL_GUESTFWD)
      join_network(network, (Channel *)device);
  }
}

/* The last one does what is done for all. */
static gboolean channel_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "channel%u", device->index);
  if (device->index + 1 < domain_devices_of(domain, &channel_room)->len)
    return TRUE;
  join_networks(domain);
  return choose_ports(domain, error);
}

/* ---- What cannot be ---- */

static void claim_name(const Device *device, GPtrArray *claims)
{
  const Channel *channel = (const Channel *)device;

  if (device->room == &channel_room && channel->name)
    g_ptr_array_add(claims, g_strdup(channel->name));
}

static void claim_forward(const Device *device, GPtrArray *claims)
{
  const Channel *channel = (const Channel *)device;

  if (device->room == &channel_room && channel->target == CHANNEL_GUESTFWD)
    g_ptr_array_add(claims, g_strdup_printf("%s:%u", channel->host, channel->port));
}

static gboolean validate_forward(const Domain *domain, const Channel *channel, GError **error)
{
  g_autofree char *claim = g_strdup_printf("%s:%u", channel->host, channel->port);
  const Device *first = device_first_claimant(domain, claim_forward, claim);

  if (first != &channel->device)
    return error_set_document(error, &channel->target_place, NULL,
                              "port %u of '%s' is that of the channel on line %d", channel->port,
                              channel->host, first->place.line);
  if (!channel->has_network)
    report_warning(domain->report, &channel->target_place, NULL,
                   "<interface type='user'> has it; target type 'virtio' needs none",
                   "the channel is an address of a network that no interface of the guest is part of");
  return TRUE;
}

static gboolean validate_name(const Domain *domain, const Channel *channel, GError **error)
{
  const Device *first =
      channel->name ? device_first_claimant(domain, claim_name, channel->name) : &channel->device;

  return first == &channel->device ||
         error_set_document(error, &channel->target_place, "name",
                            "'%s' is that of the channel on line %d, and the guest finds it by its name",
                            channel->name, first->place.line);
}

static gboolean channel_validate(const Domain *domain, const Device *device, GError **error)
{
  const Channel *channel = (const Channel *)device;

  if (!chardev_validate_source(domain, device, error))
    return FALSE;
  if (channel->target == CHANNEL_GUESTFWD)
    return validate_forward(domain, channel, error);
  return chardev_validate_port(domain, device, error) && validate_name(domain, channel, error);
}

static void channel_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Channel *channel = (const Channel *)device;

  if (channel->target == CHANNEL_VIRTIO)
    xml_set_attribute(xml_set_child(node, "target"), "name", channel->name);
}

const DeviceRoom channel_room = {
  .element = "channel",
  .size = sizeof(Channel),
  .has_source = TRUE,
  .parse = channel_parse,
  .complete = channel_complete,
  .validate = channel_validate,
  .translate = channel_translate,
  .annotate = channel_annotate,
  .clear = device_clear_nothing,
};
