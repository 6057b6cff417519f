/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits are those that libvirt sets: a token bucket of HTB for what leaves the device, and for what enters
 * it a policer that drops what is too much. To the host the guest's end is the other end: what leaves a tap
 * device enters the guest.
 */
#include "config.h"

#include "host/port.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <string.h>

#include "base/announce.h"
#include "host/netlink.h"
#include "host/link.h"
#include "process/program.h"

/* For a program that talks to the kernel, or to a daemon of the host. */
enum { TOOL_SECONDS = 30 };

/* What a policer takes for the largest frame; a guest's are segmented later. */
static const char policed_frame[] = "64kb";

/* What a bridge puts its new parts into. */
enum { DEFAULT_VLAN = 1 };

/* What a program said last; tc(8) says what was wrong before that. The caller frees it; NULL: nothing. */
static char *find_reason(const ProgramEnd *end)
{
  static const char *const prefixes[] = { "Error: ", "RTNETLINK answers: " };
  g_auto(GStrv) lines = g_strsplit(end->output, "\n", -1);

  for (char **line = lines; *line; line++) {
    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
      if (g_str_has_prefix(*line, prefixes[i]))
        return g_strdup(*line + strlen(prefixes[i]));
    }
  }
  return program_end_last_line(end);
}

/* Runs it to its end. FALSE with *@ret_reason, which the caller frees. */
static gboolean run_tool(const char *tool, GPtrArray *arguments, char **ret_reason)
{
  g_autofree char *program = g_find_program_in_path(tool);
  g_auto(ProgramEnd) end = { 0 };
  g_autoptr(GError) error = NULL;
  ProgramRequest request = { .seconds = TOOL_SECONDS, .pass_fd = -1, .is_cleanup = TRUE };

  if (!program) {
    *ret_reason = g_strdup_printf("there is no %s in PATH", tool);
    return FALSE;
  }
  g_ptr_array_insert(arguments, 0, g_strdup(program));
  g_ptr_array_add(arguments, NULL);
  request.argv = (char *const *)arguments->pdata;
  if (!program_run(&request, &end, &error)) {
    *ret_reason = g_strdup(error->message);
    return FALSE;
  }
  if (program_end_is_good(&end))
    return TRUE;
  *ret_reason = find_reason(&end);
  if (!*ret_reason)
    *ret_reason = program_end_describe(&end, TOOL_SECONDS);
  return FALSE;
}

/* Words, with one space between them; NAME in it is @name, which has neither. */
static GPtrArray *split(const char *name, const char *text)
{
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

  for (char **word = words; *word; word++)
    g_ptr_array_add(arguments, g_strdup(g_str_equal(*word, "NAME") ? name : *word));
  return arguments;
}

static gboolean run_tc(const char *name, char **ret_reason, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean run_tc(const char *name, char **ret_reason, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autoptr(GPtrArray) arguments = NULL;
  va_list values;

  va_start(values, format);
  text = g_strdup_vprintf(format, values);
  va_end(values);
  arguments = split(name, text);
  return run_tool("tc", arguments, ret_reason);
}

/* ---- Limits ---- */

/* "kbps" is kilobytes of 1000 per second to tc(8), and "kb" KiB. */
static gboolean limit_way_out(const char *name, const PlanRate *rate, char **ret_reason)
{
  g_autofree char *burst = rate->burst ? g_strdup_printf(" burst %ukb", rate->burst) : g_strdup("");

  return run_tc(name, ret_reason, "qdisc add dev NAME root handle 1: htb default 1") &&
         run_tc(name, ret_reason, "class add dev NAME parent 1: classid 1:1 htb rate %ukbps ceil %ukbps%s",
                rate->average, rate->peak ? rate->peak : rate->average, burst);
}

/* Without a burst, that of a second. */
static gboolean limit_way_in(const char *name, const PlanRate *rate, char **ret_reason)
{
  return run_tc(name, ret_reason, "qdisc add dev NAME ingress") &&
         run_tc(name, ret_reason,
                "filter add dev NAME parent ffff: protocol all u32 match u32 0 0 police rate %ukbps burst "
                "%ukb mtu %s drop flowid :1",
                rate->average, rate->burst ? rate->burst : rate->average, policed_frame);
}

static void limit(const char *name, const PlanPort *port, gboolean is_inside)
{
  const PlanRate *out = is_inside ? &port->outbound : &port->inbound;
  const PlanRate *in = is_inside ? &port->inbound : &port->outbound;
  g_autofree char *out_reason = NULL, *in_reason = NULL;

  if (out->average && !limit_way_out(name, out, &out_reason))
    announce_notice("what goes %s the guest through '%s' is not limited: %s", is_inside ? "from" : "to", name,
                    out_reason);
  if (in->average && !limit_way_in(name, in, &in_reason))
    announce_notice("what comes %s the guest through '%s' is not limited: %s", is_inside ? "to" : "from",
                    name, in_reason);
}

void port_clear_limits(const char *name)
{
  g_autofree char *root_reason = NULL, *ingress_reason = NULL;

  run_tc(name, &root_reason, "qdisc del dev NAME root");
  run_tc(name, &ingress_reason, "qdisc del dev NAME ingress");
}

/* ---- Linux's own bridges ---- */

static gboolean isolate(const char *name, const PlanPort *port, GError **error)
{
  return !port->is_isolated || netlink_set_isolated(name, TRUE) ||
         error_set(error, DOMRUN_ERROR_HOST, &port->isolated_place, NULL, "cannot isolate '%s': %s", name,
                   g_strerror(errno));
}

/* One tag that is no trunk's is the guest's only VLAN, of which it sees no tags. */
static guint16 flags_of(const PlanPort *port, const PlanVlan *vlan)
{
  if (!port->is_trunk || vlan->mode == PLAN_VLAN_UNTAGGED)
    return BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
  return vlan->mode == PLAN_VLAN_TAGGED ? BRIDGE_VLAN_INFO_PVID : 0;
}

static gboolean keep_to_vlans(const char *name, const char *bridge, const PlanPort *port, GError **error)
{
  gboolean has_default = FALSE;

  if (!netlink_has_vlans(bridge)) {
    error_set(error, DOMRUN_ERROR_HOST, &port->vlan_place, NULL, "the bridge '%s' does not look at VLANs",
              bridge);
    return error_add_hint(
        error, "ip link set %s type bridge vlan_filtering 1 makes it do so; without: --ignore=vlan", bridge);
  }
  for (guint i = 0; i < port->vlans->len; i++) {
    const PlanVlan *vlan = &g_array_index(port->vlans, PlanVlan, i);

    has_default |= vlan->id == DEFAULT_VLAN;
    if (!netlink_add_vlan(name, (guint16)vlan->id, flags_of(port, vlan)))
      return error_set(error, DOMRUN_ERROR_HOST, &port->vlan_place, NULL,
                       "cannot make '%s' a part of VLAN %u: %s", name, vlan->id, g_strerror(errno));
  }
  if (!has_default && !netlink_delete_vlan(name, DEFAULT_VLAN) && errno != ENOENT)
    return error_set(error, DOMRUN_ERROR_HOST, &port->vlan_place, NULL,
                     "cannot take '%s' out of the bridge's own VLAN: %s", name, g_strerror(errno));
  return TRUE;
}

gboolean port_set_up(const char *name, const char *bridge, const PlanPort *port, gboolean is_inside,
                     GError **error)
{
  if (!port)
    return TRUE;
  if (bridge && !port->is_openvswitch &&
      (!isolate(name, port, error) || (port->vlans && !keep_to_vlans(name, bridge, port, error))))
    return FALSE;
  if (port->rx_frames && !link_set_rx_frames(name, port->rx_frames))
    announce_notice("'%s' does not take frames together: %s", name, g_strerror(errno));
  limit(name, port, is_inside);
  return TRUE;
}

/* ---- Open vSwitch ---- */

static void add_word(GPtrArray *words, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add_word(GPtrArray *words, const char *format, ...)
{
  va_list values;

  va_start(values, format);
  g_ptr_array_add(words, g_strdup_vprintf(format, values));
  va_end(values);
}

static void add_vlans(GPtrArray *words, const PlanPort *port)
{
  g_autoptr(GString) trunks = g_string_new(NULL);

  for (guint i = 0; port->vlans && i < port->vlans->len; i++) {
    const PlanVlan *vlan = &g_array_index(port->vlans, PlanVlan, i);

    if (vlan->mode != PLAN_VLAN_PLAIN)
      add_word(words, "vlan_mode=%s", vlan->mode == PLAN_VLAN_TAGGED ? "native-tagged" : "native-untagged");
    if (!port->is_trunk || vlan->mode != PLAN_VLAN_PLAIN)
      add_word(words, "tag=%u", vlan->id);
    g_string_append_printf(trunks, "%s%u", trunks->len ? "," : "", vlan->id);
  }
  if (port->is_trunk)
    add_word(words, "trunks=%s", trunks->str);
}

gboolean port_attach_to_switch(const char *name, const char *bridge, const PlanPort *port, const char *mac,
                               GError **error)
{
  g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *reason = NULL;

  add_word(words, "--timeout=5");
  add_word(words, "--");
  add_word(words, "--may-exist");
  add_word(words, "add-port");
  add_word(words, "%s", bridge);
  add_word(words, "%s", name);
  add_vlans(words, port);
  add_word(words, "--");
  add_word(words, "set");
  add_word(words, "Interface");
  add_word(words, "%s", name);
  add_word(words, "external-ids:attached-mac=\"%s\"", mac);
  add_word(words, "external-ids:iface-status=active");
  if (port->interface_id)
    add_word(words, "external-ids:iface-id=\"%s\"", port->interface_id);
  if (port->profile_id)
    add_word(words, "external-ids:port-profile=\"%s\"", port->profile_id);
  return run_tool("ovs-vsctl", words, &reason) ||
         error_set(error, DOMRUN_ERROR_HOST, &port->switch_place, NULL,
                   "cannot attach '%s' to the Open vSwitch bridge '%s': %s", name, bridge, reason);
}

void port_detach_from_switch(const char *name)
{
  g_autoptr(GPtrArray) words = split(name, "--timeout=5 -- --if-exists del-port NAME");
  g_autofree char *reason = NULL;

  if (!run_tool("ovs-vsctl", words, &reason))
    announce_notice("'%s' stays a port of its switch: %s", name, reason);
}
