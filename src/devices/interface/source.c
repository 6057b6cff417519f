/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/source.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "domain/domain.h"
#include "domain/networks.h"
#include "xml/element.h"

ENUM_TABLE(interface_type_table, INTERFACE_LAST, [INTERFACE_USER] = "user", [INTERFACE_NETWORK] = "network",
           [INTERFACE_BRIDGE] = "bridge", [INTERFACE_ETHERNET] = "ethernet", [INTERFACE_MCAST] = "mcast",
           [INTERFACE_SERVER] = "server", [INTERFACE_CLIENT] = "client", [INTERFACE_UDP] = "udp");

/* The script for `ethernet` where the document names none: run where it is there. The format of 2008 always
 * runs it, today's never. */
static const char default_script[] = "/etc/qemu-ifup";

/* libvirt's own network, and the bridge that it makes for it. */
static const char default_network[] = "default";
static const char default_network_bridge[] = "virbr0";

/* The kernel's rule (dev_valid_name): 1 to 15 bytes, not "." and "..", no slash, colon or white space. A
 * percent sign is the kernel's to replace, and only as "%d". */
static gboolean check_host_name(xmlNode *node, const char *attribute, const char *name,
                                gboolean may_be_template, GError **error)
{
  const char *percent = strchr(name, '%');

  if (!*name)
    return xml_error(error, node, attribute, "is empty; expected the name of a network device of the host");
  if (strlen(name) >= IFNAMSIZ)
    return xml_error(error, node, attribute, "'%s' has %zu bytes; a network device's name has at most %d",
                     name, strlen(name), IFNAMSIZ - 1);
  if (g_str_equal(name, ".") || g_str_equal(name, ".."))
    return xml_error(error, node, attribute, "'%s' cannot be the name of a network device", name);
  for (const char *c = name; *c; c++) {
    if (*c == '/' || *c == ':' || g_ascii_isspace(*c) || g_ascii_iscntrl(*c))
      return xml_error(error, node, attribute,
                       "'%s' cannot be the name of a network device: it has a slash, a colon or white space",
                       name);
  }
  if (percent && (!may_be_template || percent[1] != 'd' || strchr(percent + 1, '%')))
    return xml_error(error, node, attribute, "'%s' has a percent sign, which may only stand in '%%d'", name);
  return TRUE;
}

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

static gboolean parse_bridge(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  return xml_attribute_required(source, "bridge", &ret_source->bridge, error) &&
         check_host_name(source, "bridge", ret_source->bridge, /* may_be_template= */ FALSE, error);
}

/* Beside the network's name, the document of a running guest has its bridge. */
static gboolean parse_network(xmlNode *source, InterfaceSource *ret_source, GError **error)
{
  xml_attribute(source, "portid");
  xml_attribute(source, "portgroup");
  ret_source->bridge = xml_attribute(source, "bridge");
  if (!xml_attribute_required(source, "network", &ret_source->network, error))
    return FALSE;
  if (strchr(ret_source->network, '/'))
    return xml_error(error, source, "network", "'%s' has a slash, which a network's name may not have",
                     ret_source->network);
  return !ret_source->bridge ||
         check_host_name(source, "bridge", ret_source->bridge, /* may_be_template= */ FALSE, error);
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
  static const char *const later[] = { "direct", "hostdev", "vhostuser", "vdpa", "internal", "null", "vds" };

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

  xml_attribute(node, "trustGuestRxFilters"); /* has a meaning for macvtap only */
  *ret_type = INTERFACE_USER;
  return !type || enum_from_string(&interface_type_table, type, XML_ENUM(ret_type)) ||
         refuse_later_type(node, type, error);
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
      (name && !check_host_name(target, "dev", name, /* may_be_template= */ is_managed, error)))
    return FALSE;
  ret_source->is_existing = !is_managed;
  if (!is_managed && !name)
    return xml_error(error, target, "dev",
                     "is missing; managed='no' needs the name of what is there already");
  /* A name under libvirt's own prefix was given to a guest that ran: the kernel numbers a new one. */
  if (name && (!is_managed || !g_str_has_prefix(name, "vnet")))
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

ENUM_TABLE(ip_family_table, 2, "ipv4", "ipv6");

static gboolean parse_ip(xmlNode *ip, InterfaceSource *ret_source, GError **error)
{
  int is_ipv6 = FALSE;
  guint8 bytes[sizeof(struct in6_addr)];
  InterfaceIp *one;

  if (!xml_attribute_enum(ip, "family", &ip_family_table, &is_ipv6, error))
    return FALSE;
  one = is_ipv6 ? &ret_source->ipv6 : &ret_source->ipv4;
  if (one->address)
    return xml_error(error, ip, NULL, "a second address of family '%s'; QEMU's network has one",
                     enum_to_string(&ip_family_table, is_ipv6));
  if (!xml_attribute_required(ip, "address", &one->address, error))
    return FALSE;
  if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, one->address, bytes) != 1)
    return xml_error(error, ip, "address", "'%s' is not an %s address", one->address,
                     is_ipv6 ? "IPv6" : "IPv4");
  return xml_attribute_uint32(ip, "prefix", 1, is_ipv6 ? 128 : 32, &one->prefix, error);
}

static gboolean parse_ips(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  XML_FOREACH_CHILD(node, ip, "ip") {
    if (!ret_source->ip_place.element)
      ret_source->ip_place = xml_place(ip);
    if (!parse_ip(ip, ret_source, error))
      return FALSE;
  }
  return TRUE;
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

gboolean interface_source_parse(xmlNode *node, InterfaceSource *ret_source, GError **error)
{
  return parse_type(node, &ret_source->type, error) && parse_source(node, ret_source, error) &&
         parse_target(node, ret_source, error) && parse_scripts(node, ret_source, error) &&
         parse_ips(node, ret_source, error) && parse_tune(node, ret_source, error);
}

/* The command line knows best, then the document of a running guest, then the host's own definitions. */
static void complete_network(Domain *domain, InterfaceSource *source)
{
  const DomainNetwork *given = domain_find_network(domain, source->network);

  if (given && !given->bridge)
    source->type = INTERFACE_USER;
  else if (given)
    source->bridge = xml_document_keep(domain->document, given->bridge);
  else if (!source->bridge)
    source->bridge = domain_find_bridge(domain, source->network);
  source->is_bridge_given = given != NULL;
  if (!source->bridge && g_str_equal(source->network, default_network))
    source->bridge = default_network_bridge;
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
  if (source->ip_place.element && source->type != INTERFACE_USER)
    report_warning(domain->report, &source->ip_place, NULL,
                   "it is set in the guest, or by the network's DHCP",
                   "a guest's address has no effect for an interface of type '%s'", type);
}

void interface_source_complete(Domain *domain, InterfaceSource *source)
{
  if (source->type == INTERFACE_NETWORK)
    complete_network(domain, source);
  warn_of_unused(domain, source);
}

gboolean interface_source_is_tap(const InterfaceSource *source)
{
  return source->type == INTERFACE_NETWORK || source->type == INTERFACE_BRIDGE ||
         source->type == INTERFACE_ETHERNET;
}
