/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/network.h"

#include "devices/interface/port.h"
#include "devices/interface/source.h"
#include "domain/networks.h"
#include "domain/protection.h"
#include "xml/element.h"

/* libvirt's own network, and the bridge that it makes for it. */
static const char default_network[] = "default";
static const char default_network_bridge[] = "virbr0";

/* The document of a running network has <network> inside of <networkstatus>. */
static xmlNode *find_definition(XmlDocument *document)
{
  xmlNode *root = xml_document_root(document);
  xmlNode *inner = xml_next_child(root, "network", /* after= */ NULL);

  return inner ? inner : root;
}

/* The one of that name, or without a name the default one. */
static xmlNode *find_portgroup(xmlNode *network, const char *name)
{
  XML_FOREACH_CHILD(network, portgroup, "portgroup") {
    if (name ? g_strcmp0(xml_attribute(portgroup, "name"), name) == 0
             : g_strcmp0(xml_attribute(portgroup, "default"), "yes") == 0)
      return portgroup;
  }
  return NULL;
}

/* The first device that is named; a pool is libvirt's to keep count of. */
static const char *find_device(xmlNode *forward)
{
  xmlNode *device = xml_next_child(forward, "interface", /* after= */ NULL);

  return device ? xml_attribute(device, "dev") : xml_attribute(forward, "dev");
}

static void read_forward(Domain *domain, xmlNode *network, InterfaceSource *source)
{
  xmlNode *bridge = xml_next_child(network, "bridge", /* after= */ NULL);
  xmlNode *forward = xml_next_child(network, "forward", /* after= */ NULL);
  const char *mode = forward ? xml_attribute(forward, "mode") : NULL;
  const char *name = bridge ? xml_attribute(bridge, "name") : NULL;
  MacvtapMode macvtap;

  if (source->bridge)
    return;
  if (name) {
    source->bridge = xml_document_keep(domain->document, name);
  } else if (mode && find_device(forward) &&
             enum_from_string(&interface_macvtap_table, mode, XML_ENUM(&macvtap))) {
    source->type = INTERFACE_DIRECT;
    source->macvtap = macvtap;
    source->device = xml_document_keep(domain->document, find_device(forward));
  }
}

static void keep(Domain *domain, const char **text)
{
  *text = *text ? xml_document_keep(domain->document, *text) : NULL;
}

/* Takes of @other what @port has not. */
static void inherit(Domain *domain, const InterfaceSource *source, PlanPort *port, PlanPort *other)
{
  if (!port->is_openvswitch && other->is_openvswitch) {
    port->is_openvswitch = TRUE;
    port->interface_id = other->interface_id;
    port->profile_id = other->profile_id;
    port->switch_place = source->place;
    keep(domain, &port->interface_id);
    keep(domain, &port->profile_id);
  }
  if (!port->vlans && other->vlans) {
    port->vlans = g_steal_pointer(&other->vlans);
    port->is_trunk = other->is_trunk;
    port->vlan_place = source->place;
  }
  if (!port->is_isolated && other->is_isolated) {
    port->is_isolated = TRUE;
    port->isolated_place = source->place;
  }
  if (!port->bandwidth_place.element && other->bandwidth_place.element) {
    port->inbound = other->inbound;
    port->outbound = other->outbound;
    port->bandwidth_place = source->place;
  }
}

/* @has_limits: <bandwidth> is of each interface. That of a whole network is its bridge's. */
static gboolean read_port(Domain *domain, xmlNode *node, gboolean has_limits, InterfaceSource *source,
                          GError **error)
{
  PlanPort other = { 0 };
  gboolean is_good =
      !node || interface_port_parse(node, /* has_tap= */ has_limits, /* has_bridge= */ TRUE, &other, error);

  if (is_good)
    inherit(domain, source, &source->plug, &other);
  interface_port_clear(&other);
  return is_good;
}

/* Returns why the portgroup that the document names is lost; NULL: it is not, or there is none. The caller
 * frees it. */
static char *read_definition(Domain *domain, InterfaceSource *source)
{
  g_autoptr(XmlDocument) document =
      domain->options->open_network ? domain->options->open_network(source->network) : NULL;
  g_autoptr(GError) error = NULL;
  xmlNode *network, *portgroup;

  if (!document)
    return source->portgroup
               ? g_strdup_printf("this host has no definition of network '%s' that could be read",
                                 source->network)
               : NULL;
  network = find_definition(document);
  portgroup = find_portgroup(network, source->portgroup);
  read_forward(domain, network, source);
  if (read_port(domain, portgroup, /* has_limits= */ TRUE, source, &error) &&
      read_port(domain, network, /* has_limits= */ FALSE, source, &error))
    return source->portgroup && !portgroup
               ? g_strdup_printf("network '%s' has none of that name", source->network)
               : NULL;
  if (source->portgroup)
    return g_strdup_printf("the host's definition of network '%s' is not understood: %s", source->network,
                           error->message);
  report_warning(domain->report, &source->place, "network", NULL,
                 "the host's definition of '%s' is not understood: %s", source->network, error->message);
  return NULL;
}

/* With a <vlan> of the interface's own the group's does not count. */
static gboolean lose_portgroup(Domain *domain, xmlNode *node, const InterfaceSource *source, const char *why,
                               GError **error)
{
  xmlNode *element = xml_next_child(node, "source", /* after= */ NULL);
  g_autofree char *message =
      g_strdup_printf("'%s' is not known, which may be for a VLAN: %s", source->portgroup, why);

  if (source->plug.vlans) {
    report_warning(domain->report, &source->place, "portgroup", /* hint= */ NULL, "'%s' is not known: %s",
                   source->portgroup, why);
    return TRUE;
  }
  return protection_lose(domain, element, "portgroup", PROTECTION_VLAN, message, error);
}

/* The command line knows best, then the document of a running guest, then the host's own definitions. */
gboolean interface_network_complete(Domain *domain, xmlNode *node, InterfaceSource *source, GError **error)
{
  g_autofree char *why = NULL;
  const DomainNetwork *given;

  if (source->type != INTERFACE_NETWORK)
    return TRUE;
  given = domain_find_network(domain, source->network);
  if (given && !given->bridge)
    source->type = INTERFACE_USER;
  else if (given)
    source->bridge = xml_document_keep(domain->document, given->bridge);
  else
    why = read_definition(domain, source);
  if (given && source->portgroup)
    why = g_strdup("--network says what the network is, and nothing of its groups");
  source->is_bridge_given = given != NULL;
  if (!source->bridge && source->type == INTERFACE_NETWORK && g_str_equal(source->network, default_network))
    source->bridge = default_network_bridge;
  return !why || lose_portgroup(domain, node, source, why, error);
}
