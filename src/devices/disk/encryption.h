/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <encryption>: the image is encrypted, with LUKS; a raw one as a whole, a qcow2 one in its clusters, one of
 * RBD perhaps by Ceph's library. https://libvirt.org/formatstorageencryption.html
 */
#pragma once

#include "base/enum.h"
#include "domain/secrets.h"

struct _xmlNode;

typedef enum {
  DISK_ENCRYPTION_NONE,
  DISK_ENCRYPTION_LUKS,
  DISK_ENCRYPTION_LUKS2, /* of librbd alone */
  DISK_ENCRYPTION_LAST,
} DiskEncryptionFormat;

typedef enum {
  DISK_ENGINE_QEMU,
  DISK_ENGINE_LIBRBD,
  DISK_ENGINE_LAST,
} DiskEngine;

extern const EnumTable disk_encryption_table;
extern const EnumTable disk_engine_table;

typedef struct {
  Place place;
  DiskEncryptionFormat format;
  DiskEngine engine;
  Secret secret;
} DiskEncryption;

/* Reads <encryption> of @node, which is <source>, or <disk> as it was before. */
gboolean disk_encryption_parse(struct _xmlNode *node, DiskEncryption *encryption, GError **error);

/* Finds the passphrase. */
void disk_encryption_complete(const Domain *domain, DiskEncryption *encryption);
