/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <shmem>: memory that guests share with each other and with the host's programs.
 * https://libvirt.org/formatdomain.html#shared-memory-device; QEMU's documentation, ivshmem-plain and
 * ivshmem-doorbell.
 *
 * Who the others are, nobody here knows: the file is in /dev/shm under the device's name, made by the first
 * who comes, and stays there for them when this guest has ended.
 */
#pragma once

#include "base/enum.h"
#include "devices/chardev/source.h"
#include "domain/device.h"

typedef enum {
  SHMEM_IVSHMEM, /* of QEMUs before 4.0; refused. It is the default, all the same */
  SHMEM_PLAIN,
  SHMEM_DOORBELL, /* with interrupts, by a server, which has the memory */
  SHMEM_LAST,
} ShmemModel;

typedef enum {
  SHMEM_ROLE_DEFAULT,
  SHMEM_MASTER, /* the memory goes with the guest when that is migrated */
  SHMEM_PEER,
  SHMEM_ROLE_LAST,
} ShmemRole;

extern const EnumTable shmem_model_table;
extern const EnumTable shmem_role_table;

typedef struct {
  Device device;
  ShmemModel model;
  ShmemRole role;
  const char *name;
  const char *path;       /* PLAIN: of the file, absolute */
  guint64 kib;            /* PLAIN: a power of two */
  ChardevSource server;   /* DOORBELL: its socket */
  guint32 vectors;        /* DOORBELL: interrupts; 0: QEMU's own, 1 */
  FeatureState ioeventfd; /* DOORBELL: interrupts are sent without waking QEMU; default: on */
} Shmem;

extern const DeviceRoom shmem_room;

gboolean shmem_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
