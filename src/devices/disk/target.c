/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a target's name means. "sdh" on a SCSI bus is the eighth disk: with seven to a controller (the narrow
 * SCSI that libvirt counts by, whatever the controller) the first of the second. libvirt's rules, so that a
 * guest finds its disks where it had them.
 */
#include "config.h"

#include <string.h>

#include "devices/controller/controller.h"
#include "devices/disk/disk.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(disk_bus_table, DISK_BUS_LAST, [DISK_BUS_FDC] = "fdc", [DISK_BUS_IDE] = "ide",
           [DISK_BUS_SATA] = "sata", [DISK_BUS_SCSI] = "scsi", [DISK_BUS_SD] = "sd", [DISK_BUS_USB] = "usb",
           [DISK_BUS_VIRTIO] = "virtio", [DISK_BUS_XEN] = "xen");

typedef struct {
  const char *prefix;
  DiskBus bus; /* what it means where `bus` is not given */
} TargetPrefix;

static const TargetPrefix target_prefixes[] = {
  { "fd", DISK_BUS_FDC },    { "hd", DISK_BUS_IDE },  { "sd", DISK_BUS_SCSI },
  { "vd", DISK_BUS_VIRTIO }, { "xvd", DISK_BUS_XEN }, { "ubd", DISK_BUS_DEFAULT },
};

/* The letters after the prefix, as a number: a is 0, z is 25, aa is 26. */
static gboolean parse_letters(const char *letters, guint *ret_index)
{
  guint index = 0;

  if (!*letters || strlen(letters) > 3)
    return FALSE;
  for (const char *c = letters; *c; c++) {
    if (!g_ascii_islower(*c))
      return FALSE;
    index = index * 26 + (guint)(*c - 'a') + 1;
  }
  *ret_index = index - 1;
  return TRUE;
}

static const TargetPrefix *parse_target_name(const char *name, guint *ret_index)
{
  for (gsize i = 0; i < G_N_ELEMENTS(target_prefixes); i++) {
    if (g_str_has_prefix(name, target_prefixes[i].prefix) &&
        parse_letters(name + strlen(target_prefixes[i].prefix), ret_index))
      return &target_prefixes[i];
  }
  return NULL;
}

/* A SCSI name says nothing of the device: 'sda' with device='floppy' is still a floppy. */
static DiskBus bus_of(const Disk *disk, const TargetPrefix *prefix)
{
  return disk->kind == DISK_DEVICE_FLOPPY ? DISK_BUS_FDC : prefix->bus;
}

ENUM_TABLE(disk_tray_table, 2, "closed", "open");

gboolean disk_target_parse(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *target;
  const TargetPrefix *prefix;

  if (!xml_child_required(node, "target", &target, error) ||
      !xml_attribute_required(target, "dev", &disk->target, error) ||
      !xml_attribute_enum(target, "bus", &disk_bus_table, XML_ENUM(&disk->bus), error) ||
      !xml_attribute_enum(target, "tray", &disk_tray_table, &disk->is_tray_open, error) ||
      !feature_state_parse(target, "removable", &disk->removable, error) ||
      !xml_attribute_uint32(target, "rotation_rate", 0, 65535, &disk->rotation_rate, error))
    return FALSE;
  disk->target_place = xml_place(target);
  prefix = parse_target_name(disk->target, &disk->target_index);
  if (!prefix)
    return xml_error(
        error, target, "dev",
        "'%s' is not the name of a disk (expected: fd, hd, sd, vd or xvd, then letters, as in hda)",
        disk->target);
  if (disk->bus == DISK_BUS_DEFAULT)
    disk->bus = bus_of(disk, prefix);
  if (disk->bus == DISK_BUS_DEFAULT)
    return xml_error(error, target, "dev",
                     "'%s' means a bus that QEMU's machines do not have; give one with bus=''", disk->target);
  return TRUE;
}

typedef struct {
  ControllerType type;
  guint32 units;       /* places on one controller, by libvirt's count */
  guint32 controllers; /* how many there can be */
} BusPlaces;

static const BusPlaces bus_places[DISK_BUS_LAST] = {
  [DISK_BUS_FDC] = { CONTROLLER_FDC, 2, 1 },
  [DISK_BUS_IDE] = { CONTROLLER_IDE, 4, 1 },
  [DISK_BUS_SATA] = { CONTROLLER_SATA, 6, CONTROLLER_INDEX_MAX + 1 },
  [DISK_BUS_SCSI] = { CONTROLLER_SCSI, 7, CONTROLLER_INDEX_MAX + 1 },
};

static gboolean refuse_place(const Disk *disk, const BusPlaces *places, GError **error)
{
  error_set_document(error, &disk->target_place, "dev", "'%s' is disk %u of bus '%s', which has room for %u",
                     disk->target, disk->target_index + 1, enum_to_string(&disk_bus_table, (int)disk->bus),
                     places->units * places->controllers);
  if (disk->bus != DISK_BUS_SCSI)
    return FALSE;
  return error_add_hint(error, "a controller of model 'virtio-scsi' takes more, where each disk has an "
                               "<address type='drive' target=''/>");
}

/* The card's number follows from its name, whatever the name begins with. */
static gboolean check_socket(const Domain *domain, const Disk *disk, GError **error)
{
  if (chipset_of(domain) != CHIPSET_VEXPRESS)
    return error_set_document(error, &disk->target_place, "bus",
                              "machine '%s' has no socket for an SD card (allowed: scsi, usb, virtio)",
                              domain->os->machine);
  if (disk->target_index > 0)
    return error_set_document(error, &disk->target_place, "dev",
                              "'%s' is card %u of bus 'sd', and machine '%s' has one socket (expected: sda)",
                              disk->target, disk->target_index + 1, domain->os->machine);
  return TRUE;
}

gboolean disk_target_place(Domain *domain, Disk *disk, GError **error)
{
  const BusPlaces *places = &bus_places[disk->bus];
  Address *address = &disk->device.address;
  guint32 place;

  if (disk->bus == DISK_BUS_SD)
    return check_socket(domain, disk, error);
  if (places->units == 0) /* virtio and usb: the address pass finds a place */
    return TRUE;
  if (!address->is_given) {
    place = disk->target_index % places->units;
    address->type = ADDRESS_DRIVE;
    address->drive.controller = disk->target_index / places->units;
    address->drive.bus = disk->bus == DISK_BUS_IDE ? place / 2 : 0;
    address->drive.unit = disk->bus == DISK_BUS_IDE ? place % 2 : place;
  }
  if (address->drive.controller > CONTROLLER_INDEX_MAX)
    return refuse_place(disk, places, error);
  controller_ensure(domain, places->type, address->drive.controller, &disk->target_place);
  controller_find(domain, places->type, address->drive.controller)->has_drives = TRUE;
  return TRUE;
}

gboolean disk_has_target(const Domain *domain, const Disk *disk)
{
  return disk->bus == DISK_BUS_SCSI && controller_has_targets(domain, disk->device.address.drive.controller);
}

/* The highest bus, target and unit of a controller. */
static DriveAddress limits_of(const Domain *domain, const Disk *disk)
{
  switch (disk->bus) {
  case DISK_BUS_FDC:
    return (DriveAddress){ .unit = 1 };
  case DISK_BUS_IDE:
    return (DriveAddress){ .bus = 1, .unit = 1 };
  case DISK_BUS_SATA:
    return (DriveAddress){ .unit = 5 };
  case DISK_BUS_SCSI:
    if (!disk_has_target(domain, disk))
      return (DriveAddress){ .unit = 6 };
    return (DriveAddress){ .target = 255, .unit = 16383 };
  case DISK_BUS_DEFAULT:
  case DISK_BUS_SD:
  case DISK_BUS_USB:
  case DISK_BUS_VIRTIO:
  case DISK_BUS_XEN:
  case DISK_BUS_LAST:
    break;
  }
  return (DriveAddress){ 0 };
}

static gboolean validate_limits(const Domain *domain, const Disk *disk, GError **error)
{
  const Address *address = &disk->device.address;
  const Place *place = address->is_given ? &address->place : &disk->target_place;
  DriveAddress limits = limits_of(domain, disk);

  if (address->drive.bus > limits.bus)
    return error_set_document(
        error, place, "bus", "%u is beyond the last bus of a controller for '%s' disks (%u)",
        address->drive.bus, enum_to_string(&disk_bus_table, (int)disk->bus), limits.bus);
  if (address->drive.target > limits.target)
    return error_set_document(error, place, "target", "%u is beyond the last target of this controller (%u)",
                              address->drive.target, limits.target);
  if (address->drive.unit > limits.unit)
    return error_set_document(
        error, place, "unit", "%u is beyond the last unit of a controller for '%s' disks (%u)",
        address->drive.unit, enum_to_string(&disk_bus_table, (int)disk->bus), limits.unit);
  return TRUE;
}

static char *place_claim(const Disk *disk)
{
  const DriveAddress *drive = &disk->device.address.drive;

  return g_strdup_printf("%d %u:%u:%u:%u", disk->bus, drive->controller, drive->bus, drive->target,
                         drive->unit);
}

static void claim_target(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room)
    g_ptr_array_add(claims, g_strdup(((const Disk *)device)->target));
}

static void claim_place(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room && device->address.type == ADDRESS_DRIVE)
    g_ptr_array_add(claims, place_claim((const Disk *)device));
}

static gboolean validate_place(const Domain *domain, const Disk *disk, GError **error)
{
  const DriveAddress *drive = &disk->device.address.drive;
  g_autofree char *claim = place_claim(disk);
  const Device *first = device_first_claimant(domain, claim_place, claim);

  if (first == &disk->device)
    return TRUE;
  return error_set_document(
      error, &disk->target_place, "dev",
      "'%s' has the place of '%s' on line %d (controller %u, bus %u, target %u, unit %u)", disk->target,
      ((const Disk *)first)->target, first->place.line, drive->controller, drive->bus, drive->target,
      drive->unit);
}

gboolean disk_target_validate(const Domain *domain, const Disk *disk, GError **error)
{
  gboolean has_place = disk->device.address.type == ADDRESS_DRIVE;
  const Device *first = device_first_claimant(domain, claim_target, disk->target);

  if (has_place && !validate_limits(domain, disk, error))
    return FALSE;
  if (first != &disk->device)
    return error_set_document(error, &disk->target_place, "dev", "'%s' is the target of the disk on line %d",
                              disk->target, first->place.line);
  return !has_place || validate_place(domain, disk, error);
}

/* Each bus has its disks together, where its first one stands. */
static gint compare_targets(gconstpointer a, gconstpointer b)
{
  const Disk *x = *(const Disk *const *)a, *y = *(const Disk *const *)b;

  if (x->bus_order != y->bus_order)
    return x->bus_order < y->bus_order ? -1 : 1;
  return (x->target_index > y->target_index) - (x->target_index < y->target_index);
}

void disk_sort(Domain *domain)
{
  guint orders[DISK_BUS_LAST] = { 0 }, next = 1;

  DOMAIN_FOREACH_OF(domain, &disk_room, device, i) {
    Disk *disk = (Disk *)device;

    if (orders[disk->bus] == 0)
      orders[disk->bus] = next++;
    disk->bus_order = orders[disk->bus];
  }
  domain_sort_room(domain, &disk_room, compare_targets);
}

const char *disk_first(const Domain *domain)
{
  DOMAIN_FOREACH_OF(domain, &disk_room, device, i) {
    if (device->boot_class == BOOT_HD)
      return ((const Disk *)device)->image.source.path;
  }
  return NULL;
}
