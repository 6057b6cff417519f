/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <vsock>: sockets between the host and the guest (vsock(7)).
 * https://libvirt.org/formatdomain.html#vsock
 */
#pragma once

#include "base/enum.h"
#include "devices/virtio.h"
#include "domain/device.h"

typedef enum {
  VSOCK_VIRTIO,
  VSOCK_VIRTIO_TRANSITIONAL,
  VSOCK_VIRTIO_NON_TRANSITIONAL,
  VSOCK_LAST,
} VsockModel;

extern const EnumTable vsock_model_table;

typedef struct {
  Device device;
  VsockModel model;
  guint32 cid; /* the guest's address, from 3 */
  VirtioOptions options;
} Vsock;

extern const DeviceRoom vsock_room;

gboolean vsock_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
