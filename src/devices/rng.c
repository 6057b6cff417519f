/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/rng.h"

#include "devices/chardev/chardev.h"
#include "domain/devices.h"
#include "xml/element.h"

ENUM_TABLE(rng_model_table,
           RNG_MODEL_LAST, [RNG_VIRTIO] = "virtio", [RNG_VIRTIO_TRANSITIONAL] = "virtio-transitional",
           [RNG_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional");
ENUM_TABLE(rng_backend_table,
           RNG_BACKEND_LAST, [RNG_RANDOM] = "random", [RNG_EGD] = "egd", [RNG_BUILTIN] = "builtin");

enum { RNG_PERIOD_DEFAULT = 1000 };

static gboolean read_rate(xmlNode *node, Rng *rng, GError **error)
{
  xmlNode *rate = NULL;

  if (!xml_child(node, "rate", &rate, error))
    return FALSE;
  if (!rate)
    return TRUE;
  rng->period = RNG_PERIOD_DEFAULT;
  if (!xml_has_attribute(rate, "bytes"))
    return xml_error(error, rate, "bytes", "is missing");
  return xml_attribute_uint32(rate, "bytes", 1, G_MAXINT32, &rng->bytes, error) &&
         xml_attribute_uint32(rate, "period", 1, G_MAXINT32, &rng->period, error);
}

static gboolean read_path(xmlNode *backend, Rng *rng, GError **error)
{
  const char *text;

  rng->path = "/dev/random";
  return xml_text(backend, &text, error) && (!*text || xml_text_path(backend, &rng->path, error));
}

/* What it is connected by is a character device, that is sent and gives bytes. */
static gboolean read_egd(xmlNode *backend, Rng *rng, GError **error)
{
  if (!xml_has_attribute(backend, "type"))
    return xml_error(error, backend, "type", "is missing");
  if (!chardev_source_parse(backend, &rng->source, error))
    return FALSE;
  if (rng->source.type == CHARDEV_TCP || rng->source.type == CHARDEV_UDP ||
      rng->source.type == CHARDEV_UNIX || rng->source.type == CHARDEV_DEV ||
      rng->source.type == CHARDEV_PIPE || rng->source.type == CHARDEV_PTY)
    return TRUE;
  return xml_error(error, backend, "type",
                   "there is no daemon behind '%s' (known: dev, pipe, pty, tcp, udp, unix)",
                   enum_to_string(&chardev_type_table, (int)rng->source.type));
}

static gboolean read_backend(xmlNode *node, Rng *rng, GError **error)
{
  xmlNode *backend;

  if (!xml_child_required(node, "backend", &backend, error))
    return FALSE;
  rng->backend_place = xml_place(backend);
  if (!xml_attribute_enum_required(backend, "model", &rng_backend_table, XML_ENUM(&rng->backend), error))
    return FALSE;
  if (rng->backend == RNG_RANDOM)
    return read_path(backend, rng, error);
  return rng->backend == RNG_BUILTIN || read_egd(backend, rng, error);
}

static gboolean rng_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Rng *rng = (Rng *)device;
  xmlNode *driver = NULL;

  return xml_attribute_enum_required(node, "model", &rng_model_table, XML_ENUM(&rng->model), error) &&
         read_rate(node, rng, error) && read_backend(node, rng, error) &&
         xml_child(node, "driver", &driver, error) &&
         (!driver || virtio_options_parse(driver, &rng->options, error)) &&
         device_parse_alias(node, device, error) && address_parse(node, allowed, &device->address, error);
}

static gboolean rng_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "rng%u", device->index);
  device->pci_plug =
      ((const Rng *)device)->model == RNG_VIRTIO_TRANSITIONAL ? PCI_PLUG_CONVENTIONAL : PCI_PLUG_VIRTIO;
  return TRUE;
}

const DeviceRoom rng_room = {
  .element = "rng",
  .size = sizeof(Rng),
  .has_source = TRUE,
  .pci_order = DEVICE_PCI_ORDER_RNG,
  .parse = rng_parse,
  .complete = rng_complete,
  .validate = chardev_validate_source,
  .translate = rng_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
