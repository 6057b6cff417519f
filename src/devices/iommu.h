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
  IOMMU_SMMUV3, /* of ARM: a part of the machine, or of one of its PCI buses */
  IOMMU_VIRTIO,
  IOMMU_AMD, /* format 11.5 */
  IOMMU_LAST,
} IommuModel;

/* Of <driver>, each for some models. */
typedef enum {
  IOMMU_SWITCH_INTREMAP,
  IOMMU_SWITCH_CACHING_MODE,
  IOMMU_SWITCH_EIM,
  IOMMU_SWITCH_IOTLB,
  IOMMU_SWITCH_DMA_TRANSLATION,
  IOMMU_SWITCH_PASSTHROUGH, /* format 11.5, as the next */
  IOMMU_SWITCH_XTSUP,
  IOMMU_SWITCH_ACCEL, /* format 12.7, as the next */
  IOMMU_SWITCH_ATS,
  IOMMU_SWITCH_RIL,
  IOMMU_SWITCH_CMDQV,
  IOMMU_SWITCH_LAST,
} IommuSwitch;

enum { IOMMU_NO_NUMBER = G_MAXUINT32, IOMMU_HOST_GRANULE = G_MAXUINT32 };

extern const EnumTable iommu_model_table;
extern const EnumTable iommu_switch_table;

typedef struct {
  Device device;
  IommuModel model;
  FeatureState switches[IOMMU_SWITCH_LAST];
  guint32 aw_bits;       /* intel, virtio; 0: not given */
  guint32 granule;       /* virtio: KiB; 0: not given; or IOMMU_HOST_GRANULE */
  guint32 pci_bus;       /* smmuv3: the index of a controller; or IOMMU_NO_NUMBER: it is the machine's; as the
                            next two, where that is not given */
  guint32 ssidsize, oas; /* smmuv3 */
  Place driver_place;
} Iommu;

extern const DeviceRoom iommu_room;

/* Refuses more CPUs than interrupts reach without the document's IOMMU. */
gboolean iommu_check_vcpus(const Domain *domain, GError **error);

/* What it has to say of -machine. */
void iommu_translate_machine(const Domain *domain, Props *machine);

/* Those of single buses, which are there then. */
void iommu_translate_buses(const Domain *domain, Plan *plan);

/* One that takes the first place that is left. */
void iommu_translate_last(const Domain *domain, Plan *plan);

gboolean iommu_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
