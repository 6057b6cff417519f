/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <filesystem>: a directory of the host that the guest mounts, by 9p or mtp (USB), which QEMU serves
 * itself, or by virtiofs, which virtiofsd serves. https://libvirt.org/formatdomain.html#filesystems; QEMU's
 * manual, -fsdev local; virtiofsd(1).
 */
#pragma once

#include "base/enum.h"
#include "devices/virtio.h"
#include "domain/device.h"

typedef enum {
  FILESYSTEM_MOUNT,
  FILESYSTEM_TEMPLATE, /* this and those below are for containers */
  FILESYSTEM_FILE,
  FILESYSTEM_BLOCK,
  FILESYSTEM_RAM,
  FILESYSTEM_BIND,
  FILESYSTEM_MTP,
  FILESYSTEM_TYPE_LAST,
} FilesystemType;

typedef enum {
  FILESYSTEM_PATH, /* 9p */
  FILESYSTEM_HANDLE,
  FILESYSTEM_VIRTIOFS,
  FILESYSTEM_LOOP, /* this and those below are for containers */
  FILESYSTEM_NBD,
  FILESYSTEM_PLOOP,
  FILESYSTEM_DRIVER_MTP,
  FILESYSTEM_DRIVER_LAST,
} FilesystemDriver;

/* Whose the guest's files are on the host. */
typedef enum {
  FILESYSTEM_ACCESS_DEFAULT, /* passthrough, once completed */
  FILESYSTEM_PASSTHROUGH,    /* the guest's users' */
  FILESYSTEM_MAPPED,         /* QEMU's, with the guest's owner and mode beside them */
  FILESYSTEM_SQUASH,         /* the guest's users', where QEMU may; else QEMU's */
  FILESYSTEM_ACCESS_LAST,
} FilesystemAccess;

typedef enum {
  FILESYSTEM_MODEL_DEFAULT,
  FILESYSTEM_VIRTIO,
  FILESYSTEM_VIRTIO_TRANSITIONAL,
  FILESYSTEM_VIRTIO_NON_TRANSITIONAL,
  FILESYSTEM_MODEL_LAST,
} FilesystemModel;

/* What comes of files of several file systems, whose numbers may be the same. */
typedef enum {
  FILESYSTEM_MULTIDEVS_NONE,
  FILESYSTEM_MULTIDEVS_DEFAULT,
  FILESYSTEM_MULTIDEVS_REMAP,
  FILESYSTEM_MULTIDEVS_FORBID,
  FILESYSTEM_MULTIDEVS_WARN,
  FILESYSTEM_MULTIDEVS_LAST,
} FilesystemMultidevs;

typedef enum {
  FILESYSTEM_CACHE_DEFAULT,
  FILESYSTEM_CACHE_NONE,
  FILESYSTEM_CACHE_ALWAYS,
  FILESYSTEM_CACHE_LAST,
} FilesystemCache;

typedef enum {
  FILESYSTEM_SANDBOX_DEFAULT,
  FILESYSTEM_SANDBOX_NAMESPACE,
  FILESYSTEM_SANDBOX_CHROOT,
  FILESYSTEM_SANDBOX_LAST,
} FilesystemSandbox;

extern const EnumTable filesystem_type_table;
extern const EnumTable filesystem_driver_table;
extern const EnumTable filesystem_access_table;
extern const EnumTable filesystem_model_table;
extern const EnumTable filesystem_multidevs_table;
extern const EnumTable filesystem_cache_table;
extern const EnumTable filesystem_sandbox_table;

/* No mode was given. */
enum { FILESYSTEM_MODE_NONE = -1 };

/* Strings belong to the document. */
typedef struct {
  Device device;
  FilesystemType type;
  FilesystemDriver driver;
  FilesystemAccess access;
  FilesystemModel model;
  FilesystemMultidevs multidevs;
  int file_mode, directory_mode; /* of what the guest makes; MAPPED */
  gboolean is_immediate;         /* what it writes is on the host's disk at once */
  gboolean is_readonly;
  const char *path;   /* the directory, absolute */
  const char *socket; /* VIRTIOFS: of a virtiofsd that somebody else has started, absolute; or NULL */
  const char *tag;    /* by which the guest knows it */
  guint32 queue_size; /* VIRTIOFS: 0: QEMU's */
  Place driver_place, source_place, target_place, binary_place;
  gboolean has_binary, has_idmap; /* the document has them */
  VirtioOptions options;
  PlanVirtiofsd plan;      /* VIRTIOFS */
  const char *own_socket;  /* VIRTIOFS: on which one would have virtiofsd listen oneself, absolute */
  const char *own_command; /* and how */
} Filesystem;

extern const DeviceRoom filesystem_room;

gboolean filesystem_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
