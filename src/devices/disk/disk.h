/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <disk>: hard disks, CD-ROM and floppy drives.
 * https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
 *
 * disk.c reads and checks the element, driver.c its <driver>, iotune.c its <iotune>, source.c its <source>,
 * backing.c its <backingStore>; target.c says what the target's name means: bus, order, place on the bus.
 * image-qemu.c makes the block nodes, disk-qemu.c the device.
 */
#pragma once

#include "base/enum.h"
#include "devices/disk/source.h"
#include "devices/virtio.h"
#include "domain/device.h"
#include "domain/throttle.h"
#include "domain/feature-state.h"
#include "domain/iothread-mapping.h"

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
  DISK_BUS_SD, /* the board's own socket for a card */
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

extern const EnumTable disk_device_table;
extern const EnumTable disk_bus_table;
extern const EnumTable disk_model_table;
extern const EnumTable disk_cache_table;
extern const EnumTable disk_io_table;
extern const EnumTable disk_error_policy_table;
extern const EnumTable disk_discard_table;
extern const EnumTable disk_detect_zeroes_table;
extern const EnumTable disk_translation_table;

/* <driver> */
typedef struct {
  Place place;
  DiskCache cache;
  DiskIo io;
  DiskErrorPolicy error_policy; /* of writes, and of reads where the next is not given */
  DiskErrorPolicy rerror_policy;
  DiskDiscard discard;
  FeatureState discard_no_unref; /* qcow2: what is discarded keeps its place in the file */
  FeatureState dpofua;           /* scsi: the guest may say of one write that it is to reach the disk */
  DiskDetectZeroes detect_zeroes;
  FeatureState copy_on_read;
  FeatureState ioeventfd; /* this and the following: of virtio alone */
  FeatureState event_idx;
  VirtioOptions virtio;
  guint32 queues; /* 0: QEMU's own number, as the next */
  guint32 queue_size;
  guint32 iothread; /* 0: none */
  IothreadMapping threads;
} DiskDriver;

typedef enum {
  DISK_TRANSLATION_DEFAULT,
  DISK_TRANSLATION_NONE,
  DISK_TRANSLATION_AUTO,
  DISK_TRANSLATION_LBA,
  DISK_TRANSLATION_LAST,
} DiskTranslation;

/* <geometry>: what the guest's BIOS is told. */
typedef struct {
  Place place;
  guint32 cylinders, heads, sectors; /* 0: QEMU's own */
  DiskTranslation translation;
} DiskGeometry;

/* <iotune>: how much of a disk the guest may use in a second. Disks of one group share their limits. */
typedef struct {
  Place place;
  ThrottleLimits own; /* what the element says; those of a group are disk_iotune_limits() */
  const char *group;  /* NULL: the disk's alone */
} DiskIotune;

/* <throttlefilter>: a group of the document's that every request passes. */
typedef struct {
  const char *group;
  guint number; /* of the group, from 1; completed */
  Place place;
} DiskFilter;

struct Disk {
  Device device;
  DiskDevice kind;
  DiskModel model;
  DiskDriver driver;
  DiskImage image;
  const char *target; /* "hda" */
  guint target_index; /* its letters as a number: 0 for a */
  guint bus_order;    /* of its bus among those that the disks are on, from 1; set by disk_sort() */
  Place target_place;
  DiskBus bus;
  FeatureState removable; /* usb */
  gboolean is_tray_open;
  gboolean is_readonly;
  gboolean is_shareable;
  gboolean is_transient;   /* what the guest writes is thrown away */
  gboolean is_left_out;    /* its file is not there, and the document allows that */
  GArray *backing;         /* of DiskImage, the one right under the disk's own first; may be empty */
  gboolean is_chain_ended; /* nothing is under the last of these, whatever its header says */
  const char *serial;      /* or NULL, as what follows */
  const char *vendor;
  const char *product;
  guint64 wwn;                /* 0: none */
  guint32 logical_block_size; /* 0: QEMU's own, as the next */
  guint32 physical_block_size;
  gboolean has_discard_granularity;
  guint32 discard_granularity; /* bytes */
  guint32 rotation_rate;       /* in a minute; 1: it does not rotate; 0: QEMU's own */
  DiskGeometry geometry;
  DiskIotune iotune;
  GArray *filters; /* of DiskFilter, the one right above the image first; NULL: none */
};

extern const DeviceRoom disk_room;

/* Reads <driver>, and with it the format. */
gboolean disk_driver_parse(struct _xmlNode *node, Disk *disk, GError **error);
gboolean disk_driver_validate(const Domain *domain, const Disk *disk, GError **error);

/* Whether an image of the format can be written over another. */
gboolean disk_format_has_backing(DiskFormat format);

/* Reads <backingStore>, once <driver> and <source> were read. */
gboolean disk_backing_parse(struct _xmlNode *disk_node, Disk *disk, GError **error);
gboolean disk_backing_validate(const Disk *disk, GError **error);

/* ssh.c: refuses an agent that is not that of the other disks. */
gboolean disk_ssh_validate(const Domain *domain, const Disk *disk, GError **error);

/* Reads <throttlefilters>. */
gboolean disk_filters_parse(struct _xmlNode *node, Disk *disk, GError **error);
gboolean disk_filters_complete(const Domain *domain, Disk *disk, GError **error);

/* Adds a node for each over @under, "disk-0-format". Returns the name of the last, which the caller frees. */
char *disk_filters_translate(const Disk *disk, const char *under, Plan *plan);

/* Reads <iotune> of @disk. */
gboolean disk_iotune_parse(struct _xmlNode *disk, DiskIotune *iotune, GError **error);
gboolean disk_iotune_validate(const Domain *domain, const Disk *disk, GError **error);

/* Whether anything of the disk is limited, and what: its own limits, or those of its group. */
gboolean disk_iotune_is_set(const Domain *domain, const Disk *disk);
const ThrottleLimits *disk_iotune_limits(const Domain *domain, const Disk *disk);

/* The disk by whose number the group is named: the first of it, or itself. */
const Disk *disk_iotune_owner(const Domain *domain, const Disk *disk);

/* Adds the group, where the disk is the first of it. */
void disk_iotune_translate(const Domain *domain, const Disk *disk, Plan *plan);

/* Adds the node that limits @drive, "PREFIX-throttle". */
void disk_iotune_filter(const Domain *domain, const Disk *disk, const char *drive, Plan *plan);

/* The same for a drive that is not made by -blockdev. */
void disk_iotune_add(const Domain *domain, const Disk *disk, Props *drive);

/* vhostuser.c: what a disk that is another program's cannot have. */
gboolean disk_vhostuser_validate(const Domain *domain, const Disk *disk, GError **error);

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

/* Adds the block nodes of a disk that is not empty; the name of the one that the device gets, which the
 * caller frees. An SD card has no overlay among them: its -drive makes that. */
char *disk_images_translate(const Domain *domain, const Disk *disk, Plan *plan);

/* Puts @drive over the node @top, with an overlay and its limits where the disk is transient. */
void disk_images_add(const Domain *domain, const Disk *disk, const char *top, Props *drive, Plan *plan);

gboolean disk_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);

/* The path of the first hard disk, or NULL. */
const char *disk_first(const Domain *domain);
