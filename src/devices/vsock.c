/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/vsock.h"

#include "domain/domain.h"
#include "domain/generator.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(vsock_model_table,
           VSOCK_LAST, [VSOCK_VIRTIO] = "virtio", [VSOCK_VIRTIO_TRANSITIONAL] = "virtio-transitional",
           [VSOCK_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional");

/* Those below are the host's (vsock(7)). */
enum { VSOCK_CID_MIN = 3 };

static gboolean read_cid(xmlNode *node, Vsock *vsock, GError **error)
{
  xmlNode *cid = NULL;
  gboolean is_auto = FALSE;

  if (!xml_child(node, "cid", &cid, error))
    return FALSE;
  if (!cid)
    return xml_error(error, node, NULL,
                     "there is no <cid>: <cid auto='yes'/> or <cid auto='no' address='3'/>");
  if (!xml_attribute_yes_no(cid, "auto", &is_auto, error))
    return FALSE;
  if (is_auto) { /* the number is that of a guest that ran */
    xml_attribute(cid, "address");
    return TRUE;
  }
  if (!xml_has_attribute(cid, "address"))
    return xml_error(error, cid, "address", "is missing; auto='yes' leaves it to domrun");
  return xml_attribute_uint32(cid, "address", VSOCK_CID_MIN, G_MAXUINT32 - 1, &vsock->cid, error);
}

static gboolean vsock_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Vsock *vsock = (Vsock *)device;
  xmlNode *driver = NULL;

  return xml_attribute_enum(node, "model", &vsock_model_table, XML_ENUM(&vsock->model), error) &&
         read_cid(node, vsock, error) && xml_child(node, "driver", &driver, error) &&
         (!driver || virtio_options_parse(driver, &vsock->options, error)) &&
         device_parse_alias(node, device, error) && address_parse(node, allowed, &device->address, error);
}

static gboolean vsock_complete(Domain *domain, Device *device, GError **error)
{
  Vsock *vsock = (Vsock *)device;

  device_set_alias(domain, device, "vsock%u", device->index);
  device->pci_plug = vsock->model == VSOCK_VIRTIO_TRANSITIONAL ? PCI_PLUG_CONVENTIONAL : PCI_PLUG_VIRTIO;
  if (!vsock->cid)
    vsock->cid = generator_cid(domain->generator);
  return TRUE;
}

static gboolean vsock_validate(const Domain *domain, const Device *device, GError **error)
{
  if (device->index > 0)
    return error_set_document(error, &device->place, NULL, "a guest can have one vsock device");
  return TRUE;
}

static void vsock_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  xmlNode *cid = xml_set_child(node, "cid");

  xml_set_attribute_format(cid, "address", "%u", ((const Vsock *)device)->cid);
}

const DeviceRoom vsock_room = {
  .element = "vsock",
  .size = sizeof(Vsock),
  .pci_order = DEVICE_PCI_ORDER_VSOCK,
  .parse = vsock_parse,
  .complete = vsock_complete,
  .validate = vsock_validate,
  .translate = vsock_translate,
  .annotate = vsock_annotate,
  .clear = device_clear_nothing,
};
