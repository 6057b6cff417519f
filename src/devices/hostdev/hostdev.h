/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <hostdev>: a device of the host that the guest gets as it is.
 * https://libvirt.org/formatdomain.html#host-device-assignment
 *
 * source.c reads what it is on the host, place.c finds what is on a SCSI bus its place.
 */
#pragma once

#include "devices/disk/network.h"
#include "devices/host-pci.h"
#include "devices/rom.h"
#include "domain/device.h"
#include "domain/feature-state.h"

typedef enum {
  HOSTDEV_PCI,
  HOSTDEV_USB,
  HOSTDEV_SCSI,      /* a unit of the host's, or of an iSCSI server */
  HOSTDEV_SCSI_HOST, /* a target of the kernel's own (vhost-scsi) */
  HOSTDEV_MDEV,      /* a part of a device that its driver has divided */
  HOSTDEV_LAST,
} HostdevType;

extern const EnumTable hostdev_type_table;

typedef enum {
  HOSTDEV_STARTUP_MANDATORY, /* as is REQUISITE where nothing is migrated */
  HOSTDEV_STARTUP_REQUISITE,
  HOSTDEV_STARTUP_OPTIONAL, /* the guest starts without it */
  HOSTDEV_STARTUP_LAST,
} HostdevStartup;

extern const EnumTable hostdev_startup_table;

/* What a reset by the guest does to a USB device. */
typedef enum {
  HOSTDEV_RESET_DEFAULT, /* QEMU's own: as ON */
  HOSTDEV_RESET_OFF,
  HOSTDEV_RESET_UNINITIALIZED, /* it is reset, unless it is set up already */
  HOSTDEV_RESET_ON,
  HOSTDEV_RESET_LAST,
} HostdevReset;

extern const EnumTable hostdev_reset_table;

typedef enum {
  HOSTDEV_MODEL_DEFAULT,
  HOSTDEV_MODEL_VFIO_PCI, /* MDEV, as the next two */
  HOSTDEV_MODEL_VFIO_CCW,
  HOSTDEV_MODEL_VFIO_AP,
  HOSTDEV_MODEL_VIRTIO, /* SCSI_HOST, as the next two */
  HOSTDEV_MODEL_VIRTIO_TRANSITIONAL,
  HOSTDEV_MODEL_VIRTIO_NON_TRANSITIONAL,
  HOSTDEV_MODEL_LAST,
} HostdevModel;

extern const EnumTable hostdev_model_table;

typedef struct {
  gboolean has_id;
  guint32 vendor, product;
  guint32 bus, device; /* 0: not given */
  const char *path;    /* of its node, where nothing but its place is given; or NULL */
  const char *name;    /* for messages */
  HostdevStartup startup;
  gboolean is_absent; /* it is optional, and not there */
  HostdevReset reset;
} HostdevUsb;

typedef struct {
  const char *name;     /* "0:0:4:8": host, bus, target, unit; NULL: @network */
  const char *path;     /* of its node, which is what the host calls it */
  const char *unknown;  /* that nobody could ask the host, in words; NULL: it is known */
  DiskNetwork *network; /* owned */
  gboolean is_readonly;
  gboolean is_shareable;
} HostdevScsi;

typedef struct {
  Device device;
  HostdevType type;
  HostdevModel model;
  Place model_place;
  Place source_place;
  gboolean is_of_kvm; /* PCI: the document wants a driver that is gone */
  Place driver_place;
  HostPci pci; /* that of @type has a meaning */
  HostdevUsb usb;
  HostdevScsi scsi;
  const char *wwpn; /* SCSI_HOST */
  const char *uuid; /* MDEV, lower case */
  const char *mdev_path;
  FeatureState display; /* PCI, MDEV: as the next */
  FeatureState ramfb;
  Rom rom;       /* PCI */
  GArray *nodes; /* PCI, MDEV: of guint32, NUMA cells of the guest that are the device's; NULL: none */
  Place nodes_place;
  const char *standby; /* PCI: the alias of the interface that has its part when it is away; or NULL */
  Place teaming_place;
} Hostdev;

extern const DeviceRoom hostdev_room;

/* ---- source.c ---- */

/* Reads <source>. After the type is known. */
gboolean hostdev_source_parse(struct _xmlNode *node, Hostdev *hostdev, GError **error);

/* Two hostdevs of the same thing are refused, or an interface and one. */
gboolean hostdev_source_validate(const Domain *domain, const Hostdev *hostdev, GError **error);

/* Sets the aliases of these devices, and before them those of interfaces that are devices of the host, as
 * libvirt numbers them. When all are complete. */
void hostdev_set_aliases(Domain *domain);

/* ---- place.c ---- */

/* Adds the controllers of the addresses of SCSI devices, the first for those without one, where the document
 * has none of that index. */
void hostdev_imply_controllers(Domain *domain);

/* Gives SCSI devices the places that disks leave, on controllers that are added where there is none. When all
 * disks have theirs. */
gboolean hostdev_place_all(Domain *domain, GError **error);

gboolean hostdev_place_validate(const Domain *domain, const Hostdev *hostdev, GError **error);

/* ---- hostdev-qemu.c ---- */

gboolean hostdev_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
