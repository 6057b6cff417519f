/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/source.h"

#include <arpa/inet.h>
#include <string.h>

#include "devices/endpoint.h"
#include "devices/chardev/source.h"
#include "devices/interface/host-name.h"
#include "domain/domain.h"
#include "domain/networks.h"
#include "domain/protection.h"
#include "xml/element.h"

ENUM_TABLE(interface_type_table, INTERFACE_LAST, [INTERFACE_USER] = "user", [INTERFACE_NETWORK] = "network",
           [INTERFACE_BRIDGE] = "bridge", [INTERFACE_ETHERNET] = "ethernet", [INTERFACE_MCAST] = "mcast",
           [INTERFACE_SERVER] = "server", [INTERFACE_CLIENT] = "client", [INTERFACE_UDP] = "udp",
           [INTERFACE_DIRECT] = "direct", [INTERFACE_VHOSTUSER] = "vhostuser", [INTERFACE_VDPA] = "vdpa",
           [INTERFACE_HOSTDEV] = "hostdev", [INTERFACE_NULL] = "null");
ENUM_TABLE(interface_macvtap_table, MACVTAP_LAST, [MACVTAP_VEPA] = "vepa", [MACVTAP_BRIDGE] = "bridge",
           [MACVTAP_PRIVATE] = "private", [MACVTAP_PASSTHROUGH] = "passthrough");

/* The script for `ethernet` where the document names none: run where it is there. The format of 2008 always
 * runs it, today's never. */
static const char default_script[] = "/etc/qemu-ifup";

/* Names and IPv4 addresses. QEMU takes what is before the last colon for the host, and looks it up in IPv4
 * only. */
static gboolean check_host(xmlNode *node, const char *host, GError **error)
{
  struct in6_addr ipv6;

  if (inet_pton(AF_INET6, host, &ipv6) == 1) {
    xml_error(error, node, "address", "'%s' is an IPv6 address; QEMU's socket networks speak IPv4 only",
              host);
    return FALSE;
  }
  if (!*host || *host == '-' ||
      strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != strlen(host))
    return xml_error(error, node, "address", "'%s' is neither an IPv4 address nor the name of a host", host);
  return TRUE;
}

static gboolean parse_host(xmlNode *node, const char **ret_address, GError **error)
{
  return xml_attribute_required(node, "address", ret_address, error) && check_host(node, *ret_address, error);
}

static gboolean parse_port(xmlNode *node, guint32 *ret_port, GError **error)
{
  if (!xml_attribute(node, "port"))
    return xml_error(error, node, "port", "is missing");
  return xml_attribute_uint32(node, "port", 1, 65535, ret_port, error);
}

static gboolean parse_mcast(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  struct in_addr group;

  if (!xml_attribute_required(source, "address", &ret_source->address, error))
    return FALSE;
  if (inet_pton(AF_INET, ret_source->address, &group) != 1 || !IN_MULTICAST(ntohl(group.s_addr))) {
    xml_error(error, source, "address", "'%s' is not an IPv4 multicast address", ret_source->address);
    return error_add_hint(error, "such addresses go from 224.0.0.0 to 239.255.255.255; the guests that give "
                                 "the same one and the same port share a network");
  }
  return parse_port(source, &ret_source->port, error);
}

static gboolean parse_server(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  ret_source->address = xml_attribute(source, "address");
  return (!ret_source->address || check_host(source, ret_source->address, error)) &&
         parse_port(source, &ret_source->port, error);
}

static gboolean parse_client(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  return parse_host(source, &ret_source->address, error) && parse_port(source, &ret_source->port, error);
}

static gboolean parse_udp(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  xmlNode *local;

  if (!parse_client(source, ret_source, error))
    return FALSE;
  if (!xml_child_required(source, "local", &local, error))
    return error_add_hint(error,
                          "it says where datagrams are received: <local address='127.0.0.1' port='N'/>");
  return parse_host(local, &ret_source->local_address, error) &&
         parse_port(local, &ret_source->local_port, error);
}

/* Of a running guest libvirt writes what its network has led to, and that network beside it. */
static void read_network_of_running(xmlNode *source)
{
  if (!xml_has_attribute(source, "portid"))
    return;
  xml_attribute(source, "portid");
  xml_attribute(source, "network");
  xml_attribute(source, "portgroup");
}

static gboolean parse_bridge(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  read_network_of_running(source);
  return xml_attribute_required(source, "bridge", &ret_source->bridge, error) &&
         host_name_check(source, "bridge", ret_source->bridge, error);
}

/* Beside the network's name, the document of a running guest has its bridge. */
static gboolean parse_network(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  xml_attribute(source, "portid");
  ret_source->portgroup = xml_attribute(source, "portgroup");
  ret_source->bridge = xml_attribute(source, "bridge");
  if (!xml_attribute_required(source, "network", &ret_source->network, error))
    return FALSE;
  if (strchr(ret_source->network, '/'))
    return xml_error(error, source, "network", "'%s' has a slash, which a network's name may not have",
                     ret_source->network);
  return !ret_source->bridge || host_name_check(source, "bridge", ret_source->bridge, error);
}

static gboolean parse_direct(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  read_network_of_running(source);
  return xml_attribute_required(source, "dev", &ret_source->device, error) &&
         host_name_check(source, "dev", ret_source->device, error) &&
         xml_attribute_enum(source, "mode", &interface_macvtap_table, XML_ENUM(&ret_source->macvtap), error);
}

ENUM_TABLE(socket_mode_table, 2, "client", "server");
ENUM_TABLE(socket_type_table, 1, "unix");

static gboolean parse_vhostuser(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  int type = 0, is_server = FALSE;

  if (!xml_attribute_enum(source, "type", &socket_type_table, &type, error) ||
      !chardev_source_parse_socket(source, "path", &ret_source->path, error) ||
      !xml_attribute_enum_required(source, "mode", &socket_mode_table, &is_server, error))
    return FALSE;
  ret_source->is_server = is_server;
  return endpoint_parse_reconnect(source, ret_source->is_server, &ret_source->reconnect, error);
}

static gboolean parse_vdpa(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  return xml_attribute_required(source, "dev", &ret_source->device, error) &&
         xml_attribute_path(source, "dev", &ret_source->device, error);
}

static gboolean parse_hostdev(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  read_network_of_running(source);
  return host_pci_parse(source->parent, source, &ret_source->pci, error);
}

typedef struct {
  gboolean (*parse)(xmlNode *source, InterfaceSource *ret_source, GError **error); /* NULL: needs no source */
  const char *example;
} SourceKind;

static const SourceKind source_kinds[] = {
  [INTERFACE_USER] = { NULL, NULL },
  [INTERFACE_NETWORK] = { parse_network, "<source network='default'/>" },
  [INTERFACE_BRIDGE] = { parse_bridge, "<source bridge='br0'/>" },
  [INTERFACE_ETHERNET] = { NULL, NULL },
  [INTERFACE_MCAST] = { parse_mcast, "<source address='230.0.0.1' port='5558'/>" },
  [INTERFACE_SERVER] = { parse_server, "<source address='127.0.0.1' port='5558'/>" },
  [INTERFACE_CLIENT] = { parse_client, "<source address='127.0.0.1' port='5558'/>" },
  [INTERFACE_UDP] = { parse_udp, "<source address='127.0.0.1' port='5558'>"
                                 "<local address='127.0.0.1' port='5559'/></source>" },
  [INTERFACE_DIRECT] = { parse_direct, "<source dev='eth0' mode='bridge'/>" },
  [INTERFACE_VHOSTUSER] = { parse_vhostuser, "<source type='unix' path='/run/vhost.sock' mode='client'/>" },
  [INTERFACE_VDPA] = { parse_vdpa, "<source dev='/dev/vhost-vdpa-0'/>" },
  [INTERFACE_HOSTDEV] = { parse_hostdev, "<source><address type='pci' domain='0' bus='1' slot='0' "
                                         "function='1'/></source>" },
  [INTERFACE_NULL] = { NULL, NULL },
};
G_STATIC_ASSERT(G_N_ELEMENTS(source_kinds) == INTERFACE_LAST);

static gboolean parse_source(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  const SourceKind *kind = &source_kinds[ret_source->type];
  xmlNode *source = NULL;

  if (!xml_child(node, "source", &source, error))
    return FALSE;
  ret_source->place = xml_place(source ? source : node);
  if (!kind->parse)
    return TRUE;
  if (!source) {
    xml_error(error, node, NULL, "element <source> is missing");
    return error_add_hint(error, "type '%s' needs one: %s",
                          enum_to_string(&interface_type_table, (int)ret_source->type), kind->example);
  }
  return kind->parse(source, ret_source, error);
}

/* What today's format has beyond this program, for a better message than "unknown value". */
static gboolean refuse_later_type(xmlNode *node, const char *type, GError **error)
{
  static const char *const later[] = { "internal", "vds" };

  for (gsize i = 0; i < G_N_ELEMENTS(later); i++) {
    if (g_str_equal(type, later[i])) {
      g_autofree char *known = enum_known(&interface_type_table);

      xml_error(error, node, "type", "'%s' is not among what domrun can do (known: %s)", type, known);
      return error_add_hint(
          error, "type='bridge' with <source bridge='br0'/> connects the guest to a bridge of the host, "
                 "type='user' to its network by translation");
    }
  }
  return xml_error_unknown_value(error, node, "type", &interface_type_table, type);
}

static gboolean parse_type(xmlNode *node, InterfaceType *ret_type, GError **error)
{
  const char *type = xml_attribute(node, "type");

  *ret_type = INTERFACE_USER;
  return !type || enum_from_string(&interface_type_table, type, XML_ENUM(ret_type)) ||
         refuse_later_type(node, type, error);
}

/* passt speaks vhost-user, too, but only in versions that most hosts have not yet. */
static void take_passt_for_user(xmlNode *node, InterfaceSource *source)
{
  if (source->type != INTERFACE_VHOSTUSER)
    return;
  for (xmlNode *child = xml_next_child(node, NULL, NULL); child; child = xml_next_child(node, NULL, child)) {
    if (xml_is_element(child, "backend"))
      source->is_vhost = g_strcmp0(xml_attribute(child, "type"), "passt") == 0;
  }
  if (source->is_vhost)
    source->type = INTERFACE_USER;
}

static gboolean parse_target(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  xmlNode *target = NULL, *guest = NULL;
  gboolean is_managed = TRUE;
  const char *name;

  if (!xml_child(node, "target", &target, error) || !xml_child(node, "guest", &guest, error))
    return FALSE;
  if (guest) { /* names of the other end of a container's */
    xml_attribute(guest, "dev");
    xml_attribute(guest, "actual");
  }
  if (!target)
    return TRUE;
  ret_source->target_place = xml_place(target);
  name = xml_attribute(target, "dev");
  if (name && !*name)
    name = NULL;
  if (!xml_attribute_yes_no(target, "managed", &is_managed, error) ||
      (name && is_managed && !host_name_check_template(target, "dev", name, error)) ||
      (name && !is_managed && !host_name_check(target, "dev", name, error)))
    return FALSE;
  ret_source->is_existing = !is_managed;
  if (ret_source->type == INTERFACE_VHOSTUSER && xml_is_of_running(node)) /* Open vSwitch's name for it */
    return TRUE;
  if (!is_managed && !name)
    return xml_error(error, target, "dev",
                     "is missing; managed='no' needs the name of what is there already");
  /* A name under one of libvirt's own prefixes was given to a guest that ran: the kernel numbers a new one.
   */
  if (name && (!is_managed || !(g_str_has_prefix(name, "vnet") || g_str_has_prefix(name, "macvtap"))))
    ret_source->target = name;
  return TRUE;
}

static gboolean parse_scripts(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  xmlNode *script = NULL, *downscript = NULL;

  if (!xml_child(node, "script", &script, error) || !xml_child(node, "downscript", &downscript, error))
    return FALSE;
  ret_source->script_place = script ? xml_place(script) : ret_source->place;
  /* Only `ethernet` runs one; what others name is read for the warning, and need not be a path. */
  if (ret_source->type != INTERFACE_ETHERNET) {
    ret_source->script = script ? xml_attribute(script, "path") : NULL;
    ret_source->downscript = downscript ? xml_attribute(downscript, "path") : NULL;
    return TRUE;
  }
  ret_source->script = ret_source->is_existing ? NULL : default_script;
  ret_source->has_default_script = !script && !ret_source->is_existing;
  if (script && !xml_attribute(script, "path"))
    return xml_error(error, script, "path", "is missing");
  if (script && !*xml_attribute(script, "path")) { /* as nova says that there is none */
    ret_source->script = NULL;
    script = NULL;
  }
  return (!script || xml_attribute_path(script, "path", &ret_source->script, error)) &&
         (!downscript || xml_attribute_path(downscript, "path", &ret_source->downscript, error));
}

/* Of a tap device; for `user` it is user.c's. */
static gboolean parse_backend(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  xmlNode *backend = NULL;

  if (!interface_source_is_tap(ret_source))
    return TRUE;
  if (!xml_child(node, "backend", &backend, error))
    return FALSE;
  return !backend || ((!xml_attribute(backend, "tap") ||
                       xml_attribute_path(backend, "tap", &ret_source->tap_path, error)) &&
                      (!xml_attribute(backend, "vhost") ||
                       xml_attribute_path(backend, "vhost", &ret_source->vhost_path, error)));
}

static gboolean parse_tune(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  xmlNode *tune = NULL, *sndbuf = NULL;

  if (!xml_child(node, "tune", &tune, error))
    return FALSE;
  if (!tune)
    return TRUE;
  if (!xml_child(tune, "sndbuf", &sndbuf, error))
    return FALSE;
  ret_source->has_sndbuf = sndbuf != NULL;
  return !sndbuf || xml_text_uint(sndbuf, 0, G_MAXUINT32, &ret_source->sndbuf, error);
}

static gboolean is_bridge(const InterfaceSource *source)
{
  return source->type == INTERFACE_NETWORK || source->type == INTERFACE_BRIDGE;
}

/* Of the element itself. */
static gboolean parse_attributes(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  return ret_source->type == INTERFACE_HOSTDEV || /* what that has is host_pci_parse()'s */
         xml_attribute_yes_no(node, "trustGuestRxFilters", &ret_source->is_trusted, error);
}

gboolean interface_source_parse(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  if (!parse_type(node, &ret_source->type, error))
    return FALSE;
  take_passt_for_user(node, ret_source);
  if (!parse_attributes(node, ret_source, error) || !parse_source(node, ret_source, error) ||
      !parse_target(node, ret_source, error) || !parse_scripts(node, ret_source, error) ||
      !parse_backend(node, ret_source, error) || !parse_tune(node, ret_source, error))
    return FALSE;
  return interface_user_parse(node, ret_source->type == INTERFACE_USER, &ret_source->user, error) &&
         interface_port_parse(node, interface_source_is_tap(ret_source), is_bridge(ret_source),
                              &ret_source->plug, error);
}

/* What only passt can do. */
static void warn_of_slirp(Domain *domain, const InterfaceUser *user)
{
  if (user->device)
    report_warning(domain->report, &user->device_place, "dev", "<backend type='passt'/> can",
                   "'%s' has no effect: QEMU's own network cannot be bound to a device of the host",
                   user->device);
  if (user->log_path)
    report_warning(domain->report, &user->backend_place, "logFile", NULL,
                   "'%s' is not written: QEMU's own network has no log", user->log_path);
  if (user->hostname || user->fqdn)
    report_warning(domain->report, &user->backend_place, user->hostname ? "hostname" : "fqdn",
                   "<backend type='passt'/> can",
                   "'%s' has no effect: QEMU's own network does not tell it the guest",
                   user->hostname ? user->hostname : user->fqdn);
}

static void warn_of_direct(Domain *domain, const InterfaceSource *source)
{
  if (source->is_trusted)
    report_warning(domain->report, &source->place, /* attribute= */ NULL,
                   "a guest that changes its MAC address is not heard any more; libvirt follows it",
                   "trustGuestRxFilters='yes' has no effect");
}

static void warn_of_unused(Domain *domain, const InterfaceSource *source)
{
  const char *type = enum_to_string(&interface_type_table, (int)source->type);

  if (source->script && *source->script && source->type != INTERFACE_ETHERNET)
    report_warning(domain->report, &source->script_place, "path",
                   "domrun attaches the interface by itself, as libvirt's QEMU driver does",
                   "'%s' is not run for an interface of type '%s'", source->script, type);
  if (source->target && !interface_source_is_tap(source))
    report_warning(domain->report, &source->target_place, "dev", NULL,
                   "'%s' has no effect: an interface of type '%s' has no device on the host", source->target,
                   type);
  if (source->user.ip_place.element && source->type != INTERFACE_USER)
    report_warning(domain->report, &source->user.ip_place, NULL,
                   "it is set in the guest, or by the network's DHCP",
                   "a guest's address has no effect for an interface of type '%s'", type);
  if (source->is_vhost)
    report_warning(domain->report, &source->user.backend_place, "type", /* hint= */ NULL,
                   "passt is connected as for type='user', and not by vhost-user, which is faster");
  if (source->user.backend == USER_BACKEND_DEFAULT)
    warn_of_slirp(domain, &source->user);
  if (source->type == INTERFACE_DIRECT)
    warn_of_direct(domain, source);
  if (source->is_existing && (source->plug.bandwidth_place.element || source->plug.coalesce_place.element))
    report_warning(domain->report, &source->target_place, "managed", NULL,
                   "of a device that is somebody else's nothing is changed, and its traffic is not limited");
}

/* What protects others and was given up: --ignore. */
static void give_up_protections(Domain *domain, PlanPort *port)
{
  guint ignored = domain->options->ignored;

  if (port->vlans && protection_is_in(ignored, PROTECTION_VLAN)) {
    report_warning(domain->report, &port->vlan_place, NULL, NULL, "the guest is not kept to its VLAN");
    interface_port_clear(port);
  }
  if (port->is_isolated && protection_is_in(ignored, PROTECTION_PORT)) {
    report_warning(domain->report, &port->isolated_place, NULL, NULL,
                   "the guest can talk to the other isolated ports");
    port->is_isolated = FALSE;
  }
}

gboolean interface_source_validate(const InterfaceSource *source, GError **error)
{
  const PlanPort *port = &source->plug;
  const char *type = enum_to_string(&interface_type_table, (int)source->type);

  if (is_bridge(source) || !(port->vlans || port->is_isolated))
    return TRUE;
  error_set_document(error, port->vlans ? &port->vlan_place : &port->isolated_place, NULL,
                     "an interface of type '%s' has no port of a bridge", type);
  return error_add_hint(error, "to run the guest without: --ignore=%s", port->vlans ? "vlan" : "port");
}

void interface_source_complete(Domain *domain, InterfaceSource *source)
{
  give_up_protections(domain, &source->plug);
  if (source->type == INTERFACE_USER)
    interface_user_complete(&source->user);
  warn_of_unused(domain, source);
}

gboolean interface_source_is_tap(const InterfaceSource *source)
{
  return is_bridge(source) || source->type == INTERFACE_ETHERNET || source->type == INTERFACE_DIRECT;
}

gboolean interface_source_has_queues(const InterfaceSource *source)
{
  return interface_source_is_tap(source) || source->type == INTERFACE_VHOSTUSER ||
         source->type == INTERFACE_VDPA;
}

void interface_source_clear(InterfaceSource *source)
{
  interface_user_clear(&source->user);
  interface_port_clear(&source->plug);
}
