/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk is two block nodes, the file and the format on it, and the device. The nodes are named by the disk's
 * number: QEMU allows them 31 bytes, and an alias may be longer.
 */
#include "config.h"

#include "devices/disk.h"

ENUM_TABLE(disk_driver_qemu_table,
           DISK_FORMAT_LAST, [DISK_FORMAT_RAW] = "raw", [DISK_FORMAT_QCOW2] = "qcow2");

static void translate_source(const Disk *disk, Plan *plan)
{
  Props *storage = props_new("driver", "file");
  Props *format = props_new("driver", enum_to_string(&disk_driver_qemu_table, (int)disk->format));

  props_add_string(storage, "filename", disk->source);
  props_add_format(storage, "node-name", "disk-%u-storage", disk->index);
  props_add_bool(storage, "auto-read-only", TRUE);
  props_add_string(storage, "discard", "unmap");
  plan_add_json(plan, PLAN_BOTH, "-blockdev", storage);
  props_add_format(format, "node-name", "disk-%u-format", disk->index);
  props_add_bool(format, "read-only", disk->is_readonly);
  props_add_format(format, "file", "disk-%u-storage", disk->index);
  plan_add_json(plan, PLAN_BOTH, "-blockdev", format);
  plan_require(plan, disk->is_readonly ? PLAN_REQUIRE_READ : PLAN_REQUIRE_WRITE, &disk->source_place, "file",
               disk->source);
}

static Props *translate_bus(const Disk *disk)
{
  Props *device;

  if (disk->bus == DISK_BUS_VIRTIO)
    return props_new("driver", "virtio-blk-pci");
  device = props_new("driver", disk->kind == DISK_DEVICE_CDROM ? "ide-cd" : "ide-hd");
  props_add_format(device, "bus", "ide.%u", disk->target_index / 2);
  props_add_uint(device, "unit", disk->target_index % 2);
  return device;
}

gboolean disk_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Disk *disk = (const Disk *)device;
  Props *props = translate_bus(disk);

  if (disk->source) {
    translate_source(disk, plan);
    props_add_format(props, "drive", "disk-%u-format", disk->index);
  }
  props_add_string(props, "id", device->alias);
  if (device->boot_index)
    props_add_uint(props, "bootindex", device->boot_index);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
