/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/iommu.h"

#include "domain/chipset.h"
#include "domain/cpu.h"
#include "domain/devices.h"
#include "domain/features.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(iommu_model_table,
           IOMMU_LAST, [IOMMU_INTEL] = "intel", [IOMMU_SMMUV3] = "smmuv3", [IOMMU_VIRTIO] = "virtio");

static gboolean read_model(xmlNode *node, IommuModel *ret_model, GError **error)
{
  return xml_attribute_enum_required(node, "model", &iommu_model_table, XML_ENUM(ret_model), error);
}

static gboolean read_driver(xmlNode *node, Iommu *iommu, GError **error)
{
  xmlNode *driver = NULL;

  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  if (!driver)
    return TRUE;
  iommu->driver_place = xml_place(driver);
  if (!feature_state_parse(driver, "intremap", &iommu->intremap, error) ||
      !feature_state_parse(driver, "caching_mode", &iommu->caching_mode, error) ||
      !feature_state_parse(driver, "eim", &iommu->eim, error) ||
      !feature_state_parse(driver, "iotlb", &iommu->iotlb, error) ||
      !feature_state_parse(driver, "dma_translation", &iommu->dma_translation, error) ||
      !xml_attribute_uint32(driver, "aw_bits", 1, 64, &iommu->aw_bits, error))
    return FALSE;
  iommu->has_driver = iommu->intremap || iommu->caching_mode || iommu->eim || iommu->iotlb ||
                      iommu->dma_translation || iommu->aw_bits;
  return TRUE;
}

static gboolean iommu_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Iommu *iommu = (Iommu *)device;

  return read_model(node, &iommu->model, error) && read_driver(node, iommu, error) &&
         device_parse_acpi(node, device, error) && device_parse_alias(node, device, error) &&
         address_parse(node, allowed, &device->address, error);
}

static gboolean check_machine(const Domain *domain, const Iommu *iommu, GError **error)
{
  const Place *place = &iommu->device.place;
  gboolean is_q35 = chipset_of(domain) == CHIPSET_Q35;
  gboolean is_arm = chipset_of(domain) == CHIPSET_VIRT && os_arch_is_arm(domain->os->arch);

  if (iommu->model == IOMMU_SMMUV3 ? is_arm : is_q35 || (is_arm && iommu->model == IOMMU_VIRTIO))
    return TRUE;
  if (iommu->model == IOMMU_SMMUV3) {
    error_set_document(error, place, "model", "'smmuv3' is of ARM's machines");
    return error_add_hint(error, "on machine='q35', use model='intel' or 'virtio'");
  }
  if (is_arm)
    return error_set_document(error, place, "model",
                              "'intel' is of PCs; machine '%s' can have: smmuv3, virtio",
                              domain->os->machine);
  error_set_document(error, place, NULL, "machine '%s' cannot have an IOMMU", domain->os->machine);
  return os_arch_is_x86(domain->os->arch) && error_add_hint(error, "machine='q35' can");
}

static gboolean iommu_complete(Domain *domain, Device *device, GError **error)
{
  const Iommu *iommu = (const Iommu *)device;

  device_set_alias(domain, device, "iommu%u", device->index);
  if (iommu->model == IOMMU_VIRTIO)
    device->pci_plug = PCI_PLUG_INTEGRATED;
  return check_machine(domain, iommu, error);
}

static gboolean validate_intel(const Domain *domain, const Iommu *iommu, GError **error)
{
  const Address *address = &iommu->device.address;

  if (address->type != ADDRESS_NONE)
    return error_set_document(error, &address->place, NULL,
                              "an IOMMU of model 'intel' is on no bus, and has no address");
  if (iommu->aw_bits != 0 && iommu->aw_bits != 39 && iommu->aw_bits != 48)
    return error_set_document(error, &iommu->driver_place, "aw_bits",
                              "%u is not a width that QEMU has (allowed: 39, 48)", iommu->aw_bits);
  if (iommu->eim == FEATURE_ON && iommu->intremap != FEATURE_ON) {
    error_set_document(error, &iommu->driver_place, "eim", "'on' needs interrupt remapping");
    return error_add_hint(error, "add intremap='on'");
  }
  if (iommu->intremap == FEATURE_ON && domain->features->ioapic != FEATURE_IOAPIC_QEMU) {
    error_set_document(error, &iommu->driver_place, "intremap",
                       "'on' needs an I/O interrupt controller of QEMU's, not of KVM's");
    return error_add_hint(error, "add <ioapic driver='qemu'/> to <features>");
  }
  return TRUE;
}

/* It stands before all buses but the root on the command line, so that what comes after them is behind it. */
static gboolean validate_other(const Iommu *iommu, GError **error)
{
  const Address *address = &iommu->device.address;

  if (iommu->has_driver)
    return error_set_document(error, &iommu->driver_place, NULL,
                              "an IOMMU of model '%s' has no such options: they are those of 'intel'",
                              enum_to_string(&iommu_model_table, (int)iommu->model));
  if (iommu->model == IOMMU_SMMUV3 && address->type != ADDRESS_NONE)
    return error_set_document(error, &address->place, NULL,
                              "an IOMMU of model 'smmuv3' is on no bus, and has no address");
  if (address->pci.bus == 0)
    return TRUE;
  error_set_document(error, &address->place, "bus", "%u: an IOMMU is on the machine's own bus, 0",
                     address->pci.bus);
  return error_add_hint(error, "remove the address, or choose a free slot with bus='0x00'");
}

static gboolean iommu_validate(const Domain *domain, const Device *device, GError **error)
{
  const Iommu *iommu = (const Iommu *)device;

  if (device->index > 0)
    return error_set_document(error, &device->place, NULL,
                              "a guest can have one IOMMU; the first is on line %d",
                              device_first_of(domain, &iommu_room)->place.line);
  return iommu->model == IOMMU_INTEL ? validate_intel(domain, iommu, error) : validate_other(iommu, error);
}

enum { VCPUS_MAX_WITHOUT_EIM = 255 };

/* A CPU with a number above that is reached by no interrupt, and QEMU refuses to start. */
gboolean iommu_check_vcpus(const Domain *domain, GError **error)
{
  const Iommu *iommu = (const Iommu *)device_first_of(domain, &iommu_room);

  if (!os_arch_is_x86(domain->os->arch) || domain->cpu->vcpus <= VCPUS_MAX_WITHOUT_EIM ||
      (iommu && iommu->eim == FEATURE_ON))
    return TRUE;
  error_set_document(error, &domain->cpu->place, NULL,
                     "more than %d CPUs need an IOMMU with extended interrupt mode", VCPUS_MAX_WITHOUT_EIM);
  return error_add_hint(error,
                        "add <iommu model='intel'><driver intremap='on' eim='on'/></iommu> to <devices>, "
                        "and <ioapic driver='qemu'/> to <features>");
}

const DeviceRoom iommu_room = {
  .element = "iommu",
  .size = sizeof(Iommu),
  .pci_order = DEVICE_PCI_ORDER_IOMMU,
  .parse = iommu_parse,
  .complete = iommu_complete,
  .validate = iommu_validate,
  .translate = iommu_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
