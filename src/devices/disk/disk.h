/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <disk>: hard disks, CD-ROM and floppy drives.
 * https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
 *
 * disk.c reads and checks the element, driver.c its <driver>, backing.c its <backingStore>; target.c says
 * what the target's name means: bus, order, place on the bus.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"

typedef enum {
  DISK_TYPE_FILE,
  DISK_TYPE_BLOCK,
  DISK_TYPE_LAST,
} DiskType;

typedef enum {
  DISK_DEVICE_DISK,
  DISK_DEVICE_CDROM,
  DISK_DEVICE_FLOPPY,
  DISK_DEVICE_LUN, /* a SCSI disk of the host whose commands the guest speaks itself */
  DISK_DEVICE_LAST,
} DiskDevice;

typedef enum {
  DISK_BUS_DEFAULT, /* completed from the target's name */
  DISK_BUS_FDC,
  DISK_BUS_IDE,
  DISK_BUS_SATA,
  DISK_BUS_SCSI,
  DISK_BUS_USB,
  DISK_BUS_VIRTIO,
  DISK_BUS_XEN, /* replaced by ide, or refused */
  DISK_BUS_LAST,
} DiskBus;

typedef enum {
  DISK_MODEL_DEFAULT,
  DISK_MODEL_VIRTIO,
  DISK_MODEL_VIRTIO_TRANSITIONAL,
  DISK_MODEL_VIRTIO_NON_TRANSITIONAL,
  DISK_MODEL_LAST,
} DiskModel;

typedef enum {
  DISK_FORMAT_RAW, /* also where the document says nothing: what is in an image is never trusted to name its
                      format */
  DISK_FORMAT_BOCHS,
  DISK_FORMAT_CLOOP,
  DISK_FORMAT_DMG,
  DISK_FORMAT_PARALLELS,
  DISK_FORMAT_QCOW,
  DISK_FORMAT_QCOW2,
  DISK_FORMAT_QED,
  DISK_FORMAT_VDI,
  DISK_FORMAT_VHDX,
  DISK_FORMAT_VMDK,
  DISK_FORMAT_VPC,
  DISK_FORMAT_LAST,
} DiskFormat;

typedef enum {
  DISK_CACHE_DEFAULT, /* QEMU's own: writeback */
  DISK_CACHE_NONE,
  DISK_CACHE_WRITETHROUGH,
  DISK_CACHE_WRITEBACK,
  DISK_CACHE_DIRECTSYNC,
  DISK_CACHE_UNSAFE,
  DISK_CACHE_LAST,
} DiskCache;

typedef enum {
  DISK_IO_DEFAULT,
  DISK_IO_THREADS,
  DISK_IO_NATIVE,
  DISK_IO_URING,
  DISK_IO_LAST,
} DiskIo;

typedef enum {
  DISK_ERROR_DEFAULT,
  DISK_ERROR_STOP,
  DISK_ERROR_REPORT,
  DISK_ERROR_IGNORE,
  DISK_ERROR_ENOSPACE,
  DISK_ERROR_LAST,
} DiskErrorPolicy;

typedef enum {
  DISK_DISCARD_DEFAULT,
  DISK_DISCARD_UNMAP,
  DISK_DISCARD_IGNORE,
  DISK_DISCARD_LAST,
} DiskDiscard;

typedef enum {
  DISK_ZEROES_DEFAULT,
  DISK_ZEROES_OFF,
  DISK_ZEROES_ON,
  DISK_ZEROES_UNMAP,
  DISK_ZEROES_LAST,
} DiskDetectZeroes;

/* on, off, or not given. */
typedef enum {
  DISK_SWITCH_DEFAULT,
  DISK_SWITCH_ON,
  DISK_SWITCH_OFF,
  DISK_SWITCH_LAST,
} DiskSwitch;

extern const EnumTable disk_type_table;
extern const EnumTable disk_device_table;
extern const EnumTable disk_bus_table;
extern const EnumTable disk_model_table;
extern const EnumTable disk_format_table;
extern const EnumTable disk_cache_table;
extern const EnumTable disk_io_table;
extern const EnumTable disk_error_policy_table;
extern const EnumTable disk_discard_table;
extern const EnumTable disk_detect_zeroes_table;
extern const EnumTable disk_switch_table;

/* <driver> */
typedef struct {
  Place place;
  DiskFormat format;
  DiskCache cache;
  DiskIo io;
  DiskErrorPolicy error_policy; /* of writes, and of reads where the next is not given */
  DiskErrorPolicy rerror_policy;
  DiskDiscard discard;
  DiskDetectZeroes detect_zeroes;
  DiskSwitch copy_on_read;
  DiskSwitch ioeventfd; /* virtio only, as the next two */
  DiskSwitch event_idx;
  guint32 queues; /* 0: QEMU's own number */
} DiskDriver;

/* One <backingStore>: an image that another is written over. Never written itself. */
typedef struct {
  DiskType type;
  DiskFormat format;
  const char *source; /* absolute path */
  Place place;        /* of its <source> */
} DiskBacking;

typedef struct {
  Device device;
  DiskType type;
  DiskDevice kind;
  DiskModel model;
  DiskDriver driver;
  const char *source; /* absolute path; NULL: an empty drive */
  Place source_place;
  const char *target; /* "hda" */
  guint target_index; /* its letters as a number: 0 for a */
  guint bus_order;    /* of its bus among those that the disks are on, from 1; set by disk_sort() */
  Place target_place;
  DiskBus bus;
  DiskSwitch removable; /* usb */
  gboolean is_readonly;
  gboolean is_shareable;
  GArray *backing;         /* of DiskBacking, the one right under the disk's own image first; may be empty */
  gboolean is_chain_ended; /* nothing is under the last of these, whatever its header says */
  const char *serial;      /* or NULL, as what follows */
  const char *vendor;
  const char *product;
  guint64 wwn;                /* 0: none */
  guint32 logical_block_size; /* 0: QEMU's own, as the next */
  guint32 physical_block_size;
} Disk;

extern const DeviceRoom disk_room;

gboolean disk_driver_parse(struct _xmlNode *disk, DiskDriver *ret_driver, GError **error);
gboolean disk_driver_validate(const Disk *disk, GError **error);

/* The attribute of <source> that names the file or device. */
const char *disk_source_attribute(DiskType type);

/* Reads <source>; @ret_path is untouched where it names nothing. */
gboolean disk_source_parse(struct _xmlNode *source, DiskType type, const char **ret_path, GError **error);

/* Whether an image of the format can be written over another. */
gboolean disk_format_has_backing(DiskFormat format);

/* Reads <backingStore>, once <driver> and <source> were read. */
gboolean disk_backing_parse(struct _xmlNode *disk_node, Disk *disk, GError **error);
gboolean disk_backing_validate(const Disk *disk, GError **error);

/* Reads <target>. */
gboolean disk_target_parse(struct _xmlNode *node, Disk *disk, GError **error);

/* Gives the disk its drive address, from its target where the document has none, and the controllers it
 * needs. */
gboolean disk_target_place(Domain *domain, Disk *disk, GError **error);

/* Whether the bus tells targets from units: SCSI, but for the narrow one of lsilogic. */
gboolean disk_has_target(const Domain *domain, const Disk *disk);

/* Whether the place is one that the bus has, and free. */
gboolean disk_target_validate(const Domain *domain, const Disk *disk, GError **error);

/* Puts disks of one bus in the order of their targets, as libvirt does: the target is a hint of the order. */
void disk_sort(Domain *domain);

gboolean disk_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);

/* The path of the first hard disk, or NULL. */
const char *disk_first(const Domain *domain);
