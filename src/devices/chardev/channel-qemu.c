/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev/channel.h"

#include "devices/controller/controller.h"

static void translate_port(const Domain *domain, const Channel *channel, Plan *plan)
{
  const Device *device = &channel->device;
  const VirtioSerialAddress *address = &device->address.virtio_serial;
  g_autofree char *bus = controller_bus(domain, CONTROLLER_VIRTIO_SERIAL, address->controller);
  Props *props = props_new("driver", "virtserialport");

  props_add_string(props, "bus", bus);
  props_add_uint(props, "nr", address->port);
  props_add_format(props, "chardev", "char%s", device->alias);
  props_add_string(props, "id", device->alias);
  props_add_string(props, "name", channel->name);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
}

/* A network of its own, as libvirt has it always. */
static void translate_guestfwd(const Channel *channel, Plan *plan)
{
  const char *alias = channel->device.alias;
  Props *forward = props_new_empty();
  Props *props = props_new("type", "user");
  g_autoptr(Json) list = json_new_array();

  props_add_format(forward, "str", "tcp:%s:%u-chardev:char%s", channel->host, channel->port, alias);
  json_append(list, props_steal_json(forward));
  props_add_array(props, "guestfwd", g_steal_pointer(&list));
  props_add_string(props, "id", alias);
  plan_add_json(plan, PLAN_BOTH, "-netdev", props);
}

gboolean channel_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Channel *channel = (const Channel *)device;

  chardev_source_translate(&channel->source, device, plan);
  if (channel->target == CHANNEL_VIRTIO)
    translate_port(domain, channel, plan);
  else if (!channel->has_network) /* else the interface says it */
    translate_guestfwd(channel, plan);
  return TRUE;
}
