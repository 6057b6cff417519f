/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * passt gets one end of a pair of sockets, and QEMU the other as a network of type "stream": nobody listens
 * on anything, and each ends when the other does. The shell's form has QEMU's own network, which needs no
 * other program. Facts: passt(1), QEMU's manual (-netdev stream, user).
 */
#include "config.h"

#include "devices/interface/user.h"

#include "base/json.h"
#include "domain/device.h"

/* ---- SLIRP ---- */

static gboolean is_excluded(const Forward *forward, guint port)
{
  for (guint i = 0; i < forward->ranges->len; i++) {
    const ForwardRange *range = &g_array_index(forward->ranges, ForwardRange, i);

    if (range->is_excluded && port >= range->start && port <= range->end)
      return TRUE;
  }
  return FALSE;
}

static void forward_port_free(gpointer data)
{
  ForwardPort *port = data;

  g_free(port->address);
  g_free(port);
}

static void require_range(const Forward *forward, const ForwardRange *range, GPtrArray *ports)
{
  for (guint port = range->start; port <= range->end; port++) {
    ForwardPort *one;

    if (range->is_excluded || is_excluded(forward, port))
      continue;
    one = g_new0(ForwardPort, 1);
    one->forward = forward;
    one->address = g_strdup_printf("%s %u", forward->address ? forward->address : "0.0.0.0", port);
    g_ptr_array_add(ports, one);
  }
}

/* None where they are very many: looking for each would take its time. */
static GPtrArray *list_ports(const InterfaceUser *user)
{
  GPtrArray *ports = g_ptr_array_new_with_free_func(forward_port_free);
  guint64 count = 0;

  for (guint i = 0; user->forwards && i < user->forwards->len; i++)
    count += forward_count_ports(g_ptr_array_index(user->forwards, i));
  if (count > FORWARD_PORTS_MAX)
    return ports;
  for (guint i = 0; user->forwards && i < user->forwards->len; i++) {
    const Forward *forward = g_ptr_array_index(user->forwards, i);

    for (guint j = 0; j < forward->ranges->len; j++)
      require_range(forward, &g_array_index(forward->ranges, ForwardRange, j), ports);
  }
  return ports;
}

static void require_ports(const InterfaceUser *user, Plan *plan)
{
  for (guint i = 0; user->ports && i < user->ports->len; i++) {
    const ForwardPort *port = g_ptr_array_index(user->ports, i);

    plan_require(plan, port->forward->protocol == FORWARD_TCP ? PLAN_REQUIRE_TCP_PORT : PLAN_REQUIRE_UDP_PORT,
                 &port->forward->place, NULL, port->address);
  }
}

static void add_port(Json *list, const Forward *forward, guint port, guint to)
{
  g_autofree char *text = g_strdup_printf("%s:%s:%u-:%u", forward->protocol == FORWARD_TCP ? "tcp" : "udp",
                                          forward->address ? forward->address : "", port, to);
  Json *item = json_new_object();

  json_set_string(item, "str", text);
  json_append(list, item);
}

static void add_ports(Json *list, const Forward *forward)
{
  for (guint i = 0; i < forward->ranges->len; i++) {
    const ForwardRange *range = &g_array_index(forward->ranges, ForwardRange, i);

    for (guint port = range->start; !range->is_excluded && port <= range->end; port++) {
      if (!is_excluded(forward, port))
        add_port(list, forward, port, range->to + (port - range->start));
    }
  }
}

static void add_forwards(const InterfaceUser *user, Props *props)
{
  g_autoptr(Json) list = json_new_array();

  for (guint i = 0; user->forwards && i < user->forwards->len; i++)
    add_ports(list, g_ptr_array_index(user->forwards, i));
  if (json_length(list) > 0)
    props_add_array(props, "hostfwd", g_steal_pointer(&list));
}

static void add_guest_forwards(const InterfaceUser *user, Props *props)
{
  g_autoptr(Json) list = json_new_array();

  for (guint i = 0; user->guest_forwards && i < user->guest_forwards->len; i++) {
    Json *item = json_new_object();

    json_set_string(item, "str", g_ptr_array_index(user->guest_forwards, i));
    json_append(list, item);
  }
  if (json_length(list) > 0)
    props_add_array(props, "guestfwd", g_steal_pointer(&list));
}

/* An address that is the guest's own to passt is that of a network to QEMU, which gives 15 to the guest. */
static void translate_slirp(const InterfaceUser *user, const Device *device, PlanForm form, Plan *plan)
{
  Props *props = props_new("type", "user");

  props_add_format(props, "id", "host%s", device->alias);
  if (user->ipv4.prefix)
    props_add_format(props, "net", "%s/%u", user->ipv4.address, user->ipv4.prefix);
  else
    props_add_string(props, "net", user->ipv4.address);
  props_add_string(props, "ipv6-prefix", user->ipv6.address);
  if (user->ipv6.prefix)
    props_add_uint(props, "ipv6-prefixlen", user->ipv6.prefix);
  add_forwards(user, props);
  add_guest_forwards(user, props);
  plan_add_json(plan, form, "-netdev", props);
}

/* ---- passt ---- */

static void add_argument(GPtrArray *arguments, const char *option, const char *value)
{
  if (!value)
    return;
  g_ptr_array_add(arguments, g_strdup(option));
  g_ptr_array_add(arguments, g_strdup(value));
}

/* "192.0.2.1%eth0/2000-2010:3000-3010,~2005". Only ranges that are left out mean all others. */
static char *describe_forward(const Forward *forward)
{
  GString *text = g_string_new(forward->address);

  if (forward->device)
    g_string_append_printf(text, "%%%s", forward->device);
  if (text->len > 0)
    g_string_append_c(text, '/');
  if (forward->ranges->len == 0)
    g_string_append(text, text->len > 0 ? "~1" : "all");
  for (guint i = 0; i < forward->ranges->len; i++) {
    const ForwardRange *range = &g_array_index(forward->ranges, ForwardRange, i);

    g_string_append_printf(text, "%s%s%u", i ? "," : "", range->is_excluded ? "~" : "", range->start);
    if (range->end != range->start)
      g_string_append_printf(text, "-%u", range->end);
    if (range->to != range->start)
      g_string_append_printf(text, ":%u", range->to);
    if (range->to != range->start && range->end != range->start)
      g_string_append_printf(text, "-%u", range->to + range->end - range->start);
  }
  return g_string_free(text, /* free_segment= */ FALSE);
}

static GPtrArray *make_arguments(const InterfaceUser *user)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

  add_argument(arguments, "--log-file",
               user->log_path); /* each value is its option's, whatever it begins with */
  add_argument(arguments, "--hostname", user->hostname);
  add_argument(arguments, "--fqdn", user->fqdn);
  add_argument(arguments, "--interface", user->device);
  add_argument(arguments, "--address", user->ipv4.address);
  if (user->ipv4.prefix) {
    g_autofree char *prefix = g_strdup_printf("%u", user->ipv4.prefix);

    add_argument(arguments, "--netmask", prefix);
  }
  add_argument(arguments, "--address", user->ipv6.address);
  for (guint i = 0; user->forwards && i < user->forwards->len; i++) {
    const Forward *forward = g_ptr_array_index(user->forwards, i);
    g_autofree char *ports = describe_forward(forward);

    add_argument(arguments, forward->protocol == FORWARD_TCP ? "--tcp-ports" : "--udp-ports", ports);
  }
  return arguments;
}

void interface_user_complete(InterfaceUser *user)
{
  user->ports = list_ports(user);
  if (user->backend == USER_BACKEND_PASST)
    user->passt_arguments = make_arguments(user);
}

static void translate_passt(const InterfaceUser *user, const Device *device, Plan *plan)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_PASST, device->alias, &user->backend_place);
  Props *props = props_new("type", "stream"), *address = props_new("type", "fd");

  resource->passt.arguments = user->passt_arguments;
  props_add_format(address, "str", "%d", resource->fd);
  props_add_format(props, "id", "host%s", device->alias);
  props_add_bool(props, "server", FALSE);
  props_add_props(props, "addr", address);
  plan_add_json(plan, PLAN_RUN, "-netdev", props);
  if (user->log_path)
    plan_require(plan, PLAN_REQUIRE_CREATE, &user->backend_place, "logFile", user->log_path);
  plan_require(plan, PLAN_REQUIRE_HELPER, &user->backend_place, "type", "passt");
  plan_lack(plan, &user->backend_place, "type",
            "QEMU's own network takes the place of passt, which is a program of its own");
}

/* What SLIRP cannot forward was refused, or is passt's. */
static gboolean suits_slirp(const InterfaceUser *user)
{
  return interface_user_validate(&(const InterfaceUser){ .forwards = user->forwards }, /* error= */ NULL);
}

void interface_user_translate(const InterfaceUser *user, const Device *device, Plan *plan)
{
  InterfaceUser slirp = *user;

  require_ports(user, plan);
  if (user->backend == USER_BACKEND_DEFAULT) {
    plan_connect(plan, /* service= */ NULL); /* to wherever the guest wants */
    translate_slirp(user, device, PLAN_BOTH, plan);
    return;
  }
  translate_passt(user, device, plan);
  slirp.ipv4 = slirp.ipv6 = (InterfaceIp){ NULL, 0 }; /* the guest's, and not the network's */
  if (!suits_slirp(user)) {
    slirp.forwards = NULL;
    plan_lack(plan, &user->backend_place, "type", "QEMU's own network cannot forward these ports");
  }
  translate_slirp(&slirp, device, PLAN_SHELL, plan);
}
