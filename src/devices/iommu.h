/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <iommu>: what stands between the guest's devices and its memory, so that the guest can hand devices to
 * guests of its own, or have more than 255 CPUs. https://libvirt.org/formatdomain.html#iommu-devices
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"
#include "domain/feature-state.h"

typedef enum {
  IOMMU_INTEL,
  IOMMU_SMMUV3, /* of ARM: a part of the machine */
  IOMMU_VIRTIO,
  IOMMU_LAST,
} IommuModel;

extern const EnumTable iommu_model_table;

typedef struct {
  Device device;
  IommuModel model;
  FeatureState intremap; /* intel, of <driver>, as the next */
  FeatureState caching_mode;
  FeatureState eim;
  FeatureState iotlb;
  FeatureState dma_translation;
  guint32 aw_bits;     /* 0: not given */
  gboolean has_driver; /* <driver> says something */
  Place driver_place;
} Iommu;

extern const DeviceRoom iommu_room;

/* Refuses more CPUs than interrupts reach without the document's IOMMU. */
gboolean iommu_check_vcpus(const Domain *domain, GError **error);

/* What it has to say of -machine. */
void iommu_translate_machine(const Domain *domain, Props *machine);
gboolean iommu_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
