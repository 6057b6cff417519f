/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <pstore>: where a guest's kernel leaves its last words, for the next to find: records in a file of the host
 * that lasts.
 * https://libvirt.org/formatdomain.html#pstore; QEMU's documentation, "ACPI ERST DEVICE"; format 10.6.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"

typedef enum {
  PSTORE_ACPI_ERST,
  PSTORE_LAST,
} PstoreBackend;

extern const EnumTable pstore_backend_table;

typedef struct {
  Device device;
  PstoreBackend backend;
  const char *path; /* absolute; made where it is not there */
  Place path_place;
  guint64 kib; /* a multiple of a record's 8 KiB */
} Pstore;

extern const DeviceRoom pstore_room;

gboolean pstore_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
