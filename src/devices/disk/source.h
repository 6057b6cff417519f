/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <source>: where the bytes of an image are. The disk itself has one, and so has each <backingStore>.
 * https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
 *
 * source.c says what the element means, source-qemu.c what QEMU's lowest block node is.
 */
#pragma once

#include "base/enum.h"
#include "devices/disk/encryption.h"
#include "devices/disk/network.h"
#include "devices/host-pci.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Disk Disk;
typedef struct Domain Domain;

typedef enum {
  DISK_TYPE_FILE,
  DISK_TYPE_BLOCK,
  DISK_TYPE_DIR,       /* QEMU shows a directory as a FAT file system */
  DISK_TYPE_NETWORK,   /* on a server: network.h */
  DISK_TYPE_NVME,      /* a namespace of a controller that no driver of the host has */
  DISK_TYPE_VHOSTUSER, /* another program is the disk, on a UNIX socket */
  DISK_TYPE_VHOSTVDPA, /* hardware that speaks virtio is the disk, behind a character device of the kernel's
                        */
  DISK_TYPE_VOLUME,    /* of a pool; a file or a device once it is found */
  DISK_TYPE_LAST,
} DiskType;

typedef enum {
  DISK_FORMAT_RAW, /* also where the document says nothing: what is in an image is never trusted to name its
                      format */
  DISK_FORMAT_BOCHS,
  DISK_FORMAT_CLOOP,
  DISK_FORMAT_DMG,
  DISK_FORMAT_FAT, /* of a directory, and there only */
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

/* What becomes of the disk where its file is not there. */
typedef enum {
  DISK_STARTUP_MANDATORY,
  DISK_STARTUP_REQUISITE, /* at the first start as mandatory; there is no other here */
  DISK_STARTUP_OPTIONAL,  /* dropped: a drive is empty, a disk is not there */
  DISK_STARTUP_LAST,
} DiskStartup;

extern const EnumTable disk_type_table;
extern const EnumTable disk_format_table;
extern const EnumTable disk_startup_table;

/* <reservations>: SCSI-3 persistent reservations go to the device through a helper, qemu-pr-helper. */
typedef struct {
  gboolean is_given;
  const char *path; /* of the helper's socket, absolute, or a literal */
  Place place;
} DiskReservations;

typedef struct DiskSource DiskSource;

struct DiskSource {
  DiskType type;
  Place place;               /* of the element, or of its parent where there is none */
  gboolean is_there;         /* FALSE: an empty drive */
  const char *path;          /* FILE, BLOCK, DIR, VHOSTVDPA: absolute */
  const char *pool, *volume; /* where the document has these, or NULL */
  gboolean is_pool_unknown;
  guint32 reconnect; /* VHOSTUSER: seconds between two attempts; 0: a connection that is lost stays lost */
  DiskStartup startup;
  DiskReservations reservations;
  DiskNetwork *network;     /* NETWORK */
  HostPci nvme;             /* NVME: the controller, */
  guint32 nvme_namespace;   /* and which of its namespaces, from 1 */
  PlanCloudInit cloud_init; /* FILE: it is made for the start; else its instance is NULL */
  gboolean is_floppy;       /* DIR: it is of the size of a floppy disk */
  DiskEncryption encryption;
  gboolean has_label; /* <seclabel> wants the file to get another label */
  Place label_place;
  gboolean has_slice; /* the image is only a part of the file */
  guint64 slice_offset, slice_size;
  DiskSource *data; /* of an image that has its data elsewhere; NULL: it has it itself, or says where it is */
};

/* An image: its own bytes, and what they mean. */
typedef struct {
  DiskFormat format;
  DiskSource source;
  guint64 metadata_cache; /* bytes at most, of qcow2; 0: QEMU's own */
  Place metadata_cache_place;
} DiskImage;

/* The attribute of <source> that says most: the path, or the kind of what has none. */
const char *disk_source_attribute(const DiskSource *source);

/* Reads <source>, whose type is @ret_source->type already. @may_be_empty: it may name nothing. */
gboolean disk_source_parse(struct _xmlNode *node, gboolean may_be_empty, DiskSource *ret_source,
                           GError **error);

/* Reads <auth> and <encryption> of <disk>, where they were before <source> had them. */
gboolean disk_source_parse_old(struct _xmlNode *disk, DiskSource *source, GError **error);

/* data-store.c: reads <dataStore> of @source; *@ret_data is the caller's, whatever comes of it. */
gboolean disk_data_store_parse(struct _xmlNode *source, DiskSource **ret_data, GError **error);
gboolean disk_data_store_validate(const DiskImage *image, GError **error);

/* Finds what is known beside the document. */
void disk_source_complete(const Domain *domain, DiskSource *source);

/* Refuses what the format cannot be of. */
gboolean disk_image_validate(const DiskImage *image, const Place *format_place, GError **error);

/* Reads <metadata_cache> of @node, <driver> or <format>. */
gboolean disk_metadata_cache_parse(struct _xmlNode *node, DiskImage *image, GError **error);

/* The block node that has the bytes, without name and cache. The names of objects that it needs begin with
 * @prefix; @aio, which may be NULL, is how QEMU reads files. */
Props *disk_source_translate(const DiskSource *source, const char *prefix, const char *aio, Plan *plan);

/* Makes it that of an empty drive, and frees what it owns. */
void disk_source_clear(DiskSource *source);

/* What names the same bytes as another source of the same text; NULL where nobody can tell. The caller frees
 * it. */
char *disk_source_identity(const DiskSource *source);
