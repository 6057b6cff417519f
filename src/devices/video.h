/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <video>: graphics cards.
 * https://libvirt.org/formatdomain.html#video-devices
 */
#pragma once

#include "base/enum.h"
#include "devices/virtio.h"
#include "domain/device.h"

typedef enum {
  VIDEO_DEFAULT, /* completed to cirrus, libvirt's choice for x86 */
  VIDEO_VGA,
  VIDEO_CIRRUS,
  VIDEO_VMVGA,
  VIDEO_QXL,
  VIDEO_VIRTIO,
  VIDEO_BOCHS,
  VIDEO_RAMFB,
  VIDEO_NONE, /* no card, not even the one that <graphics> implies */
  VIDEO_LAST,
} VideoModel;

extern const EnumTable video_model_table;

typedef struct {
  Device device;
  VideoModel model;
  gboolean is_primary; /* the one that firmware shows itself on */
  guint32 vram;        /* KiB, a power of two; 0: the model's own number, as in what follows */
  guint32 ram;         /* qxl, KiB */
  guint32 vgamem;      /* qxl, KiB */
  guint32 vram64;      /* qxl, KiB */
  guint32 heads;       /* screens */
  guint32 x, y;        /* of the first mode; 0: not given */
  gboolean has_accel3d;
  const char *chosen;    /* virtio: the one of QEMU's that libvirt has chosen; NULL: not said */
  FeatureState edid;     /* what the screen can show is told to the guest */
  FeatureState blob;     /* virtio: what the guest draws is shared with the host, and not copied */
  VirtioOptions options; /* virtio */
  Place driver_place;    /* of <driver>, or of the device */
  Place model_place;
} Video;

extern const DeviceRoom video_room;

/* Where there is <graphics> and no <video>, adds one; and puts the primary one first. Before the devices are
 * completed. */
void video_imply(Domain *domain);

gboolean video_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
