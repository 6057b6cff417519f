/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/iommu.h"

#include "devices/controller/controller.h"
#include "domain/chipset.h"
#include "domain/cpu.h"
#include "domain/devices.h"
#include "domain/features.h"
#include "domain/memory.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(iommu_model_table, IOMMU_LAST, [IOMMU_INTEL] = "intel", [IOMMU_SMMUV3] = "smmuv3",
           [IOMMU_VIRTIO] = "virtio", [IOMMU_AMD] = "amd");
ENUM_TABLE(
    iommu_switch_table, IOMMU_SWITCH_LAST, [IOMMU_SWITCH_INTREMAP] = "intremap",
    [IOMMU_SWITCH_CACHING_MODE] = "caching_mode", [IOMMU_SWITCH_EIM] = "eim", [IOMMU_SWITCH_IOTLB] = "iotlb",
    [IOMMU_SWITCH_DMA_TRANSLATION] = "dma_translation", [IOMMU_SWITCH_PASSTHROUGH] = "passthrough",
    [IOMMU_SWITCH_XTSUP] = "xtsup", [IOMMU_SWITCH_ACCEL] = "accel", [IOMMU_SWITCH_ATS] = "ats",
    [IOMMU_SWITCH_RIL] = "ril", [IOMMU_SWITCH_CMDQV] = "cmdqv");
ENUM_TABLE(iommu_granule_table, 1, "host");

enum {
  INTEL = 1 << IOMMU_INTEL,
  SMMUV3 = 1 << IOMMU_SMMUV3,
  VIRTIO = 1 << IOMMU_VIRTIO,
  AMD = 1 << IOMMU_AMD
};

/* Which models have it. */
static const guint switch_models[IOMMU_SWITCH_LAST] = {
  [IOMMU_SWITCH_INTREMAP] = INTEL | AMD,
  [IOMMU_SWITCH_CACHING_MODE] = INTEL,
  [IOMMU_SWITCH_EIM] = INTEL,
  [IOMMU_SWITCH_IOTLB] = INTEL | AMD,
  [IOMMU_SWITCH_DMA_TRANSLATION] = INTEL,
  [IOMMU_SWITCH_PASSTHROUGH] = AMD,
  [IOMMU_SWITCH_XTSUP] = AMD,
  [IOMMU_SWITCH_ACCEL] = SMMUV3,
  [IOMMU_SWITCH_ATS] = SMMUV3,
  [IOMMU_SWITCH_RIL] = SMMUV3,
  [IOMMU_SWITCH_CMDQV] = SMMUV3,
};

enum { SSIDSIZE_MAX = 20, OAS_MAX = 64 };

/* ---- Reading ---- */

/* "'intel', 'amd'"; the caller frees it. */
static char *list_models(guint models)
{
  GString *text = g_string_new(NULL);

  for (guint i = 0; i < IOMMU_LAST; i++) {
    if (models & 1U << i)
      g_string_append_printf(text, "%s'%s'", text->len ? " or " : "",
                             enum_to_string(&iommu_model_table, (int)i));
  }
  return g_string_free(text, /* free_segment= */ FALSE);
}

static gboolean check_model(xmlNode *driver, const char *attribute, guint models, const Iommu *iommu,
                            GError **error)
{
  g_autofree char *allowed = list_models(models);

  return !xml_has_attribute(driver, attribute) || models & 1U << iommu->model ||
         xml_error(error, driver, attribute, "is for model %s, and this is '%s'", allowed,
                   enum_to_string(&iommu_model_table, (int)iommu->model));
}

static gboolean read_switches(xmlNode *driver, Iommu *iommu, GError **error)
{
  for (int i = 0; i < IOMMU_SWITCH_LAST; i++) {
    const char *name = enum_to_string(&iommu_switch_table, i);

    if (!check_model(driver, name, switch_models[i], iommu, error) ||
        !feature_state_parse(driver, name, &iommu->switches[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean read_granule(xmlNode *driver, Iommu *iommu, GError **error)
{
  xmlNode *granule = NULL;
  guint64 kib = 0;
  int mode = -1;

  if (!xml_child(driver, "granule", &granule, error))
    return FALSE;
  if (!granule)
    return TRUE;
  if (iommu->model != IOMMU_VIRTIO)
    return xml_error(error, granule, NULL, "is for model 'virtio', and this is '%s'",
                     enum_to_string(&iommu_model_table, (int)iommu->model));
  if (!xml_attribute_enum(granule, "mode", &iommu_granule_table, &mode, error))
    return FALSE;
  if (mode >= 0 && xml_has_attribute(granule, "size"))
    return xml_error(error, granule, "size", "mode='host' is the size of the host's pages");
  if (mode >= 0) {
    iommu->granule = IOMMU_HOST_GRANULE;
    return TRUE;
  }
  if (!xml_has_attribute(granule, "size"))
    return xml_error(error, granule, "size", "is missing (or mode='host')");
  if (!memory_read_attribute_kib(granule, "size", &kib, error))
    return FALSE;
  if (kib != 4 && kib != 8 && kib != 16 && kib != 64)
    return xml_error(error, granule, "size",
                     "%" G_GUINT64_FORMAT " KiB is none that QEMU has (allowed: 4, 8, 16, 64 KiB)", kib);
  iommu->granule = (guint32)kib;
  return TRUE;
}

static gboolean read_numbers(xmlNode *driver, Iommu *iommu, GError **error)
{
  return check_model(driver, "aw_bits", INTEL | VIRTIO, iommu, error) &&
         check_model(driver, "pciBus", SMMUV3, iommu, error) &&
         check_model(driver, "ssidsize", SMMUV3, iommu, error) &&
         check_model(driver, "oas", SMMUV3, iommu, error) &&
         xml_attribute_uint32(driver, "aw_bits", 1, 64, &iommu->aw_bits, error) &&
         xml_attribute_uint32(driver, "pciBus", 0, CONTROLLER_INDEX_MAX, &iommu->pci_bus, error) &&
         xml_attribute_uint32(driver, "ssidsize", 0, SSIDSIZE_MAX, &iommu->ssidsize, error) &&
         xml_attribute_uint32(driver, "oas", 1, OAS_MAX, &iommu->oas, error);
}

static gboolean read_driver(xmlNode *node, Iommu *iommu, GError **error)
{
  xmlNode *driver = NULL;

  iommu->pci_bus = iommu->ssidsize = iommu->oas = IOMMU_NO_NUMBER;
  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  if (!driver)
    return TRUE;
  iommu->driver_place = xml_place(driver);
  return read_switches(driver, iommu, error) && read_numbers(driver, iommu, error) &&
         read_granule(driver, iommu, error);
}

static gboolean iommu_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Iommu *iommu = (Iommu *)device;

  return xml_attribute_enum_required(node, "model", &iommu_model_table, XML_ENUM(&iommu->model), error) &&
         read_driver(node, iommu, error) && device_parse_acpi(node, device, error) &&
         device_parse_alias(node, device, error) && address_parse(node, allowed, &device->address, error);
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
    return error_set_document(error, place, "model", "'%s' is of PCs; machine '%s' can have: smmuv3, virtio",
                              enum_to_string(&iommu_model_table, (int)iommu->model), domain->os->machine);
  error_set_document(error, place, NULL, "machine '%s' cannot have an IOMMU", domain->os->machine);
  return os_arch_is_x86(domain->os->arch) && error_add_hint(error, "machine='q35' can");
}

static gboolean iommu_complete(Domain *domain, Device *device, GError **error)
{
  const Iommu *iommu = (const Iommu *)device;

  device_set_alias(domain, device, "iommu%u", device->index);
  if (iommu->model == IOMMU_VIRTIO || (iommu->model == IOMMU_AMD && device->address.type == ADDRESS_PCI))
    device->pci_plug = PCI_PLUG_INTEGRATED;
  return check_machine(domain, iommu, error);
}

static gboolean validate_intremap(const Domain *domain, const Iommu *iommu, GError **error)
{
  if (iommu->switches[IOMMU_SWITCH_INTREMAP] != FEATURE_ON || domain->features->ioapic == FEATURE_IOAPIC_QEMU)
    return TRUE;
  error_set_document(error, &iommu->driver_place, "intremap",
                     "'on' needs an I/O interrupt controller of QEMU's, not of KVM's");
  return error_add_hint(error, "add <ioapic driver='qemu'/> to <features>");
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
  if (iommu->switches[IOMMU_SWITCH_EIM] == FEATURE_ON &&
      iommu->switches[IOMMU_SWITCH_INTREMAP] != FEATURE_ON) {
    error_set_document(error, &iommu->driver_place, "eim", "'on' needs interrupt remapping");
    return error_add_hint(error, "add intremap='on'");
  }
  return validate_intremap(domain, iommu, error);
}

/* It stands before all buses but the root on the command line, so that what comes after them is behind it. */
static gboolean validate_root_bus(const Iommu *iommu, GError **error)
{
  const Address *address = &iommu->device.address;

  if (address->pci.bus == 0)
    return TRUE;
  error_set_document(error, &address->place, "bus", "%u: an IOMMU is on the machine's own bus, 0",
                     address->pci.bus);
  return error_add_hint(error, "remove the address, or choose a free slot with bus='0x00'");
}

/* One of a bus' own: of the root's, or of an expander's, which begins a hierarchy. */
static gboolean validate_pci_bus(const Domain *domain, const Iommu *iommu, GError **error)
{
  const Controller *controller = controller_find(domain, CONTROLLER_PCI, iommu->pci_bus);

  if (!controller)
    return error_set_document(error, &iommu->driver_place, "pciBus",
                              "there is no PCI controller with index %u", iommu->pci_bus);
  if (iommu->pci_bus == 0)
    return TRUE;
  if (!controller_model_is_expander(controller->model))
    return error_set_document(
        error, &iommu->driver_place, "pciBus",
        "the controller %u, on line %d, begins no hierarchy of buses (allowed: 0, and those of "
        "model pcie-expander-bus)",
        iommu->pci_bus, controller->device.place.line);
  if (domain->features->acpi)
    return TRUE;
  error_set_document(
      error, &iommu->driver_place, "pciBus",
      "the guest learns by ACPI alone of an IOMMU of a bus that is not the root, and has none");
  return error_add_hint(error, "add <acpi/> to <features>, and firmware='efi' to <os>");
}

/* What a machine's own has no way to be told. */
static const char *find_option_of_bus(const Iommu *iommu)
{
  for (int i = IOMMU_SWITCH_ACCEL; i <= IOMMU_SWITCH_CMDQV; i++) {
    if (iommu->switches[i] != FEATURE_UNSET)
      return enum_to_string(&iommu_switch_table, i);
  }
  return iommu->ssidsize != IOMMU_NO_NUMBER ? "ssidsize" : iommu->oas != IOMMU_NO_NUMBER ? "oas" : NULL;
}

static gboolean validate_smmuv3(const Domain *domain, const Iommu *iommu, GError **error)
{
  const Address *address = &iommu->device.address;
  const char *option = find_option_of_bus(iommu);

  if (address->type != ADDRESS_NONE)
    return error_set_document(error, &address->place, NULL,
                              "an IOMMU of model 'smmuv3' is on no bus, and has no address");
  if (iommu->pci_bus != IOMMU_NO_NUMBER)
    return validate_pci_bus(domain, iommu, error);
  if (!option)
    return TRUE;
  error_set_document(error, &iommu->driver_place, option,
                     "is for an IOMMU of one bus, and this is the machine's");
  return error_add_hint(error, "pciBus='0' makes it that of the root bus (QEMU 10.2)");
}

static void claim_bus(const Device *device, GPtrArray *claims)
{
  if (device->room == &iommu_room)
    g_ptr_array_add(claims, g_strdup_printf("%u", ((const Iommu *)device)->pci_bus));
}

/* Several are of a bus each; else there is one. */
static gboolean validate_alone(const Domain *domain, const Iommu *iommu, GError **error)
{
  const Device *first = device_first_of(domain, &iommu_room), *same;
  g_autofree char *claim = g_strdup_printf("%u", iommu->pci_bus);

  if (first == &iommu->device)
    return TRUE;
  if (iommu->pci_bus == IOMMU_NO_NUMBER || ((const Iommu *)first)->pci_bus == IOMMU_NO_NUMBER) {
    error_set_document(error, &iommu->device.place, NULL,
                       "a guest can have one IOMMU; the first is on line %d", first->place.line);
    return iommu->model == IOMMU_SMMUV3 &&
           error_add_hint(error, "of model 'smmuv3' there can be one of each bus: <driver pciBus='0'/>");
  }
  same = device_first_claimant(domain, claim_bus, claim);
  return same == &iommu->device ||
         error_set_document(error, &iommu->driver_place, "pciBus", "the bus %u has one: that on line %d",
                            iommu->pci_bus, same->place.line);
}

static gboolean iommu_validate(const Domain *domain, const Device *device, GError **error)
{
  const Iommu *iommu = (const Iommu *)device;

  if (!validate_alone(domain, iommu, error))
    return FALSE;
  switch (iommu->model) {
  case IOMMU_INTEL:
    return validate_intel(domain, iommu, error);
  case IOMMU_SMMUV3:
    return validate_smmuv3(domain, iommu, error);
  case IOMMU_AMD:
    return validate_root_bus(iommu, error) && validate_intremap(domain, iommu, error);
  case IOMMU_VIRTIO:
    return validate_root_bus(iommu, error);
  case IOMMU_LAST:
    break;
  }
  g_assert_not_reached();
}

enum { VCPUS_MAX_WITHOUT_EIM = 255 };

/* A CPU with a number above that is reached by no interrupt, and QEMU refuses to start. */
gboolean iommu_check_vcpus(const Domain *domain, GError **error)
{
  const Iommu *iommu = (const Iommu *)device_first_of(domain, &iommu_room);

  if (!os_arch_is_x86(domain->os->arch) || domain->cpu->vcpus <= VCPUS_MAX_WITHOUT_EIM ||
      (iommu && (iommu->switches[IOMMU_SWITCH_EIM] == FEATURE_ON ||
                 iommu->switches[IOMMU_SWITCH_XTSUP] == FEATURE_ON)))
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
