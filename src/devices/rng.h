/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <rng>: random numbers for the guest. https://libvirt.org/formatdomain.html#random-number-generator-device;
 * QEMU's documentation, virtio-rng-pci, -object rng-random, rng-builtin and rng-egd.
 */
#pragma once

#include "base/enum.h"
#include "devices/chardev/source.h"
#include "devices/virtio.h"
#include "domain/device.h"

typedef enum {
  RNG_VIRTIO,
  RNG_VIRTIO_TRANSITIONAL,
  RNG_VIRTIO_NON_TRANSITIONAL,
  RNG_MODEL_LAST,
} RngModel;

typedef enum {
  RNG_RANDOM,  /* a file of the host's */
  RNG_EGD,     /* a daemon, by the entropy gathering daemon's protocol */
  RNG_BUILTIN, /* QEMU itself */
  RNG_BACKEND_LAST,
} RngBackend;

extern const EnumTable rng_model_table;
extern const EnumTable rng_backend_table;

typedef struct {
  Device device;
  ChardevSource source; /* EGD */
  RngModel model;
  RngBackend backend;
  const char *path; /* RANDOM: absolute */
  Place backend_place;
  guint32 bytes;  /* at most so many in @period; 0: as many as it likes */
  guint32 period; /* ms */
  VirtioOptions options;
} Rng;

extern const DeviceRoom rng_room;

gboolean rng_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
