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

/* How a run of a program went wrong. */
typedef struct {
  char *reason;
  gboolean is_stopped; /* the user did not want to wait for it */
  gboolean is_answer;  /* it has ended by itself */
} Failure;

static void failure_clear(Failure *failure)
{
  g_clear_pointer(&failure->reason, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Failure, failure_clear)

static int error_code_of(const Failure *failure)
{
  return failure->is_stopped ? DOMRUN_ERROR_STOPPED : DOMRUN_ERROR_HOST;
}

/* Runs it to its end. FALSE with *@failure, which was empty. What it printed on success is in *@ret_output,
 * which the caller frees, or NULL. */
static gboolean run_tool(const char *tool, GPtrArray *arguments, gboolean is_cleanup, char **ret_output,
                         Failure *failure)
{
  g_autofree char *program = g_find_program_in_path(tool);
  g_auto(ProgramEnd) end = { 0 };
  g_autoptr(GError) error = NULL;
  ProgramRequest request = { .seconds = TOOL_SECONDS, .pass_fd = -1, .is_cleanup = is_cleanup };

  if (!program) {
    failure->reason = g_strdup_printf("there is no %s in PATH", tool);
    return FALSE;
  }
  g_ptr_array_insert(arguments, 0, g_strdup(program));
  g_ptr_array_add(arguments, NULL);
  request.argv = (char *const *)arguments->pdata;
  if (!program_run(&request, &end, &error)) {
    failure->reason = g_strdup(error->message);
    return FALSE;
  }
  if (program_end_is_good(&end)) {
    if (ret_output)
      *ret_output = program_end_last_line(&end);
    return TRUE;
  }
  failure->is_stopped = end.is_stopped;
  failure->is_answer = !end.is_stopped && !end.is_timeout && !end.was_killed;
  failure->reason = end.is_stopped ? NULL : find_reason(&end);
  if (!failure->reason)
    failure->reason = program_end_describe(&end, TOOL_SECONDS);
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

static gboolean run_tc(const char *name, Failure *failure, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean run_tc(const char *name, Failure *failure, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autoptr(GPtrArray) arguments = NULL;
  va_list values;

  va_start(values, format);
  text = g_strdup_vprintf(format, values);
  va_end(values);
  arguments = split(name, text);
  return run_tool("tc", arguments, /* is_cleanup= */ FALSE, /* ret_output= */ NULL, failure);
}

/* ---- Limits ---- */

static void clear_queue(const char *name, const char *queue)
{
  g_autofree char *text = g_strdup_printf("qdisc del dev NAME %s", queue);
  g_autoptr(GPtrArray) arguments = split(name, text);
  g_auto(Failure) failure = { 0 };

  run_tool("tc", arguments, /* is_cleanup= */ TRUE, /* ret_output= */ NULL, &failure);
}

void port_clear_limits(const char *name, PortLimits limits)
{
  if (limits & PORT_LIMITED_OUT)
    clear_queue(name, "root");
  if (limits & PORT_LIMITED_IN)
    clear_queue(name, "ingress");
}

/* "kbps" is kilobytes of 1000 per second to tc(8), and "kb" KiB. A queue that is there already is somebody
 * else's. */
static gboolean limit_way_out(const char *name, const PlanRate *rate, PortLimits *limits, Failure *failure)
{
  g_autofree char *burst = rate->burst ? g_strdup_printf(" burst %ukb", rate->burst) : g_strdup("");

  if (!run_tc(name, failure, "qdisc add dev NAME root handle 1: htb default 1"))
    return FALSE;
  *limits |= PORT_LIMITED_OUT;
  return run_tc(name, failure, "class add dev NAME parent 1: classid 1:1 htb rate %ukbps ceil %ukbps%s",
                rate->average, rate->peak ? rate->peak : rate->average, burst);
}

/* Without a burst, that of a second. */
static gboolean limit_way_in(const char *name, const PlanRate *rate, PortLimits *limits, Failure *failure)
{
  if (!run_tc(name, failure, "qdisc add dev NAME ingress"))
    return FALSE;
  *limits |= PORT_LIMITED_IN;
  return run_tc(name, failure,
                "filter add dev NAME parent ffff: protocol all u32 match u32 0 0 police rate %ukbps burst "
                "%ukb mtu %s drop flowid :1",
                rate->average, rate->burst ? rate->burst : rate->average, policed_frame);
}

/* A limit that cannot be is no reason not to run. */
static gboolean tell_limit(const Failure *failure, const char *way, const char *name, const PlanPort *port,
                           GError **error)
{
  if (failure->is_stopped)
    return error_set(error, DOMRUN_ERROR_STOPPED, &port->bandwidth_place, NULL, "tc(8) for '%s' %s", name,
                     failure->reason);
  announce_notice("what %s the guest through '%s' is not limited: %s", way, name, failure->reason);
  return TRUE;
}

gboolean port_limit(const char *name, const PlanPort *port, gboolean is_inside, PortLimits *limits,
                    GError **error)
{
  const PlanRate *out, *in;
  g_auto(Failure) out_failure = { 0 }, in_failure = { 0 };

  if (!port)
    return TRUE;
  if (port->rx_frames && !link_set_rx_frames(name, port->rx_frames))
    announce_notice("'%s' does not take frames together: %s", name, g_strerror(errno));
  out = is_inside ? &port->outbound : &port->inbound;
  in = is_inside ? &port->inbound : &port->outbound;
  if (out->average && !limit_way_out(name, out, limits, &out_failure) &&
      !tell_limit(&out_failure, is_inside ? "goes from" : "goes to", name, port, error))
    return FALSE;
  return !in->average || limit_way_in(name, in, limits, &in_failure) ||
         tell_limit(&in_failure, is_inside ? "comes to" : "comes from", name, port, error);
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

gboolean port_protect(const char *name, const char *bridge, const PlanPort *port, GError **error)
{
  if (!port || !bridge || port->is_openvswitch)
    return TRUE;
  return isolate(name, port, error) && (!port->vlans || keep_to_vlans(name, bridge, port, error));
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
  g_auto(Failure) failure = { 0 };

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
  return run_tool("ovs-vsctl", words, /* is_cleanup= */ FALSE, /* ret_output= */ NULL, &failure) ||
         error_set(error, error_code_of(&failure), &port->switch_place, NULL,
                   "cannot attach '%s' to the Open vSwitch bridge '%s': %s", name, bridge, failure.reason);
}

void port_detach_from_switch(const char *name)
{
  g_autoptr(GPtrArray) words = split(name, "--timeout=5 -- --if-exists del-port NAME");
  g_auto(Failure) failure = { 0 };

  if (!run_tool("ovs-vsctl", words, /* is_cleanup= */ TRUE, /* ret_output= */ NULL, &failure))
    announce_notice("'%s' stays a port of its switch: %s", name, failure.reason);
}

/* That it is none is a failure of the program's. */
gboolean port_find_switch(const char *name, const PlanPort *port, char **ret_bridge, GError **error)
{
  g_autoptr(GPtrArray) words = split(name, "--timeout=5 port-to-br NAME");
  g_auto(Failure) failure = { 0 };

  return run_tool("ovs-vsctl", words, /* is_cleanup= */ FALSE, ret_bridge, &failure) || failure.is_answer ||
         error_set(error, error_code_of(&failure), &port->switch_place, NULL,
                   "cannot ask Open vSwitch for '%s': %s", name, failure.reason);
}
