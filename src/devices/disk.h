/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <disk>: hard disks and CD-ROM drives.
 * https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
 */
#pragma once

#include "base/enum.h"
#include "devices/device.h"

typedef enum {
  DISK_DEVICE_DISK,
  DISK_DEVICE_CDROM,
  DISK_DEVICE_LAST,
} DiskDevice;

typedef enum {
  DISK_BUS_DEFAULT, /* completed from the target's name */
  DISK_BUS_IDE,
  DISK_BUS_VIRTIO,
  DISK_BUS_LAST,
} DiskBus;

typedef enum {
  DISK_FORMAT_RAW, /* also where the document says nothing: what is in an image is never trusted to name its
                      format */
  DISK_FORMAT_QCOW2,
  DISK_FORMAT_LAST,
} DiskFormat;

typedef enum {
  DISK_TYPE_FILE,
  DISK_TYPE_LAST,
} DiskType;

extern const EnumTable disk_device_table;
extern const EnumTable disk_bus_table;
extern const EnumTable disk_format_table;
extern const EnumTable disk_type_table;

typedef struct {
  Device device;
  DiskType type;
  DiskDevice kind;
  DiskFormat format;
  const char *source; /* absolute path; NULL: an empty drive */
  Place source_place;
  const char *target; /* "hda" */
  guint target_index; /* its letters as a number: 0 for a */
  Place target_place;
  DiskBus bus;
  gboolean is_readonly;
  guint index; /* among the disks, from 0 */
} Disk;

extern const DeviceRoom disk_room;

gboolean disk_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
