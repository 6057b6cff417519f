/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/unread.h"

#include "devices/registry.h"

/* Without them the guest could write what it may only read, a file would be written by two at once, changes
 * would be kept that were to be thrown away, data would be written in clear, the guest's memory would be open
 * to the host, a server that wants a password would be talked to without. */
static const char *const protected_elements[] = {
  "readonly", "shareable", "transient", "encryption", "launchSecurity", "auth",
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

gboolean unread_is_protected(const char *element, const char *attribute)
{
  if (attribute)
    return is_listed(protected_attributes, G_N_ELEMENTS(protected_attributes), attribute);
  return is_listed(protected_elements, G_N_ELEMENTS(protected_elements), element);
}

/* Of today's format, as libvirt documents it; each goes from this list when its room is built. */
static const char *const later_parts[] = {
  "cputune",   "numatune",  "memoryBacking", "memtune",
  "blkiotune", "iothreads", "iothreadids",   "resource",
  "sysinfo",   "pm",        "perf",          "seclabel",
  "idmap",     "genid",     "keywrap",       "throttlegroups",
};
static const char *const later_devices[] = {
  "audio",    "channel",     "crypto", "filesystem", "hostdev",   "iommu", "lease", "memory", "nvram",
  "redirdev", "redirfilter", "rng",    "shmem",      "smartcard", "sound", "tpm",   "vsock",  "watchdog",
};

static gboolean is_device(const char *element)
{
  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    if (g_str_equal((*room)->element, element))
      return TRUE;
  }
  return g_str_equal(element, "emulator") || is_listed(later_devices, G_N_ELEMENTS(later_devices), element);
}

const char *unread_explain(const char *parent, const char *element, gboolean *ret_is_error)
{
  if (g_str_equal(parent, "domain") && is_listed(later_parts, G_N_ELEMENTS(later_parts), element))
    return "domrun does not carry this element out yet: it has no effect";
  if (g_str_equal(parent, "devices") && is_listed(later_devices, G_N_ELEMENTS(later_devices), element))
    return "domrun does not have this device yet: the guest runs without it";
  *ret_is_error = TRUE;
  if (g_str_equal(parent, "domain") && is_device(element))
    return "is a device: it belongs in <devices>";
  return NULL;
}
