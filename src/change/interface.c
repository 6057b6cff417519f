/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --network=user|none|bridge:BRIDGE is for all interfaces of the document; --forward lets the host reach a
 * port of the guest's through the first of type user.
 */
#include "config.h"

#include "change/interface.h"

#include <string.h>

#include "change/part.h"

static const char bridge_prefix[] = "bridge:";

gboolean change_is_for_all_networks(const char *value)
{
  return g_str_equal(value, "user") || g_str_equal(value, "none") ||
         (g_str_has_prefix(value, bridge_prefix) && !strchr(value, '='));
}

/* ---- --network ---- */

static const char *type_of(const char *value)
{
  return g_str_equal(value, "user") ? "user" : "bridge";
}

/* What is the guest's, whatever the host has at the other end. */
static gboolean stays(xmlNode *child, const char *type)
{
  static const char *const names[] = { "mac", "model", "alias", "address", "boot",
                                       "rom", "link",  "acpi",  "driver" };
  static const char *const of_user[] = { "ip", "portForward", "backend" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (xml_is_element(child, names[i]))
      return TRUE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(of_user); i++) {
    if (xml_is_element(child, of_user[i]) && g_str_equal(type, "user") &&
        g_str_equal(change_peek(child->parent, "type"), "user"))
      return TRUE;
  }
  return FALSE;
}

/* Where the host's end was is no loss: it is what the option replaces. */
static gboolean is_worth_a_word(xmlNode *child)
{
  static const char *const names[] = { "source",  "target", "script", "downscript",
                                       "backend", "guest",  "teaming" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (xml_is_element(child, names[i]))
      return FALSE;
  }
  return TRUE;
}

/* vhost is of a tap, and so are several queues. */
static void strip_driver(xmlNode *driver, const char *type)
{
  xml_remove_attribute(driver, "name");
  if (g_str_equal(type, "user"))
    xml_remove_attribute(driver, "queues");
}

static void connect(const Change *change, xmlNode *interface, const char *type)
{
  g_autoptr(GPtrArray) children = change_children(interface, /* name= */ NULL);
  g_autoptr(GString) lost = g_string_new(NULL);

  for (guint i = 0; i < children->len; i++) {
    xmlNode *child = g_ptr_array_index(children, i);

    if (xml_is_element(child, "driver"))
      strip_driver(child, type);
    if (stays(child, type))
      continue;
    if (is_worth_a_word(child))
      g_string_append_printf(lost, "%s<%s>", lost->len ? ", " : "", (const char *)child->name);
    xml_remove(child);
  }
  if (lost->len)
    change_warn(change, interface, "left out are %s", lost->str);
  for (guint i = 0; i < 3; i++)
    xml_remove_attribute(interface, (const char *const[]){ "managed", "trustGuestRxFilters", "type" }[i]);
  xml_set_attribute(interface, "type", type);
  if (!g_str_equal(type, "user"))
    xml_set_attribute(xml_set_child(interface, "source"), "bridge", change->value + strlen(bridge_prefix));
}

static xmlNode *add_interface(const Change *change)
{
  xmlNode *interface = change_add(change, change_devices(change), "interface");

  xml_set_attribute(interface, "type", "user");
  xml_set_attribute(change_add(change, interface, "model"), "type", "virtio");
  return interface;
}

static gboolean is_there_already(xmlNode *interface, const Change *change)
{
  xmlNode *source = change_child(interface, "source");

  if (g_str_equal(change->value, "user"))
    return g_str_equal(change_peek(interface, "type"), "user");
  return g_str_equal(change_peek(interface, "type"), "bridge") && source &&
         g_str_equal(change_peek(source, "bridge"), change->value + strlen(bridge_prefix));
}

gboolean change_network(const Change *change, GError **error)
{
  xmlNode *devices = change_devices(change);

  if (!change_is_for_all_networks(change->value))
    return TRUE; /* one network's definition */
  if (g_str_equal(change->value, bridge_prefix))
    return change_error(change, error, "names no bridge");
  if (g_str_equal(change->value, "none")) {
    xml_remove_child(devices, "interface");
    return TRUE;
  }
  if (!change_child(devices, "interface"))
    add_interface(change);
  XML_FOREACH_CHILD(devices, interface, "interface") {
    if (!is_there_already(interface, change))
      connect(change, interface, type_of(change->value));
  }
  return TRUE;
}

/* ---- --forward ---- */

typedef struct {
  const char *protocol;
  char *address; /* as the next: owned */
  char *host;    /* a port, or a range of them */
  const char *guest;
} ForwardWords;

static gboolean is_port(const char *text, guint64 *ret_port)
{
  return g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, ret_port, NULL);
}

static gboolean refuse_forward(const Change *change, GError **error)
{
  change_error(change, error, "is not understood");
  return error_add_hint(error, "expected [tcp:|udp:][ADDRESS:]PORT:GUESTPORT, as in --forward 2222:22 or "
                               "--forward tcp:0.0.0.0:8080:80");
}

/* Adds it to the interface, from "host" or "host-host" to "guest". */
static gboolean add_forward(const Change *change, xmlNode *interface, const char *protocol,
                            const char *address, const char *host, const char *guest, GError **error)
{
  g_auto(GStrv) ends = g_strsplit(host, "-", 2);
  guint64 start, end, to;
  xmlNode *forward, *range;

  if (!ends[0] || !is_port(ends[0], &start) || !is_port(ends[1] ? ends[1] : ends[0], &end) || end < start ||
      !is_port(guest, &to))
    return refuse_forward(change, error);
  forward = change_add(change, interface, "portForward");
  xml_set_attribute(forward, "proto", protocol);
  xml_set_attribute(forward, "address", address);
  range = change_add(change, forward, "range");
  xml_set_attribute(range, "start", ends[0]);
  if (ends[1])
    xml_set_attribute(range, "end", ends[1]);
  if (to != start)
    xml_set_attribute(range, "to", guest);
  return TRUE;
}

static xmlNode *find_user(const Change *change, GError **error)
{
  xmlNode *devices = change_devices(change);

  if (!change_child(devices, "interface"))
    return add_interface(change);
  XML_FOREACH_CHILD(devices, interface, "interface") {
    if (g_str_equal(change_peek(interface, "type"), "user"))
      return interface;
  }
  change_error(change, error, "needs an <interface type='user'>, and the document has none");
  error_add_hint(error, "--network=user makes all its interfaces such");
  return NULL;
}

gboolean change_forward(const Change *change, GError **error)
{
  gboolean is_udp = g_str_has_prefix(change->value, "udp:");
  const char *rest = change->value + (is_udp || g_str_has_prefix(change->value, "tcp:") ? strlen("tcp:") : 0);
  const char *guest = strrchr(rest, ':');
  g_autofree char *before = guest ? g_strndup(rest, (gsize)(guest - rest)) : NULL;
  char *colon = before ? strrchr(before, ':') : NULL;
  const char *host = colon ? colon + 1 : before;
  const char *address = "127.0.0.1"; /* what others are to reach is said */
  xmlNode *interface;

  if (!before)
    return refuse_forward(change, error);
  if (colon) {
    *colon = '\0';
    address = before;
    if (address[0] == '[' && g_str_has_suffix(address, "]")) {
      before[strlen(before) - 1] = '\0';
      address++;
    }
    if (!*address)
      return refuse_forward(change, error);
  }
  interface = find_user(change, error);
  return interface && add_forward(change, interface, is_udp ? "udp" : "tcp", address, host, guest + 1, error);
}
