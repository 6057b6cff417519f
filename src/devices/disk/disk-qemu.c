/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk is two block nodes, the file and the format on it, and the device; two more for each backing file,
 * which come first, the lowest one first. The nodes are named by the disk's number: QEMU allows them 31
 * bytes, and an alias may be longer.
 */
#include "config.h"

#include "devices/controller.h"
#include "devices/disk/disk.h"
#include "domain/domain.h"

ENUM_TABLE(
    disk_format_driver_table,
    DISK_FORMAT_LAST, [DISK_FORMAT_RAW] = "raw", [DISK_FORMAT_BOCHS] = "bochs", [DISK_FORMAT_CLOOP] = "cloop",
    [DISK_FORMAT_DMG] = "dmg", [DISK_FORMAT_PARALLELS] = "parallels", [DISK_FORMAT_QCOW] = "qcow",
    [DISK_FORMAT_QCOW2] = "qcow2", [DISK_FORMAT_QED] = "qed", [DISK_FORMAT_VDI] = "vdi",
    [DISK_FORMAT_VHDX] = "vhdx", [DISK_FORMAT_VMDK] = "vmdk", [DISK_FORMAT_VPC] = "vpc");
ENUM_TABLE(
    disk_aio_table,
    DISK_IO_LAST, [DISK_IO_THREADS] = "threads", [DISK_IO_NATIVE] = "native", [DISK_IO_URING] = "io_uring");
ENUM_TABLE(disk_error_table, DISK_ERROR_LAST, [DISK_ERROR_STOP] = "stop", [DISK_ERROR_REPORT] = "report",
           [DISK_ERROR_IGNORE] = "ignore", [DISK_ERROR_ENOSPACE] = "enospc");
ENUM_TABLE(disk_discard_driver_table,
           DISK_DISCARD_LAST, [DISK_DISCARD_UNMAP] = "unmap", [DISK_DISCARD_IGNORE] = "ignore");
ENUM_TABLE(
    disk_zeroes_table,
    DISK_ZEROES_LAST, [DISK_ZEROES_OFF] = "off", [DISK_ZEROES_ON] = "on", [DISK_ZEROES_UNMAP] = "unmap");
ENUM_TABLE(disk_virtio_driver_table,
           DISK_MODEL_LAST, [DISK_MODEL_DEFAULT] = "virtio-blk-pci", [DISK_MODEL_VIRTIO] = "virtio-blk-pci",
           [DISK_MODEL_VIRTIO_TRANSITIONAL] = "virtio-blk-pci-transitional",
           [DISK_MODEL_VIRTIO_NON_TRANSITIONAL] = "virtio-blk-pci-non-transitional");

/* What a cache mode is made of (QEMU's manual, -drive cache=). */
typedef struct {
  gboolean is_direct;    /* past the host's page cache */
  gboolean has_no_flush; /* the guest's flushes are ignored */
  gboolean has_write_cache;
} CacheMode;

static const CacheMode cache_modes[DISK_CACHE_LAST] = {
  [DISK_CACHE_NONE] = { TRUE, FALSE, TRUE },       [DISK_CACHE_WRITETHROUGH] = { FALSE, FALSE, FALSE },
  [DISK_CACHE_WRITEBACK] = { FALSE, FALSE, TRUE }, [DISK_CACHE_DIRECTSYNC] = { TRUE, FALSE, FALSE },
  [DISK_CACHE_UNSAFE] = { FALSE, TRUE, TRUE },
};

static void add_cache(const DiskDriver *driver, Props *node)
{
  Props *cache;

  if (driver->cache == DISK_CACHE_DEFAULT)
    return;
  cache = props_new_empty();
  props_add_bool(cache, "direct", cache_modes[driver->cache].is_direct);
  props_add_bool(cache, "no-flush", cache_modes[driver->cache].has_no_flush);
  props_add_props(node, "cache", cache);
}

/* An image of the chain: the disk's own at @depth 0, its backing file at 1, and so on. */
static DiskBacking image_at(const Disk *disk, guint depth)
{
  if (depth > 0)
    return g_array_index(disk->backing, DiskBacking, depth - 1);
  return (DiskBacking){ disk->type, disk->driver.format, disk->source, disk->source_place };
}

static void add_node_name(Props *node, const char *key, const Disk *disk, guint depth, const char *what)
{
  if (depth > 0)
    props_add_format(node, key, "disk-%u-backing-%u-%s", disk->device.index, depth, what);
  else
    props_add_format(node, key, "disk-%u-%s", disk->device.index, what);
}

static Props *translate_storage(const Disk *disk, guint depth, const DiskBacking *image)
{
  Props *storage = props_new("driver", image->type == DISK_TYPE_BLOCK ? "host_device" : "file");

  props_add_string(storage, "filename", image->source);
  props_add_string(storage, "aio", enum_to_string(&disk_aio_table, (int)disk->driver.io));
  add_node_name(storage, "node-name", disk, depth, "storage");
  add_cache(&disk->driver, storage);
  props_add_bool(storage, "auto-read-only", TRUE);
  props_add_string(storage, "discard", "unmap");
  return storage;
}

/* Zeroes become holes only where discarding is allowed. */
static const char *detect_zeroes_of(const DiskDriver *driver)
{
  if (driver->detect_zeroes == DISK_ZEROES_UNMAP && driver->discard != DISK_DISCARD_UNMAP)
    return enum_to_string(&disk_zeroes_table, DISK_ZEROES_ON);
  return enum_to_string(&disk_zeroes_table, (int)driver->detect_zeroes);
}

/* What is under an image: the next of the chain, or nothing, or what its header says. */
static void add_backing(const Disk *disk, guint depth, DiskFormat format, Props *node)
{
  if (depth < disk->backing->len)
    add_node_name(node, "backing", disk, depth + 1, "format");
  else if (disk->is_chain_ended && disk_format_has_backing(format))
    props_add_null(node, "backing");
}

/* What <driver> says holds for the whole chain, but for the detection of zeroes: libvirt has it so. */
static Props *translate_format(const Disk *disk, guint depth, const DiskBacking *image)
{
  const DiskDriver *driver = &disk->driver;
  Props *format = props_new("driver", enum_to_string(&disk_format_driver_table, (int)image->format));

  add_node_name(format, "node-name", disk, depth, "format");
  props_add_bool(format, "read-only", depth > 0 || disk->is_readonly);
  props_add_string(format, "discard", enum_to_string(&disk_discard_driver_table, (int)driver->discard));
  if (depth == 0)
    props_add_string(format, "detect-zeroes", detect_zeroes_of(driver));
  add_cache(driver, format);
  add_node_name(format, "file", disk, depth, "storage");
  add_backing(disk, depth, image->format, format);
  return format;
}

static void translate_image(const Disk *disk, guint depth, Plan *plan)
{
  gboolean is_read = depth > 0 || disk->is_readonly;
  DiskBacking image = image_at(disk, depth);
  PlanRequirement *requirement;

  plan_add_json(plan, PLAN_BOTH, "-blockdev", translate_storage(disk, depth, &image));
  plan_add_json(plan, PLAN_BOTH, "-blockdev", translate_format(disk, depth, &image));
  requirement = plan_require(plan, is_read ? PLAN_REQUIRE_READ : PLAN_REQUIRE_WRITE, &image.place,
                             disk_source_attribute(image.type), image.source);
  requirement->is_shared = depth == 0 && disk->is_shareable;
  requirement->format = enum_to_string(&disk_format_driver_table, (int)image.format);
  requirement->has_own_chain = depth < disk->backing->len || disk->is_chain_ended;
}

static void translate_source(const Disk *disk, Plan *plan)
{
  for (guint depth = disk->backing->len + 1; depth > 0; depth--)
    translate_image(disk, depth - 1, plan);
  if (disk->driver.copy_on_read == DISK_SWITCH_ON) {
    Props *copy = props_new("driver", "copy-on-read");

    props_add_format(copy, "node-name", "disk-%u-copy", disk->device.index);
    props_add_format(copy, "file", "disk-%u-format", disk->device.index);
    props_add_string(copy, "discard", "unmap");
    plan_add_json(plan, PLAN_BOTH, "-blockdev", copy);
  }
}

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
  Props *props = props_new("driver", enum_to_string(&disk_virtio_driver_table, (int)disk->model));
  const DiskDriver *driver = &disk->driver;

  if (driver->ioeventfd != DISK_SWITCH_DEFAULT)
    props_add_bool(props, "ioeventfd", driver->ioeventfd == DISK_SWITCH_ON);
  if (driver->event_idx != DISK_SWITCH_DEFAULT)
    props_add_bool(props, "event_idx", driver->event_idx == DISK_SWITCH_ON);
  if (driver->queues)
    props_add_uint(props, "num-queues", driver->queues);
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
  props_add_string(props, "product", disk->product);
  props_add_string(props, "serial", disk->serial);
  if (disk->logical_block_size)
    props_add_uint(props, "logical_block_size", disk->logical_block_size);
  if (disk->physical_block_size)
    props_add_uint(props, "physical_block_size", disk->physical_block_size);
}

gboolean disk_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Disk *disk = (const Disk *)device;
  Props *props;

  if (disk->source)
    translate_source(disk, plan);
  props = translate_bus(domain, disk, plan);
  controller_add_address(domain, device, props);
  if (disk->source)
    props_add_format(props, "drive", "disk-%u-%s", disk->device.index,
                     disk->driver.copy_on_read == DISK_SWITCH_ON ? "copy" : "format");
  props_add_string(props, "id", device->alias);
  if (disk->is_shareable)
    props_add_bool(props, "share-rw", TRUE);
  if (device->boot_index && disk->bus != DISK_BUS_FDC)
    props_add_uint(props, "bootindex", device->boot_index);
  if (disk->bus == DISK_BUS_USB)
    props_add_bool(props, "removable", disk->removable == DISK_SWITCH_ON);
  if (disk->driver.cache != DISK_CACHE_DEFAULT && disk->bus != DISK_BUS_FDC && disk->kind != DISK_DEVICE_LUN)
    props_add_string(props, "write-cache", cache_modes[disk->driver.cache].has_write_cache ? "on" : "off");
  add_labels(disk, props);
  add_error_policies(&disk->driver, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
