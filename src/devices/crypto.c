/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/crypto.h"

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(crypto_model_table, CRYPTO_MODEL_LAST, [CRYPTO_VIRTIO] = "virtio");
ENUM_TABLE(crypto_type_table, CRYPTO_TYPE_LAST, [CRYPTO_QEMU] = "qemu");
ENUM_TABLE(crypto_backend_table, CRYPTO_BACKEND_LAST, [CRYPTO_BUILTIN] = "builtin", [CRYPTO_LKCF] = "lkcf");

static gboolean read_backend(xmlNode *node, Crypto *crypto, GError **error)
{
  xmlNode *backend;

  if (!xml_child_required(node, "backend", &backend, error) ||
      !xml_attribute_enum_required(backend, "model", &crypto_backend_table, XML_ENUM(&crypto->backend),
                                   error) ||
      !xml_attribute_uint32(backend, "queues", 0, G_MAXUINT32, &crypto->queues, error))
    return FALSE;
  return crypto->queues < 2 ||
         xml_error(error, backend, "queues", "%u is too many: QEMU's backends have 1", crypto->queues);
}

static gboolean crypto_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Crypto *crypto = (Crypto *)device;
  xmlNode *driver = NULL;

  return xml_attribute_enum(node, "model", &crypto_model_table, XML_ENUM(&crypto->model), error) &&
         xml_attribute_enum(node, "type", &crypto_type_table, XML_ENUM(&crypto->type), error) &&
         read_backend(node, crypto, error) && xml_child(node, "driver", &driver, error) &&
         (!driver || virtio_options_parse(driver, &crypto->options, error)) &&
         device_parse_acpi(node, device, error) && device_parse_alias(node, device, error) &&
         address_parse(node, allowed, &device->address, error);
}

static gboolean crypto_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "crypto%u", device->index);
  device->pci_plug = PCI_PLUG_VIRTIO;
  return TRUE;
}

const DeviceRoom crypto_room = {
  .element = "crypto",
  .size = sizeof(Crypto),
  .pci_order = DEVICE_PCI_ORDER_CRYPTO,
  .parse = crypto_parse,
  .complete = crypto_complete,
  .validate = device_validate_nothing,
  .translate = crypto_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
