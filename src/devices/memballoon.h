/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <memballoon>: gives memory back to the host, down to <currentMemory>.
 * https://libvirt.org/formatdomain.html#memory-balloon-device
 */
#pragma once

#include "base/enum.h"
#include "devices/virtio.h"
#include "domain/device.h"

typedef enum {
  MEMBALLOON_VIRTIO,
  MEMBALLOON_VIRTIO_TRANSITIONAL,
  MEMBALLOON_VIRTIO_NON_TRANSITIONAL,
  MEMBALLOON_NONE,
  MEMBALLOON_XEN, /* only as it is parsed: virtio takes its place */
  MEMBALLOON_LAST,
} MemballoonModel;

extern const EnumTable memballoon_model_table;

typedef struct {
  Device device;
  MemballoonModel model;
  gboolean autodeflate;
  gboolean free_page_reporting;
  guint32 period; /* seconds between two questions for the guest's statistics; 0: it is not asked */
  VirtioOptions virtio;
  gboolean has_settings; /* more is said of it than the model */
} Memballoon;

extern const DeviceRoom memballoon_room;

/* Every guest on a machine with PCI has one, unless the document says none. */
void memballoon_imply(Domain *domain);

gboolean memballoon_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
