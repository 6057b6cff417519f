/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device that the guest sees, in front of the nodes of image-qemu.c.
 */
#include "config.h"

#include "devices/controller/controller.h"
#include "devices/virtio.h"
#include "devices/disk/disk.h"
#include "domain/domain.h"
#include "domain/iothreads.h"

ENUM_TABLE(disk_error_table, DISK_ERROR_LAST, [DISK_ERROR_STOP] = "stop", [DISK_ERROR_REPORT] = "report",
           [DISK_ERROR_IGNORE] = "ignore", [DISK_ERROR_ENOSPACE] = "enospc");
ENUM_TABLE(disk_virtio_driver_table,
           DISK_MODEL_LAST, [DISK_MODEL_DEFAULT] = "virtio-blk-pci", [DISK_MODEL_VIRTIO] = "virtio-blk-pci",
           [DISK_MODEL_VIRTIO_TRANSITIONAL] = "virtio-blk-pci-transitional",
           [DISK_MODEL_VIRTIO_NON_TRANSITIONAL] = "virtio-blk-pci-non-transitional");
ENUM_TABLE(
    disk_vhost_driver_table,
    DISK_MODEL_LAST, [DISK_MODEL_DEFAULT] = "vhost-user-blk-pci", [DISK_MODEL_VIRTIO] = "vhost-user-blk-pci",
    [DISK_MODEL_VIRTIO_TRANSITIONAL] = "vhost-user-blk-pci-transitional",
    [DISK_MODEL_VIRTIO_NON_TRANSITIONAL] = "vhost-user-blk-pci-non-transitional");
ENUM_TABLE(disk_translation_driver_table, DISK_TRANSLATION_LAST, [DISK_TRANSLATION_NONE] = "none",
           [DISK_TRANSLATION_AUTO] = "auto", [DISK_TRANSLATION_LBA] = "lba");

static const char *ide_driver(const Disk *disk)
{
  return disk->kind == DISK_DEVICE_CDROM ? "ide-cd" : "ide-hd";
}

static const char *scsi_driver(const Disk *disk)
{
  if (disk->kind == DISK_DEVICE_LUN)
    return "scsi-block";
  return disk->kind == DISK_DEVICE_CDROM ? "scsi-cd" : "scsi-hd";
}

static Props *translate_scsi(const Domain *domain, const Disk *disk)
{
  const DriveAddress *drive = &disk->device.address.drive;
  const Controller *controller = controller_find(domain, CONTROLLER_SCSI, drive->controller);
  Props *props = props_new("driver", scsi_driver(disk));

  props_add_format(props, "bus", "%s.0", controller->device.alias);
  if (!disk_has_target(domain, disk)) {
    props_add_uint(props, "scsi-id", drive->unit);
  } else {
    props_add_uint(props, "channel", drive->bus);
    props_add_uint(props, "scsi-id", drive->target);
    props_add_uint(props, "lun", drive->unit);
  }
  if (disk->kind != DISK_DEVICE_LUN && disk->serial)
    props_add_string(props, "device_id", disk->serial);
  else if (disk->kind !=
           DISK_DEVICE_LUN) /* what the guest shows as its id; without one it would be the node's name */
    props_add_format(props, "device_id", "drive-%s", disk->device.alias);
  return props;
}

static Props *translate_sata(const Domain *domain, const Disk *disk)
{
  const DriveAddress *drive = &disk->device.address.drive;
  const Controller *controller = controller_find(domain, CONTROLLER_SATA, drive->controller);
  Props *props = props_new("driver", ide_driver(disk));

  props_add_format(props, "bus", "%s.%u", controller->device.alias, drive->unit);
  return props;
}

static Props *translate_ide(const Disk *disk)
{
  Props *props = props_new("driver", ide_driver(disk));

  props_add_format(props, "bus", "ide.%u", disk->device.address.drive.bus);
  props_add_uint(props, "unit", disk->device.address.drive.unit);
  return props;
}

static Props *translate_virtio(const Domain *domain, const Disk *disk)
{
  gboolean is_vhost = disk->image.source.type == DISK_TYPE_VHOSTUSER;
  const EnumTable *drivers = is_vhost ? &disk_vhost_driver_table : &disk_virtio_driver_table;
  Props *props = virtio_props_new(&disk->device, enum_to_string(drivers, (int)disk->model));
  const DiskDriver *driver = &disk->driver;

  iothread_add(driver->iothread, props);
  iothread_mapping_add(&driver->threads, props);
  feature_state_add(props, "ioeventfd", driver->ioeventfd);
  feature_state_add(props, "event_idx", driver->event_idx);
  virtio_options_translate(&driver->virtio, props);
  if (driver->queues)
    props_add_uint(props, "num-queues", driver->queues);
  if (driver->queue_size)
    props_add_uint(props, "queue-size", driver->queue_size);
  return props;
}

static Props *translate_floppy(const Disk *disk, Plan *plan)
{
  guint32 unit = disk->device.address.drive.unit;
  Props *props = props_new("driver", "floppy");

  props_add_uint(props, "unit", unit);
  if (disk->device.boot_index) /* a property of the controller, which is often built in */
    plan_add_format(plan, PLAN_BOTH, "-global", "isa-fdc.bootindex%c=%u", 'A' + (int)unit,
                    disk->device.boot_index);
  return props;
}

static Props *translate_bus(const Domain *domain, const Disk *disk, Plan *plan)
{
  switch (disk->bus) {
  case DISK_BUS_FDC:
    return translate_floppy(disk, plan);
  case DISK_BUS_IDE:
    return translate_ide(disk);
  case DISK_BUS_SATA:
    return translate_sata(domain, disk);
  case DISK_BUS_SCSI:
    return translate_scsi(domain, disk);
  case DISK_BUS_USB:
    return props_new("driver", "usb-storage");
  case DISK_BUS_VIRTIO:
    return translate_virtio(domain, disk);
  case DISK_BUS_DEFAULT:
  case DISK_BUS_SD: /* the board has the device */
  case DISK_BUS_XEN:
  case DISK_BUS_LAST:
    break;
  }
  g_assert_not_reached();
}

/* Reads fail as writes do, unless the document says otherwise; running out of space is an error of writes
 * alone. */
static void add_error_policies(const DiskDriver *driver, Props *props)
{
  DiskErrorPolicy reads = driver->rerror_policy;

  if (reads == DISK_ERROR_DEFAULT && driver->error_policy != DISK_ERROR_ENOSPACE)
    reads = driver->error_policy;
  props_add_string(props, "werror", enum_to_string(&disk_error_table, (int)driver->error_policy));
  props_add_string(props, "rerror", enum_to_string(&disk_error_table, (int)reads));
}

static void add_labels(const Disk *disk, Props *props)
{
  if (disk->wwn)
    props_add_uint(props, "wwn", disk->wwn);
  props_add_string(props, "vendor", disk->vendor);
  props_add_string(props, disk->bus == DISK_BUS_SCSI ? "product" : "model", disk->product);
  props_add_string(props, "serial", disk->serial);
  if (disk->logical_block_size)
    props_add_uint(props, "logical_block_size", disk->logical_block_size);
  if (disk->physical_block_size)
    props_add_uint(props, "physical_block_size", disk->physical_block_size);
  if (disk->has_discard_granularity)
    props_add_uint(props, "discard_granularity", disk->discard_granularity);
}

static void add_geometry(const DiskGeometry *geometry, Props *props)
{
  if (geometry->cylinders) {
    props_add_uint(props, "cyls", geometry->cylinders);
    props_add_uint(props, "heads", geometry->heads);
    props_add_uint(props, "secs", geometry->sectors);
  }
  props_add_string(props, "bios-chs-trans",
                   enum_to_string(&disk_translation_driver_table, (int)geometry->translation));
}

static gboolean writes_through(const Disk *disk)
{
  return disk->driver.cache == DISK_CACHE_WRITETHROUGH || disk->driver.cache == DISK_CACHE_DIRECTSYNC;
}

static void add_write_cache(const Disk *disk, Props *props)
{
  DiskCache cache = disk->driver.cache;

  if (cache != DISK_CACHE_DEFAULT && disk->bus != DISK_BUS_FDC && disk->kind != DISK_DEVICE_LUN)
    props_add_string(props, "write-cache", writes_through(disk) ? "off" : "on");
}

/* The other program has the image: QEMU connects to it. */
static gboolean translate_vhostuser(const Domain *domain, const Disk *disk, Plan *plan)
{
  const DiskSource *source = &disk->image.source;
  const Device *device = &disk->device;
  Props *chardev = props_new(/* key= */ NULL, "socket");
  Props *props = translate_virtio(domain, disk);

  props_add_format(chardev, "id", "disk-%u-socket", device->index);
  props_add_string(chardev, "path", source->path);
  if (source->reconnect)
    props_add_uint(chardev, "reconnect", source->reconnect);
  plan_add_keyval(plan, PLAN_BOTH, "-chardev", chardev);
  plan_require(plan, PLAN_REQUIRE_SOCKET, &source->place, "path", source->path);
  controller_add_address(domain, device, props);
  props_add_format(props, "chardev", "disk-%u-socket", device->index);
  props_add_string(props, "id", device->alias);
  if (device->boot_index)
    props_add_uint(props, "bootindex", device->boot_index);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}

/* Only -drive reaches the board's socket. */
static void translate_card(const Domain *domain, const Disk *disk, Plan *plan)
{
  Props *drive = props_new("if", "sd");
  g_autofree char *node = disk_images_translate(domain, disk, plan);

  props_add_uint(drive, "index", disk->target_index);
  props_add_string(drive, "id", disk->device.alias);
  if (writes_through(disk))
    props_add_string(drive, "cache.writeback", "off");
  disk_images_add(domain, disk, node, drive, plan);
  plan_add_keyval(plan, PLAN_BOTH, "-drive", drive);
}

/* QEMU drives an NVMe controller by itself, with VFIO. */
static void require_controllers(const Domain *domain, const Disk *disk, Plan *plan)
{
  for (guint i = 0; i <= disk->backing->len; i++) {
    const DiskImage *image = i == 0 ? &disk->image : &g_array_index(disk->backing, DiskImage, i - 1);

    if (image->source.type == DISK_TYPE_NVME)
      host_pci_translate(domain, &image->source.nvme, disk->device.alias, plan);
  }
}

gboolean disk_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Disk *disk = (const Disk *)device;
  g_autofree char *drive = NULL;
  Props *props;

  disk_iotune_translate(domain, disk, plan); /* which other disks may share */
  if (disk->is_left_out)
    return TRUE;
  if (disk->image.source.type == DISK_TYPE_VHOSTUSER)
    return translate_vhostuser(domain, disk, plan);
  require_controllers(domain, disk, plan);
  if (disk->bus == DISK_BUS_SD) {
    translate_card(domain, disk, plan);
    return TRUE;
  }
  if (disk->image.source.is_there)
    drive = disk_images_translate(domain, disk, plan);
  props = translate_bus(domain, disk, plan);
  controller_add_address(domain, device, props);
  props_add_string(props, "drive", drive);
  props_add_string(props, "id", device->alias);
  if (disk->is_shareable)
    props_add_bool(props, "share-rw", TRUE);
  if (device->boot_index && disk->bus != DISK_BUS_FDC)
    props_add_uint(props, "bootindex", device->boot_index);
  if (disk->bus == DISK_BUS_USB)
    props_add_bool(props, "removable", disk->removable == FEATURE_ON);
  add_write_cache(disk, props);
  add_labels(disk, props);
  add_geometry(&disk->geometry, props);
  feature_state_add(props, "dpofua", disk->driver.dpofua);
  if (disk->rotation_rate)
    props_add_uint(props, "rotation_rate", disk->rotation_rate);
  add_error_policies(&disk->driver, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
