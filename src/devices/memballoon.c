/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/memballoon.h"

#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/domain.h"
#include "domain/os.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(
    memballoon_model_table,
    MEMBALLOON_LAST, [MEMBALLOON_VIRTIO] = "virtio", [MEMBALLOON_VIRTIO_TRANSITIONAL] = "virtio-transitional",
    [MEMBALLOON_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional", [MEMBALLOON_NONE] = "none",
    [MEMBALLOON_XEN] = "xen");

static gboolean memballoon_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Memballoon *balloon = (Memballoon *)device;
  xmlNode *stats = NULL, *driver = NULL;

  if (!xml_child(node, "stats", &stats, error) || !xml_child(node, "driver", &driver, error))
    return FALSE;
  if (stats && !xml_attribute_uint32(stats, "period", 0, G_MAXINT32, &balloon->period, error))
    return FALSE;
  if (driver && !virtio_options_parse(driver, &balloon->virtio, error))
    return FALSE;
  balloon->has_settings = stats || driver || xml_has_attribute(node, "autodeflate") ||
                          xml_has_attribute(node, "freePageReporting");
  return xml_attribute_enum_required(node, "model", &memballoon_model_table, XML_ENUM(&balloon->model),
                                     error) &&
         xml_attribute_on_off(node, "autodeflate", &balloon->autodeflate, error) &&
         xml_attribute_on_off(node, "freePageReporting", &balloon->free_page_reporting, error) &&
         device_parse_alias(node, device, error) && address_parse(node, allowed, &device->address, error);
}

static gboolean memballoon_complete(Domain *domain, Device *device, GError **error)
{
  Memballoon *balloon = (Memballoon *)device;

  if (balloon->model == MEMBALLOON_XEN) {
    if (!domain->is_xen)
      return error_set_document(error, &device->place, "model",
                                "'xen' is a balloon of Xen's guests (known: virtio, virtio-transitional, "
                                "virtio-non-transitional, none)");
    report_warning(domain->report, &device->place, "model", NULL,
                   "'xen' is for guests of Xen: this one gets 'virtio'");
    balloon->model = MEMBALLOON_VIRTIO;
  }
  if (balloon->model == MEMBALLOON_NONE && balloon->has_settings)
    report_warning(domain->report, &device->place, "model", NULL,
                   "'none' is no balloon: what else is said of it has no effect");
  device_set_alias(domain, device, "balloon%u", device->index);
  if (balloon->model == MEMBALLOON_VIRTIO_TRANSITIONAL)
    device->pci_plug = PCI_PLUG_CONVENTIONAL;
  else if (balloon->model != MEMBALLOON_NONE)
    device->pci_plug = PCI_PLUG_VIRTIO;
  return TRUE;
}

static gboolean memballoon_validate(const Domain *domain, const Device *device, GError **error)
{
  if (device->index > 0)
    return error_set_document(error, &device->place, NULL, "a guest can have one memory balloon");
  return TRUE;
}

void memballoon_imply(Domain *domain)
{
  Chipset chipset = chipset_of(domain);
  Device *device;

  if (chipset == CHIPSET_ISA || chipset == CHIPSET_MICROVM || os_arch_is_arm(domain->os->arch) ||
      device_first_of(domain, &memballoon_room))
    return;
  device = device_new(&memballoon_room, /* node= */ NULL);
  device->place = domain->place;
  domain_add_device(domain, device);
}

static void memballoon_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  xml_set_attribute(node, "model",
                    enum_to_string(&memballoon_model_table, (int)((const Memballoon *)device)->model));
}

const DeviceRoom memballoon_room = {
  .element = "memballoon",
  .size = sizeof(Memballoon),
  .pci_order = DEVICE_PCI_ORDER_MEMBALLOON,
  .parse = memballoon_parse,
  .complete = memballoon_complete,
  .validate = memballoon_validate,
  .translate = memballoon_translate,
  .annotate = memballoon_annotate,
  .clear = device_clear_nothing,
};
