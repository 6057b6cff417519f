/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <crypto>: ciphers that the host computes for the guest.
 * https://libvirt.org/formatdomain.html#crypto; QEMU's documentation, -object cryptodev-backend-builtin.
 */
#pragma once

#include "base/enum.h"
#include "devices/virtio.h"
#include "domain/device.h"

typedef enum {
  CRYPTO_VIRTIO,
  CRYPTO_MODEL_LAST,
} CryptoModel;

typedef enum {
  CRYPTO_QEMU,
  CRYPTO_TYPE_LAST,
} CryptoType;

typedef enum {
  CRYPTO_BUILTIN, /* QEMU itself computes */
  CRYPTO_LKCF,    /* the host's kernel does */
  CRYPTO_BACKEND_LAST,
} CryptoBackend;

extern const EnumTable crypto_model_table;
extern const EnumTable crypto_type_table;
extern const EnumTable crypto_backend_table;

typedef struct {
  Device device;
  CryptoModel model;
  CryptoType type;
  CryptoBackend backend;
  guint32 queues; /* 0: QEMU's own number, which is 1, too */
  VirtioOptions options;
} Crypto;

extern const DeviceRoom crypto_room;

gboolean crypto_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
