/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk.h"

#include <string.h>

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(disk_device_table, DISK_DEVICE_LAST, [DISK_DEVICE_DISK] = "disk", [DISK_DEVICE_CDROM] = "cdrom");
ENUM_TABLE(disk_bus_table, DISK_BUS_LAST, [DISK_BUS_IDE] = "ide", [DISK_BUS_VIRTIO] = "virtio");
ENUM_TABLE(disk_format_table, DISK_FORMAT_LAST, [DISK_FORMAT_RAW] = "raw", [DISK_FORMAT_QCOW2] = "qcow2");
ENUM_TABLE(disk_type_table, DISK_TYPE_LAST, [DISK_TYPE_FILE] = "file");

/* Two channels of two drives each. */
enum { IDE_DRIVES = 4 };

typedef struct {
  const char *prefix;
  DiskBus bus; /* what the prefix means where `bus` is not given; DISK_BUS_DEFAULT: nothing yet */
} TargetPrefix;

static const TargetPrefix target_prefixes[] = {
  { "hd", DISK_BUS_IDE },     { "vd", DISK_BUS_VIRTIO },  { "xvd", DISK_BUS_DEFAULT },
  { "sd", DISK_BUS_DEFAULT }, { "fd", DISK_BUS_DEFAULT },
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

static gboolean read_target(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *target;
  const TargetPrefix *prefix;

  if (!xml_child_required(node, "target", &target, error) ||
      !xml_attribute_required(target, "dev", &disk->target, error) ||
      !xml_attribute_enum(target, "bus", &disk_bus_table, XML_ENUM(&disk->bus), error))
    return FALSE;
  disk->target_place = xml_place(target);
  prefix = parse_target_name(disk->target, &disk->target_index);
  if (!prefix)
    return xml_error(error, target, "dev",
                     "'%s' is not the name of a disk (expected: hd, sd, vd, xvd or fd, then letters, "
                     "as in hda)",
                     disk->target);
  if (disk->bus == DISK_BUS_DEFAULT)
    disk->bus = prefix->bus;
  if (disk->bus == DISK_BUS_DEFAULT)
    return xml_error(error, target, "dev",
                     "'%s' means a bus that domrun does not know; give one with bus='...' "
                     "(known: ide, virtio)",
                     disk->target);
  return TRUE;
}

ENUM_TABLE(disk_driver_table, 1, "qemu");

static gboolean read_driver(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *driver = NULL;
  int only = 0;

  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  return !driver || (xml_attribute_enum(driver, "name", &disk_driver_table, &only, error) &&
                     xml_attribute_enum(driver, "type", &disk_format_table, XML_ENUM(&disk->format), error));
}

static gboolean read_source(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *source = NULL;

  if (!xml_child(node, "source", &source, error))
    return FALSE;
  disk->source_place = xml_place(source ? source : node);
  return !source || xml_attribute_path(source, "file", &disk->source, error);
}

static gboolean read_readonly(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *readonly = NULL;

  if (!xml_child(node, "readonly", &readonly, error))
    return FALSE;
  disk->is_readonly = readonly || disk->kind == DISK_DEVICE_CDROM;
  return TRUE;
}

static gboolean disk_parse(xmlNode *node, Device *device, GError **error)
{
  Disk *disk = (Disk *)device;

  if (!xml_attribute_enum(node, "type", &disk_type_table, XML_ENUM(&disk->type), error) ||
      !xml_attribute_enum(node, "device", &disk_device_table, XML_ENUM(&disk->kind), error))
    return FALSE;
  device->boot_class = disk->kind == DISK_DEVICE_CDROM ? OS_BOOT_CDROM : OS_BOOT_HD;
  return read_driver(node, disk, error) && read_source(node, disk, error) && read_target(node, disk, error) &&
         read_readonly(node, disk, error) && device_parse_boot(node, device, error) &&
         device_parse_alias(node, device, error);
}

static gboolean disk_complete(Domain *domain, Device *device, GError **error)
{
  Disk *disk = (Disk *)device;

  disk->index = device_index_in_room(domain, device);
  if (disk->bus == DISK_BUS_IDE)
    device_set_alias(domain, device, "ide0-%u-%u", disk->target_index / 2, disk->target_index % 2);
  else
    device_set_alias(domain, device, "virtio-disk%u", disk->target_index);
  return TRUE;
}

/* Compares with the disks before this one. */
static gboolean validate_unique(const Domain *domain, const Disk *disk, GError **error)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i)
  {
    const Disk *other = (const Disk *)device;

    if (device == &disk->device)
      return TRUE;
    if (device->room != &disk_room)
      continue;
    if (g_str_equal(other->target, disk->target))
      return error_set_document(error, &disk->target_place, "dev",
                                "'%s' is the target of the disk on line %d", disk->target,
                                device->place.line);
    if (other->bus == disk->bus && other->target_index == disk->target_index)
      return error_set_document(error, &disk->target_place, "dev",
                                "'%s' has the place of '%s' on line %d on the same bus", disk->target,
                                other->target, device->place.line);
  }
  return TRUE;
}

static gboolean disk_validate(const Domain *domain, const Device *device, GError **error)
{
  const Disk *disk = (const Disk *)device;

  if (!disk->source && disk->kind != DISK_DEVICE_CDROM) {
    error_set_document(error, &disk->source_place, NULL, "a disk needs <source file='...'/>");
    return error_add_hint(error, "only drives with removable media can be empty: device='cdrom'");
  }
  if (disk->kind == DISK_DEVICE_CDROM && disk->bus == DISK_BUS_VIRTIO)
    return error_set_document(error, &disk->target_place, "bus",
                              "a CD-ROM drive cannot be on bus 'virtio' (allowed: ide)");
  if (disk->kind == DISK_DEVICE_DISK && disk->bus == DISK_BUS_IDE && disk->is_readonly) {
    error_set_document(error, &device->place, NULL, "an IDE disk cannot be read-only");
    return error_add_hint(error, "use bus='virtio', or device='cdrom' for an ISO image");
  }
  if (disk->bus == DISK_BUS_IDE && disk->target_index >= IDE_DRIVES)
    return error_set_document(error, &disk->target_place, "dev",
                              "'%s' is beyond the last drive of the IDE bus (hda to hdd)", disk->target);
  return validate_unique(domain, disk, error);
}

const DeviceRoom disk_room = {
  .element = "disk",
  .size = sizeof(Disk),
  .parse = disk_parse,
  .complete = disk_complete,
  .validate = disk_validate,
  .translate = disk_translate,
  .clear = device_clear_nothing,
};
