/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libvirt's rules: of each controller there are seven places, as for disks, whatever the controller can do;
 * the first that neither a disk nor a hostdev has; and another controller of the last one's model when all
 * are full.
 */
#include "config.h"

#include "devices/hostdev/hostdev.h"

#include "devices/controller/controller.h"
#include "devices/disk/disk.h"
#include "domain/devices.h"

enum { UNITS = 7 };

typedef struct {
  guint8 taken[CONTROLLER_INDEX_MAX + 1]; /* of a controller's first target: a bit for each unit */
} Places;

static gboolean is_on_scsi_bus(const Device *device)
{
  if (device->address.type != ADDRESS_DRIVE)
    return FALSE;
  return device->room == &disk_room ? ((const Disk *)device)->bus == DISK_BUS_SCSI
                                    : device->room == &hostdev_room;
}

static void take(Places *places, const DriveAddress *drive)
{
  if (drive->bus == 0 && drive->target == 0 && drive->unit < UNITS &&
      drive->controller <= CONTROLLER_INDEX_MAX)
    places->taken[drive->controller] |= (guint8)(1U << drive->unit);
}

static gboolean find_place(const Domain *domain, const Places *places, DriveAddress *ret_drive)
{
  for (guint32 i = 0; i <= CONTROLLER_INDEX_MAX; i++) {
    for (guint32 unit = 0; unit < UNITS; unit++) {
      if (!(places->taken[i] & 1U << unit)) {
        *ret_drive = (DriveAddress){ .controller = i, .unit = unit };
        return TRUE;
      }
    }
  }
  return FALSE;
}

/* What is missing up to @index is like the last that is there. */
static void add_controllers(Domain *domain, guint32 index, const Place *place)
{
  ControllerModel model = CONTROLLER_MODEL_DEFAULT;

  for (guint32 i = 0; i <= index; i++) {
    const Controller *controller = controller_find(domain, CONTROLLER_SCSI, i);

    if (controller)
      model = controller->model;
    else
      controller_add(domain, CONTROLLER_SCSI, model, i)->device.place = *place;
  }
}

static gboolean place_one(Domain *domain, Device *device, Places *places, GError **error)
{
  DriveAddress *drive = &device->address.drive;

  if (device->address.type != ADDRESS_DRIVE && !find_place(domain, places, drive))
    return error_set_document(error, &device->place, NULL, "there is no place left on %d SCSI controllers",
                              CONTROLLER_INDEX_MAX + 1);
  device->address.type = ADDRESS_DRIVE;
  take(places, drive);
  if (!controller_find(domain, CONTROLLER_SCSI, drive->controller))
    add_controllers(domain, drive->controller, &device->place);
  return TRUE;
}

void hostdev_imply_controllers(Domain *domain)
{
  DOMAIN_FOREACH_OF(domain, &hostdev_room, device, i) {
    const Address *address = &device->address;
    guint32 index = address->type == ADDRESS_DRIVE ? address->drive.controller : 0;

    if (((const Hostdev *)device)->type != HOSTDEV_SCSI || index > CONTROLLER_INDEX_MAX)
      continue;
    for (guint32 j = 0; j <= index; j++) {
      if (!controller_find(domain, CONTROLLER_SCSI, j))
        controller_add(domain, CONTROLLER_SCSI, CONTROLLER_MODEL_DEFAULT, j)->device.place = device->place;
    }
  }
}

gboolean hostdev_place_all(Domain *domain, GError **error)
{
  Places places = { 0 };

  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (is_on_scsi_bus(device))
      take(&places, &device->address.drive);
  }
  DOMAIN_FOREACH_OF(domain, &hostdev_room, device, i) {
    if (((const Hostdev *)device)->type == HOSTDEV_SCSI && !place_one(domain, device, &places, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Checks ---- */

static void claim_place(const Device *device, GPtrArray *claims)
{
  const DriveAddress *drive = &device->address.drive;

  if (is_on_scsi_bus(device))
    g_ptr_array_add(
        claims, g_strdup_printf("%u:%u:%u:%u", drive->controller, drive->bus, drive->target, drive->unit));
}

static gboolean check_limit(const Hostdev *hostdev, const char *attribute, guint32 value, guint32 limit,
                            GError **error)
{
  return value <= limit || error_set_document(error, &hostdev->device.address.place, attribute,
                                              "%u is beyond the last of this controller (%u)", value, limit);
}

gboolean hostdev_place_validate(const Domain *domain, const Hostdev *hostdev, GError **error)
{
  const DriveAddress *drive = &hostdev->device.address.drive;
  gboolean has_targets = controller_has_targets(domain, drive->controller);
  g_autofree char *claim =
      g_strdup_printf("%u:%u:%u:%u", drive->controller, drive->bus, drive->target, drive->unit);
  const Device *first;

  if (!check_limit(hostdev, "bus", drive->bus, 0, error) ||
      !check_limit(hostdev, "target", drive->target, has_targets ? 255 : 0, error) ||
      !check_limit(hostdev, "unit", drive->unit, has_targets ? 16383 : UNITS - 1, error))
    return FALSE;
  first = device_first_claimant(domain, claim_place, claim);
  return first == &hostdev->device ||
         error_set_document(error, &hostdev->device.place, NULL,
                            "it has the place of %s on line %d (controller %u, bus %u, target %u, unit %u)",
                            first->place.element, first->place.line, drive->controller, drive->bus,
                            drive->target, drive->unit);
}
