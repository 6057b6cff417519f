/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/controller.h"
#include "domain/devices.h"
#include "devices/iommu.h"

/* QEMU has some as on, off and auto. */
static void add_on_off(const Iommu *iommu, IommuSwitch which, const char *key, Props *props)
{
  if (iommu->switches[which] != FEATURE_UNSET)
    props_add_string(props, key, iommu->switches[which] == FEATURE_ON ? "on" : "off");
}

static void add_switch(const Iommu *iommu, IommuSwitch which, const char *key, Props *props)
{
  feature_state_add(props, key, iommu->switches[which]);
}

static void add_number(guint32 number, const char *key, Props *props)
{
  if (number != IOMMU_NO_NUMBER)
    props_add_format(props, key, "%u", number);
}

/* Each model has some of them. */
static void add_driver(const Iommu *iommu, Props *props)
{
  add_on_off(iommu, IOMMU_SWITCH_INTREMAP, "intremap", props);
  add_switch(iommu, IOMMU_SWITCH_CACHING_MODE, "caching-mode", props);
  add_on_off(iommu, IOMMU_SWITCH_EIM, "eim", props);
  add_switch(iommu, IOMMU_SWITCH_IOTLB, "device-iotlb", props);
  add_switch(iommu, IOMMU_SWITCH_DMA_TRANSLATION, "dma-translation", props);
  if (iommu->switches[IOMMU_SWITCH_PASSTHROUGH] ==
      FEATURE_OFF) /* on is the default, and QEMU 11.1 has no other */
    props_add_bool(props, "pt", FALSE);
  add_switch(iommu, IOMMU_SWITCH_XTSUP, "xtsup", props);
  add_switch(iommu, IOMMU_SWITCH_ACCEL, "accel", props);
  add_on_off(iommu, IOMMU_SWITCH_ATS, "ats", props);
  add_on_off(iommu, IOMMU_SWITCH_RIL, "ril", props);
  add_on_off(iommu, IOMMU_SWITCH_CMDQV, "cmdqv", props);
  add_number(iommu->ssidsize, "ssidsize", props);
  add_number(iommu->oas, "oas", props);
  if (iommu->aw_bits)
    props_add_uint(props, "aw-bits", iommu->aw_bits);
  if (iommu->granule == IOMMU_HOST_GRANULE)
    props_add_string(props, "granule", "host");
  else if (iommu->granule)
    props_add_format(props, "granule", "%uk", iommu->granule);
}

void iommu_translate_machine(const Domain *domain, Props *machine)
{
  const Iommu *iommu = (const Iommu *)device_first_of(domain, &iommu_room);

  if (iommu && iommu->model == IOMMU_SMMUV3 && iommu->pci_bus == IOMMU_NO_NUMBER)
    props_add_string(machine, "iommu", "smmuv3");
}

static void translate_smmuv3(const Domain *domain, const Iommu *iommu, Plan *plan)
{
  Props *props = props_new("driver", "arm-smmuv3");

  props_add_string(props, "primary-bus", controller_pci_bus(domain, iommu->pci_bus));
  props_add_string(props, "id", iommu->device.alias);
  add_driver(iommu, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
}

void iommu_translate_buses(const Domain *domain, Plan *plan)
{
  DOMAIN_FOREACH_OF(domain, &iommu_room, device, i) {
    const Iommu *iommu = (const Iommu *)device;

    if (iommu->model == IOMMU_SMMUV3 && iommu->pci_bus != IOMMU_NO_NUMBER)
      translate_smmuv3(domain, iommu, plan);
  }
}

/* QEMU's is two devices, of which one is on the PCI bus. Since 10.1 that can be made, and so be placed, by
 * itself; for any QEMU it is made with the other, in the first slot that is free by then: behind all others.
 */
static void translate_amd(const Domain *domain, const Iommu *iommu, Plan *plan)
{
  gboolean is_placed = iommu->device.address.type == ADDRESS_PCI;
  g_autofree char *id = g_strconcat(iommu->device.alias, "-pci", NULL);
  Props *props;

  if (is_placed) {
    props = props_new("driver", "AMDVI-PCI");
    props_add_string(props, "id", id);
    controller_add_address(domain, &iommu->device, props);
    plan_add_json(plan, PLAN_BOTH, "-device", props);
  }
  props = props_new("driver", "amd-iommu");
  props_add_string(props, "id", iommu->device.alias);
  props_add_string(props, "pci-id", is_placed ? id : NULL);
  add_driver(iommu, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
}

void iommu_translate_last(const Domain *domain, Plan *plan)
{
  const Iommu *iommu = (const Iommu *)device_first_of(domain, &iommu_room);

  if (iommu && iommu->model == IOMMU_AMD && iommu->device.address.type != ADDRESS_PCI)
    translate_amd(domain, iommu, plan);
}

static void translate_plain(const Domain *domain, const Iommu *iommu, Plan *plan)
{
  Props *props = props_new("driver", iommu->model == IOMMU_INTEL ? "intel-iommu" : "virtio-iommu-pci");

  props_add_string(props, "id", iommu->device.alias);
  add_driver(iommu, props);
  controller_add_address(domain, &iommu->device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
}

gboolean iommu_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Iommu *iommu = (const Iommu *)device;

  if (iommu->model == IOMMU_AMD && device->address.type == ADDRESS_PCI)
    translate_amd(domain, iommu, plan);
  else if (iommu->model == IOMMU_INTEL || iommu->model == IOMMU_VIRTIO)
    translate_plain(domain, iommu, plan);
  return TRUE;
}
