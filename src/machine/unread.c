/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/unread.h"

#include <string.h>

#include "devices/registry.h"
#include "domain/domain.h"
#include "domain/protection.h"
#include "xml/element.h"

/* Without them the guest could write what it may only read, a file would be written by two at once, changes
 * would be kept that were to be thrown away, data would be written in clear, the guest's memory would be open
 * to the host, a server that wants a password would be talked to without, more of a file would be seen than
 * was meant. */
static const char *const protected_elements[] = {
  "readonly", "shareable", "transient", "encryption", "launchSecurity", "auth", "slices",
};

/* Here data would cross the network in clear, or a display would be open to everybody. */
static const char *const protected_attributes[] = { "readonly", "tls", "passwd" };

static gboolean is_listed(const char *const *names, gsize count, const char *name)
{
  for (gsize i = 0; i < count; i++) {
    if (g_str_equal(names[i], name))
      return TRUE;
  }
  return FALSE;
}

/* The user certainly wants a device, which is found in <devices> only. (<memory> is also a part of its own.)
 */
static gboolean is_lost_device(const xmlNode *node, const char *element)
{
  if (node->ns || !node->parent || !xml_is_element(node->parent, "domain") || g_str_equal(element, "memory"))
    return FALSE;
  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    if (g_str_equal((*room)->element, element))
      return TRUE;
  }
  return g_str_equal(element, "emulator");
}

/* All of it is about who may read the guest's memory. */
static gboolean is_of_launch_security(const xmlNode *node)
{
  return xml_is_element(node, "launchSecurity") || (node->parent && node->parent->type == XML_ELEMENT_NODE &&
                                                    xml_is_element(node->parent, "launchSecurity"));
}

static gboolean unread_is_protected(xmlNode *node, const char *element, const char *attribute)
{
  if (is_of_launch_security(node))
    return TRUE;
  if (attribute)
    return is_listed(protected_attributes, G_N_ELEMENTS(protected_attributes), attribute);
  return is_listed(protected_elements, G_N_ELEMENTS(protected_elements), element) ||
         is_lost_device(node, element);
}

/* What else protects, and can be given up: without it the guest could talk to others and in others' names, or
 * be run by two hosts at once. */
typedef struct {
  const char *parent;
  const char *element;
  Protection protection;
} Guard;

static const Guard guards[] = {
  { "interface", "filterref", PROTECTION_FILTERREF },
  { "interface", "port", PROTECTION_PORT },
  { "interface", "vlan", PROTECTION_VLAN },
  { "devices", "lease", PROTECTION_LEASE },
};

static const char *unread_find_protection(xmlNode *node, const char *element, gconstpointer data,
                                          gboolean *ret_is_given_up)
{
  const DomainOptions *options = data;

  for (gsize i = 0; i < G_N_ELEMENTS(guards); i++) {
    const Guard *guard = &guards[i];

    if (!g_str_equal(element, guard->element) || !xml_is_element(node->parent, guard->parent))
      continue;
    *ret_is_given_up = protection_is_in(options->ignored, guard->protection);
    return enum_to_string(&protection_table, (int)guard->protection);
  }
  return NULL;
}

typedef struct {
  const char *path;
  const char *consequence;
} Consequence;

/* Where it is more than "it has no effect". A line goes when its room is built. */
static const Consequence consequences[] = {
  { "domain/cpu", "the guest gets QEMU's default CPU, qemu64: RHEL 9 and others do not boot on it, and each "
                  "virtual CPU is a socket of its own, of which Windows uses one or two" },
  { "cputune/cachetune", "it has as much of the host's caches as others have: resctrl is left as it is" },
  { "cputune/memorytune", "its memory bandwidth is not limited: resctrl is left as it is" },
  { "interface/bandwidth", "the guest's traffic is not limited" },
  { "interface/filterref", "the guest's traffic is not filtered" },
  { "interface/port", "the guest can talk to the other isolated ports" },
  { "interface/vlan", "the guest is not kept to its VLAN" },
  { "filesystem/space_hard_limit", "the guest can fill the host's file system" },
  { "filesystem/space_soft_limit", "the guest can fill the host's file system" },
};

static const char *unread_find_consequence(const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS(consequences); i++) {
    if (g_str_equal(path, consequences[i].path))
      return consequences[i].consequence;
  }
  if (g_str_has_prefix(path, "devices/") && !strchr(path, '@'))
    return "the guest runs without this device";
  return NULL;
}

/* What is not for such guests, or not for domrun to do. */
static const Consequence reasons[] = {
  { "devices/lease", "no lease is taken: two hosts could run the guest at once" },
  { "disk/driver@statistics", "it has no effect: nobody asks for such statistics" },
  { "disk/source@fdgroup", "there are no descriptors of that name: the file is opened by its path" },
  { "domain/iommufd", "it has no effect: devices of the host are handed on by VFIO's own groups" },
  { "domain/idmap", "it is for containers, and has no effect" },
  { "domain/on_lockfailure", "it has no effect: nobody takes locks for the guest, which it could lose" },
  { "domain/perf",
    "it has no effect: the kernel counts nothing for the guest (perf(1) does so for a process)" },
  { "driver/statistics", "it has no effect: nobody asks for such statistics" },
  { "interface/backenddomain", "it is of Xen, and has no effect" },
  { "resource/fibrechannel", "it has no effect: the fabric takes the guest's traffic for the host's" },
  { "source/seclabel", "no label is set: what the guest uses keeps the one that it has" },
};

static const char *unread_find_reason(const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
    if (g_str_equal(path, reasons[i].path))
      return reasons[i].consequence;
  }
  return NULL;
}

const XmlUnreadRules unread_rules = { unread_is_protected, unread_find_consequence, unread_find_reason,
                                      unread_find_protection };
