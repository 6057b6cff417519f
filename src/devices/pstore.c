/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/pstore.h"

#include "domain/domain.h"
#include "domain/features.h"
#include "domain/memory.h"
#include "xml/element.h"

ENUM_TABLE(pstore_backend_table, PSTORE_LAST, [PSTORE_ACPI_ERST] = "acpi-erst");

enum { PSTORE_RECORD_KIB = 8 };

static gboolean read_size(xmlNode *node, Pstore *pstore, GError **error)
{
  xmlNode *size;

  if (!xml_child_required(node, "size", &size, error) || !memory_read_kib(size, &pstore->kib, error))
    return FALSE;
  if (pstore->kib == 0 || pstore->kib % PSTORE_RECORD_KIB)
    return xml_error(error, size, NULL,
                     "%" G_GUINT64_FORMAT " KiB is no multiple of %d KiB, which a record has", pstore->kib,
                     PSTORE_RECORD_KIB);
  return TRUE;
}

static gboolean pstore_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Pstore *pstore = (Pstore *)device;
  xmlNode *path;

  if (!xml_attribute_enum_required(node, "backend", &pstore_backend_table, XML_ENUM(&pstore->backend),
                                   error) ||
      !xml_child_required(node, "path", &path, error))
    return FALSE;
  pstore->path_place = xml_place(path);
  return xml_text_path(path, &pstore->path, error) && read_size(node, pstore, error) &&
         device_parse_acpi(node, device, error) && device_parse_alias(node, device, error) &&
         address_parse(node, allowed, &device->address, error);
}

static gboolean pstore_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "pstore%u", device->index);
  device->pci_plug = PCI_PLUG_CONVENTIONAL;
  return TRUE;
}

static gboolean pstore_validate(const Domain *domain, const Device *device, GError **error)
{
  if (device->index > 0)
    return error_set_document(error, &device->place, NULL, "a guest can have one pstore device");
  if (!domain->features->acpi) {
    error_set_document(error, &device->place, "backend",
                       "'acpi-erst' is a part of ACPI, which this guest "
                       "does not have");
    return error_add_hint(error, "<features><acpi/></features>");
  }
  return TRUE;
}

const DeviceRoom pstore_room = {
  .element = "pstore",
  .size = sizeof(Pstore),
  .pci_order = DEVICE_PCI_ORDER_PSTORE,
  .parse = pstore_parse,
  .complete = pstore_complete,
  .validate = pstore_validate,
  .translate = pstore_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
