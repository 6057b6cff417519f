/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/user.h"

#include <arpa/inet.h>

#include "devices/interface/host-name.h"
#include "xml/element.h"

ENUM_TABLE(interface_user_backend_table,
           USER_BACKEND_LAST, [USER_BACKEND_DEFAULT] = "default", [USER_BACKEND_PASST] = "passt");
ENUM_TABLE(interface_forward_table, FORWARD_LAST, "tcp", "udp");

/* QEMU listens on each port by itself, and is told each one. */

/* ---- <ip> ---- */

ENUM_TABLE(ip_family_table, 2, "ipv4", "ipv6");

static gboolean parse_ip(xmlNode *ip, InterfaceUser *user, GError **error)
{
  int is_ipv6 = FALSE;
  guint8 bytes[sizeof(struct in6_addr)];
  InterfaceIp *one;

  if (!xml_attribute_enum(ip, "family", &ip_family_table, &is_ipv6, error))
    return FALSE;
  one = is_ipv6 ? &user->ipv6 : &user->ipv4;
  one->place = xml_place(ip);
  if (one->address)
    return xml_error(error, ip, NULL, "a second address of family '%s'; the guest's network has one",
                     enum_to_string(&ip_family_table, is_ipv6));
  if (!xml_attribute_required(ip, "address", &one->address, error))
    return FALSE;
  if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, one->address, bytes) != 1)
    return xml_error(error, ip, "address", "'%s' is not an %s address", one->address,
                     is_ipv6 ? "IPv6" : "IPv4");
  return xml_attribute_uint32(ip, "prefix", 1, is_ipv6 ? 128 : 32, &one->prefix, error);
}

static gboolean parse_ips(xmlNode *node, InterfaceUser *user, GError **error)
{
  XML_FOREACH_CHILD(node, ip, "ip") {
    if (!user->ip_place.element)
      user->ip_place = xml_place(ip);
    if (!parse_ip(ip, user, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- <backend>, and the <source> of passt ---- */

static gboolean parse_backend(xmlNode *node, InterfaceUser *user, GError **error)
{
  xmlNode *backend = NULL, *source = NULL;

  if (!xml_child(node, "backend", &backend, error) || !xml_child(node, "source", &source, error))
    return FALSE;
  user->backend_place = xml_place(backend ? backend : node);
  if (backend &&
      (!xml_attribute_enum(backend, "type", &interface_user_backend_table, XML_ENUM(&user->backend), error) ||
       (xml_attribute(backend, "logFile") &&
        !xml_attribute_path(backend, "logFile", &user->log_path, error))))
    return FALSE;
  user->hostname = backend ? xml_attribute(backend, "hostname") : NULL;
  user->fqdn = backend ? xml_attribute(backend, "fqdn") : NULL;
  user->device = source ? xml_attribute(source, "dev") : NULL;
  if (!user->device)
    return TRUE;
  user->device_place = xml_place(source);
  return host_name_check(source, "dev", user->device, error);
}

/* ---- <portForward> ---- */

static gboolean parse_port(xmlNode *node, const char *name, guint16 usual, guint16 *ret_port, GError **error)
{
  guint32 port = usual;

  if (!xml_attribute_uint32(node, name, 1, 65535, &port, error))
    return FALSE;
  *ret_port = (guint16)port;
  return TRUE;
}

static gboolean parse_range(xmlNode *node, Forward *forward, GError **error)
{
  ForwardRange range = { 0 };

  if (!xml_attribute(node, "start"))
    return xml_error(error, node, "start", "is missing; it is a port of the host");
  if (!parse_port(node, "start", 0, &range.start, error) ||
      !parse_port(node, "end", range.start, &range.end, error) ||
      !parse_port(node, "to", range.start, &range.to, error) ||
      !xml_attribute_yes_no(node, "exclude", &range.is_excluded, error))
    return FALSE;
  if (range.end < range.start)
    return xml_error(error, node, "end", "%u is less than the start, %u", range.end, range.start);
  if (range.to + (range.end - range.start) > 65535)
    return xml_error(error, node, "to", "%u leaves no room for %u ports", range.to,
                     range.end - range.start + 1u);
  if (range.is_excluded && xml_attribute(node, "to"))
    return xml_error(error, node, "to", "has no meaning for ports that are excluded");
  g_array_append_val(forward->ranges, range);
  return TRUE;
}

static gboolean check_address(xmlNode *node, const char *address, GError **error)
{
  guint8 bytes[sizeof(struct in6_addr)];

  return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1 ||
         xml_error(error, node, "address", "'%s' is neither an IPv4 nor an IPv6 address", address);
}

static gboolean parse_forward(xmlNode *node, Forward *forward, GError **error)
{
  forward->place = xml_place(node);
  forward->address = xml_attribute(node, "address");
  forward->device = xml_attribute(node, "dev");
  if (!xml_attribute_enum_required(node, "proto", &interface_forward_table, XML_ENUM(&forward->protocol),
                                   error) ||
      (forward->address && !check_address(node, forward->address, error)) ||
      (forward->device && !host_name_check(node, "dev", forward->device, error)))
    return FALSE;
  XML_FOREACH_CHILD(node, range, "range") {
    if (!parse_range(range, forward, error))
      return FALSE;
  }
  return TRUE;
}

static void forward_free(gpointer data)
{
  Forward *forward = data;

  g_array_unref(forward->ranges);
  g_free(forward);
}

static gboolean parse_forwards(xmlNode *node, InterfaceUser *user, GError **error)
{
  XML_FOREACH_CHILD(node, child, "portForward") {
    Forward *forward = g_new0(Forward, 1);

    if (!user->forwards)
      user->forwards = g_ptr_array_new_with_free_func(forward_free);
    forward->ranges = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(ForwardRange));
    g_ptr_array_add(user->forwards, forward);
    if (!parse_forward(child, forward, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- The whole ---- */

gboolean interface_user_parse(xmlNode *node, gboolean is_user, InterfaceUser *ret_user, GError **error)
{
  return parse_ips(node, ret_user, error) &&
         (!is_user || (parse_backend(node, ret_user, error) && parse_forwards(node, ret_user, error)));
}

static gboolean refuse_for_slirp(const Place *place, const char *attribute, GError **error,
                                 const char *message)
{
  error_set_document(error, place, attribute, "%s", message);
  return error_add_hint(error, "passt can, which runs beside QEMU: <backend type='passt'/>");
}

guint64 forward_count_ports(const Forward *forward)
{
  guint64 count = 0;

  for (guint i = 0; i < forward->ranges->len; i++) {
    const ForwardRange *range = &g_array_index(forward->ranges, ForwardRange, i);

    count += range->is_excluded ? 0 : range->end - range->start + 1u;
  }
  return count;
}

static gboolean validate_forward(const Forward *forward, guint64 *n_ports, GError **error)
{
  guint64 count = forward_count_ports(forward);
  struct in6_addr ipv6;

  if (forward->device)
    return refuse_for_slirp(&forward->place, "dev", error,
                            "QEMU's own network cannot listen on one device of the host only");
  if (forward->address && inet_pton(AF_INET6, forward->address, &ipv6) == 1)
    return refuse_for_slirp(&forward->place, "address", error,
                            "QEMU's own network cannot listen on IPv6 addresses");
  if (count == 0)
    return refuse_for_slirp(&forward->place, NULL, error,
                            "QEMU's own network forwards the ports of a <range>, and not all there are");
  *n_ports += count;
  if (*n_ports > FORWARD_PORTS_MAX)
    return refuse_for_slirp(&forward->place, NULL, error,
                            "QEMU's own network forwards port by port, and at most 1000");
  return TRUE;
}

/* passt announces a network of 64 bits, whatever the address. */
static gboolean validate_passt(const InterfaceUser *user, GError **error)
{
  if (!user->ipv6.prefix)
    return TRUE;
  error_set_document(error, &user->ipv6.place, "prefix", "passt cannot be told that of an IPv6 address");
  return error_add_hint(error, "remove the attribute: the guest's network is of 64 bits");
}

gboolean interface_user_validate(const InterfaceUser *user, GError **error)
{
  guint64 n_ports = 0;

  if (user->backend == USER_BACKEND_PASST)
    return validate_passt(user, error);
  for (guint i = 0; user->forwards && i < user->forwards->len; i++) {
    if (!validate_forward(g_ptr_array_index(user->forwards, i), &n_ports, error))
      return FALSE;
  }
  return TRUE;
}

void interface_user_clear(InterfaceUser *user)
{
  g_clear_pointer(&user->forwards, g_ptr_array_unref);
  g_clear_pointer(&user->guest_forwards, g_ptr_array_unref);
  g_clear_pointer(&user->ports, g_ptr_array_unref);
  g_clear_pointer(&user->passt_arguments, g_ptr_array_unref);
}
