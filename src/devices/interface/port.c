/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/port.h"

#include <string.h>

#include "xml/element.h"

ENUM_TABLE(interface_virtualport_table,
           VIRTUALPORT_LAST, [VIRTUALPORT_OPENVSWITCH] = "openvswitch", [VIRTUALPORT_802_1QBG] = "802.1Qbg",
           [VIRTUALPORT_802_1QBH] = "802.1Qbh", [VIRTUALPORT_MIDONET] = "midonet");
ENUM_TABLE(interface_vlan_mode_table,
           PLAN_VLAN_UNTAGGED + 1, [PLAN_VLAN_TAGGED] = "tagged", [PLAN_VLAN_UNTAGGED] = "untagged");

/* 802.1Q has twelve bits for it; 0 is no VLAN, and 4095 reserved. */
enum { VLAN_ID_MIN = 1, VLAN_ID_MAX = 4094 };

/* tc(8) counts bytes in 64 bits, and libvirt reads 32 of thousands; more is no limit. */
enum { RATE_MAX = G_MAXINT32 };

/* ---- <vlan> ---- */

static gboolean parse_tag(xmlNode *tag, GArray *vlans, GError **error)
{
  PlanVlan vlan = { 0 };

  if (!xml_attribute(tag, "id"))
    return xml_error(error, tag, "id", "is missing; it is the number of the VLAN");
  if (!xml_attribute_uint32(tag, "id", VLAN_ID_MIN, VLAN_ID_MAX, &vlan.id, error) ||
      !xml_attribute_enum(tag, "nativeMode", &interface_vlan_mode_table, XML_ENUM(&vlan.mode), error))
    return FALSE;
  for (guint i = 0; i < vlans->len; i++) { /* at most VLAN_ID_MAX of them */
    const PlanVlan *other = &g_array_index(vlans, PlanVlan, i);

    if (other->id == vlan.id)
      return xml_error(error, tag, "id", "%u is there already", vlan.id);
    if (other->mode && vlan.mode)
      return xml_error(error, tag, "nativeMode", "VLAN %u is the native one already", other->id);
  }
  g_array_append_val(vlans, vlan);
  return TRUE;
}

static gboolean parse_tags(xmlNode *node, PlanPort *port, GError **error)
{
  gboolean is_trunk = FALSE, has_trunk = xml_attribute(node, "trunk") != NULL;

  port->vlan_place = xml_place(node);
  port->vlans = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ TRUE, sizeof(PlanVlan));
  if (!xml_attribute_yes_no(node, "trunk", &is_trunk, error))
    return FALSE;
  XML_FOREACH_CHILD(node, tag, "tag") {
    if (!parse_tag(tag, port->vlans, error))
      return FALSE;
    is_trunk |= g_array_index(port->vlans, PlanVlan, port->vlans->len - 1).mode != PLAN_VLAN_PLAIN;
  }
  if (port->vlans->len == 0) {
    xml_error(error, node, NULL, "element <tag> is missing");
    return error_add_hint(error, "it says which VLAN: <tag id='42'/>");
  }
  if (has_trunk && !is_trunk && port->vlans->len > 1)
    return xml_error(error, node, "trunk", "is 'no', and there are %u tags: those are a trunk",
                     port->vlans->len);
  port->is_trunk = is_trunk || port->vlans->len > 1;
  return TRUE;
}

static gboolean parse_vlan(xmlNode *node, PlanPort *port, GError **error)
{
  xmlNode *vlan = NULL;

  return xml_child(node, "vlan", &vlan, error) && (!vlan || parse_tags(vlan, port, error));
}

/* ---- <port> ---- */

static gboolean parse_isolated(xmlNode *node, PlanPort *port, GError **error)
{
  xmlNode *isolated = NULL;

  if (!xml_child(node, "port", &isolated, error))
    return FALSE;
  if (!isolated)
    return TRUE;
  port->isolated_place = xml_place(isolated);
  return xml_attribute_yes_no(isolated, "isolated", &port->is_isolated, error);
}

/* The first child of that name, which stays unread. */
static xmlNode *look_at(xmlNode *node, const char *name)
{
  xmlNode *child = xml_next_child(node, NULL, NULL);

  while (child && !xml_is_element(child, name))
    child = xml_next_child(node, NULL, child);
  return child;
}

/* What every port is need not be carried out; <port isolated='yes'/> is left unread. */
static void skip_port(xmlNode *node)
{
  xmlNode *port = look_at(node, "port");

  if (port && g_strcmp0(xml_attribute(port, "isolated"), "yes") != 0)
    xml_ignore(port);
}

/* ---- <bandwidth> ---- */

/* @floor is what a network guarantees, which only libvirt's own networks can: it is left unread. */
static gboolean parse_rate(xmlNode *bandwidth, const char *direction, PlanRate *rate, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(bandwidth, direction, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!xml_attribute(node, "average") && !xml_has_attribute(node, "floor")) {
    xml_error(error, node, "average", "is missing");
    return error_add_hint(error, "it is how many kilobytes per second may pass");
  }
  if (!xml_attribute_uint32(node, "average", 1, RATE_MAX, &rate->average, error) ||
      !xml_attribute_uint32(node, "peak", 1, RATE_MAX, &rate->peak, error) ||
      !xml_attribute_uint32(node, "burst", 1, RATE_MAX, &rate->burst, error))
    return FALSE;
  if (rate->peak && rate->peak < rate->average)
    return xml_error(error, node, "peak", "%u is less than the average, %u", rate->peak, rate->average);
  return TRUE;
}

static gboolean parse_bandwidth(xmlNode *node, PlanPort *port, GError **error)
{
  xmlNode *bandwidth = NULL;

  if (!xml_child(node, "bandwidth", &bandwidth, error))
    return FALSE;
  if (!bandwidth)
    return TRUE;
  port->bandwidth_place = xml_place(bandwidth);
  xml_attribute(bandwidth, "classID"); /* of a guest that ran */
  return parse_rate(bandwidth, "inbound", &port->inbound, error) &&
         parse_rate(bandwidth, "outbound", &port->outbound, error);
}

/* ---- <coalesce> ---- */

static gboolean parse_coalesce(xmlNode *node, PlanPort *port, GError **error)
{
  xmlNode *coalesce = NULL, *rx = NULL, *frames = NULL;

  if (!xml_child(node, "coalesce", &coalesce, error) ||
      (coalesce && !xml_child(coalesce, "rx", &rx, error)) ||
      (rx && !xml_child(rx, "frames", &frames, error)))
    return FALSE;
  if (!frames)
    return TRUE;
  port->coalesce_place = xml_place(frames);
  return xml_attribute_uint32(frames, "max", 0, G_MAXINT32, &port->rx_frames, error);
}

/* ---- <virtualport> ---- */

static gboolean parse_openvswitch(xmlNode *virtualport, PlanPort *port, GError **error)
{
  xmlNode *parameters = NULL;

  port->is_openvswitch = TRUE;
  port->switch_place = xml_place(virtualport);
  if (!xml_child(virtualport, "parameters", &parameters, error))
    return FALSE;
  if (!parameters)
    return TRUE;
  port->interface_id = xml_attribute(parameters, "interfaceid");
  port->profile_id = xml_attribute(parameters, "profileid");
  if (port->interface_id && !g_uuid_string_is_valid(port->interface_id))
    return xml_error(error, parameters, "interfaceid",
                     "'%s' is not a uuid (expected: 09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f and the like)",
                     port->interface_id);
  /* It becomes a word of ovs-vsctl's own language. */
  if (port->profile_id && strpbrk(port->profile_id, "\"\\"))
    return xml_error(error, parameters, "profileid", "'%s' has a quotation mark or a backslash",
                     port->profile_id);
  return TRUE;
}

/* Others need a switch, or a daemon, that speaks their protocol: they are left unread. */
static gboolean parse_virtualport(xmlNode *node, PlanPort *port, GError **error)
{
  xmlNode *virtualport = look_at(node, "virtualport");
  Virtualport type = VIRTUALPORT_NONE;

  if (!virtualport)
    return TRUE;
  if (!xml_attribute_enum(virtualport, "type", &interface_virtualport_table, XML_ENUM(&type), error))
    return FALSE;
  if (type != VIRTUALPORT_OPENVSWITCH)
    return TRUE;
  return xml_child(node, "virtualport", &virtualport, error) && parse_openvswitch(virtualport, port, error);
}

/* ---- The whole ---- */

gboolean interface_port_parse(xmlNode *node, gboolean has_tap, gboolean has_bridge, PlanPort *ret_port,
                              GError **error)
{
  if (!has_bridge)
    skip_port(node);
  if (has_bridge && (!parse_virtualport(node, ret_port, error) || !parse_vlan(node, ret_port, error) ||
                     !parse_isolated(node, ret_port, error)))
    return FALSE;
  if (ret_port->is_openvswitch && ret_port->is_isolated)
    return error_set_document(
        error, &ret_port->isolated_place, "isolated",
        "only ports of Linux's own bridges can be isolated, and not those of Open vSwitch");
  return !has_tap || (parse_bandwidth(node, ret_port, error) && parse_coalesce(node, ret_port, error));
}

void interface_port_clear(PlanPort *port)
{
  g_clear_pointer(&port->vlans, g_array_unref);
}
