/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/controller.h"
#include "domain/devices.h"
#include "devices/iommu.h"

/* QEMU has these two as on, off and auto. */
static void add_on_off(Props *props, const char *key, FeatureState state)
{
  if (state != FEATURE_UNSET)
    props_add_string(props, key, state == FEATURE_ON ? "on" : "off");
}

static void add_intel(const Iommu *iommu, Props *props)
{
  add_on_off(props, "intremap", iommu->intremap);
  feature_state_add(props, "caching-mode", iommu->caching_mode);
  add_on_off(props, "eim", iommu->eim);
  feature_state_add(props, "device-iotlb", iommu->iotlb);
  feature_state_add(props, "dma-translation", iommu->dma_translation);
  if (iommu->aw_bits)
    props_add_uint(props, "aw-bits", iommu->aw_bits);
}

void iommu_translate_machine(const Domain *domain, Props *machine)
{
  const Iommu *iommu = (const Iommu *)device_first_of(domain, &iommu_room);

  if (iommu && iommu->model == IOMMU_SMMUV3)
    props_add_string(machine, "iommu", "smmuv3");
}

gboolean iommu_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Iommu *iommu = (const Iommu *)device;
  Props *props;

  if (iommu->model == IOMMU_SMMUV3)
    return TRUE;
  props = props_new("driver", iommu->model == IOMMU_INTEL ? "intel-iommu" : "virtio-iommu-pci");
  props_add_string(props, "id", device->alias);
  add_intel(iommu, props);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
