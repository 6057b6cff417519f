/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers are those that libvirt gives, in its order; tried with libvirt 9.0. What the document says is
 * taken first, then each device gets the first that is left.
 */
#include "config.h"

#include "machine/address-zpci.h"

#include "devices/controller/controller.h"
#include "devices/disk/disk.h"
#include "devices/filesystem.h"
#include "devices/hostdev/hostdev.h"
#include "devices/input.h"
#include "devices/interface/interface.h"
#include "devices/memballoon.h"
#include "devices/rng.h"
#include "devices/sound.h"
#include "devices/video.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"

enum { UID_MAX = 0xffff };

/* Numbers of one kind. Those that the document gives are few or many, and far apart or not: the next one that
 * is free is looked for from the last. */
typedef struct {
  const char *name;
  GHashTable *taken; /* number -> Device */
  guint32 next;
} Numbers;

typedef struct {
  Numbers uids, fids;
} ZpciMap;

static gboolean reserve(Numbers *numbers, const Device *device, guint32 number, GError **error)
{
  const Device *other = g_hash_table_lookup(numbers->taken, GUINT_TO_POINTER(number));

  if (other)
    return error_set_document(error, &device->address.zpci.place, numbers->name,
                              "0x%x is that of the device on line %d", number, other->place.line);
  g_hash_table_insert(numbers->taken, GUINT_TO_POINTER(number), (gpointer)device);
  return TRUE;
}

static guint32 take_next(Numbers *numbers, Device *device)
{
  while (g_hash_table_contains(numbers->taken, GUINT_TO_POINTER(numbers->next)))
    numbers->next++;
  g_hash_table_insert(numbers->taken, GUINT_TO_POINTER(numbers->next), device);
  return numbers->next++;
}

static gboolean reserve_given(ZpciMap *map, const Device *device, GError **error)
{
  const ZpciAddress *zpci = &device->address.zpci;

  return (!zpci->has_uid || reserve(&map->uids, device, zpci->uid, error)) &&
         (!zpci->has_fid || reserve(&map->fids, device, zpci->fid, error));
}

static gboolean fill(ZpciMap *map, Device *device, GError **error)
{
  ZpciAddress *zpci = &device->address.zpci;

  if (device->address.type != ADDRESS_PCI)
    return TRUE;
  if (!zpci->has_uid)
    zpci->uid = take_next(&map->uids, device);
  if (!zpci->has_fid)
    zpci->fid = take_next(&map->fids, device);
  zpci->has_uid = zpci->has_fid = TRUE;
  return zpci->uid <= UID_MAX ||
         error_set_document(error, &device->place, NULL, "there is no zPCI number left for this device");
}

static gboolean assign_all(const Domain *domain, ZpciMap *map, GError **error)
{
  const DeviceRoom *const order[] = { &disk_room,       &interface_room,  &sound_room, &hostdev_room,
                                      &video_room,      &controller_room, &input_room, &filesystem_room,
                                      &memballoon_room, &rng_room };

  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->address.type == ADDRESS_PCI && !reserve_given(map, device, error))
      return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
    DOMAIN_FOREACH_OF(domain, order[i], device, j) {
      if (!fill(map, device, error))
        return FALSE;
    }
  }
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (!device->address.zpci.has_uid && !fill(map, device, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean refuse_all(const Domain *domain, GError **error)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->address.zpci.place.file)
      return error_set_document(error, &device->address.zpci.place, NULL,
                                "is of s390's machines; this is '%s'", domain->os->machine);
  }
  return TRUE;
}

gboolean address_assign_zpci(Domain *domain, GError **error)
{
  g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL), fids = g_hash_table_new(NULL, NULL);
  ZpciMap map = { { "uid", uids, 1 }, { "fid", fids, 0 } };

  if (chipset_of(domain) != CHIPSET_CCW)
    return refuse_all(domain, error);
  return assign_all(domain, &map, error);
}
