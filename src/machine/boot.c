/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/boot.h"

#include "domain/device.h"
#include "domain/os.h"

/* The devices' own orders become the indices as they are. Returns how many there are, or -1 on an error. */
static int take_orders(Domain *domain, GError **error)
{
  g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
  int count = 0;

  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    const Device *other;

    if (device->boot_order == 0)
      continue;
    other = g_hash_table_lookup(taken, GUINT_TO_POINTER(device->boot_order));
    if (other) {
      error_set_document(error, &device->place, NULL, "boot order %u is taken by %s on line %d",
                         device->boot_order, other->place.element, other->place.line);
      return -1;
    }
    g_hash_table_insert(taken, GUINT_TO_POINTER(device->boot_order), device);
    device->boot_index = device->boot_order;
    count++;
  }
  return count;
}

/* A kind that <os> names means the first device of it. */
static void assign_kind(Domain *domain, BootClass kind, guint32 boot_index)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->boot_class == kind) {
      device->boot_index = boot_index;
      return;
    }
  }
}

gboolean boot_assign(Domain *domain, GError **error)
{
  const GArray *boot = domain->os->boot;
  gboolean is_assigned[BOOT_LAST] = { FALSE };
  int orders = take_orders(domain, error);

  if (orders < 0)
    return FALSE;
  if (orders > 0 && boot->len > 0) {
    error_set_document(error, &domain->os->boot_place, NULL,
                       "<boot dev=''> cannot be mixed with <boot order=''> of devices");
    return error_add_hint(error, "remove <boot> from <os>, or <boot order=''> from the devices");
  }
  if (orders > 0)
    return TRUE;
  if (boot->len == 0) /* hd is the default of the format */
    assign_kind(domain, BOOT_HD, 1);
  for (guint i = 0; i < boot->len; i++) {
    BootClass kind = (BootClass)g_array_index(boot, int, i);

    if (!is_assigned[kind])
      assign_kind(domain, kind, i + 1);
    is_assigned[kind] = TRUE;
  }
  return TRUE;
}
