/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/devices.h"

static GPtrArray *room_of(const Domain *domain, const DeviceRoom *room)
{
  GPtrArray *devices = g_hash_table_lookup(domain->rooms, room);

  if (!devices) {
    devices = g_ptr_array_new();
    g_hash_table_insert(domain->rooms, (gpointer)room, devices);
  }
  return devices;
}

void domain_add_device(Domain *domain, Device *device)
{
  GPtrArray *room = room_of(domain, device->room);

  device->index = room->len;
  g_ptr_array_add(room, device);
  g_ptr_array_add(domain->devices, device);
}

const GPtrArray *domain_devices_of(const Domain *domain, const DeviceRoom *room)
{
  return room_of(domain, room);
}

void domain_sort_room(Domain *domain, const DeviceRoom *room, GCompareFunc compare)
{
  GPtrArray *sorted = room_of(domain, room);
  guint next = 0;

  g_ptr_array_sort(sorted, compare); /* stable */
  for (guint i = 0; i < domain->devices->len; i++) {
    Device *device = g_ptr_array_index(domain->devices, i);

    if (device->room != room)
      continue;
    device = g_ptr_array_index(sorted, next);
    device->index = next++;
    g_ptr_array_index(domain->devices, i) = device;
  }
}

Device *device_first_of(const Domain *domain, const DeviceRoom *room)
{
  const GPtrArray *devices = domain_devices_of(domain, room);

  return devices->len ? g_ptr_array_index(devices, 0) : NULL;
}

/* What an option has added has no line, and comes last. */
static int line_of(const Device *device)
{
  return device->place.line > 0 ? device->place.line : G_MAXINT;
}

gboolean device_is_before(const Device *device, const Device *other)
{
  if (line_of(device) != line_of(other) || device->room != other->room)
    return line_of(device) < line_of(other);
  return device->index < other->index;
}

/* Who claims what, by its text. */
static GHashTable *ask_all(const Domain *domain, DeviceClaims claims)
{
  GHashTable *firsts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new();

  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    g_ptr_array_set_size(texts, 0);
    claims(device, texts);
    for (guint j = 0; j < texts->len; j++) {
      const Device *first = g_hash_table_lookup(firsts, g_ptr_array_index(texts, j));

      if (first && !device_is_before(device, first))
        g_free(g_ptr_array_index(texts, j));
      else
        g_hash_table_replace(firsts, g_ptr_array_index(texts, j), device);
    }
  }
  return firsts;
}

Device *device_first_claimant(const Domain *domain, DeviceClaims claims, const char *text)
{
  GHashTable *firsts = g_hash_table_lookup(domain->claims, claims);

  if (!firsts) {
    firsts = ask_all(domain, claims);
    g_hash_table_insert(domain->claims, (gpointer)claims, firsts);
  }
  return g_hash_table_lookup(firsts, text);
}
