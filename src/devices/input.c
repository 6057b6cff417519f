/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/input.h"

#include "domain/domain.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(input_type_table,
           INPUT_LAST, [INPUT_MOUSE] = "mouse", [INPUT_TABLET] = "tablet", [INPUT_KEYBOARD] = "keyboard");
ENUM_TABLE(input_bus_table, INPUT_BUS_LAST, [INPUT_BUS_PS2] = "ps2", [INPUT_BUS_USB] = "usb",
           [INPUT_BUS_VIRTIO] = "virtio", [INPUT_BUS_XEN] = "xen");
ENUM_TABLE(input_model_table, 1, "virtio");

static InputBus default_bus(InputType type)
{
  return type == INPUT_TABLET ? INPUT_BUS_USB : INPUT_BUS_PS2;
}

static gboolean parse_address(xmlNode *node, Input *input, GError **error)
{
  static const AddressType usb[] = { ADDRESS_USB, ADDRESS_NONE };
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE };

  if (input->bus == INPUT_BUS_PS2 || input->bus == INPUT_BUS_XEN) /* an address says nothing */
    return TRUE;
  return address_parse(node, input->bus == INPUT_BUS_USB ? usb : pci, &input->device.address, error);
}

static gboolean input_parse(xmlNode *node, Device *device, GError **error)
{
  Input *input = (Input *)device;
  int only = 0;

  if (!xml_attribute_enum_required(node, "type", &input_type_table, XML_ENUM(&input->type), error) ||
      !xml_attribute_enum(node, "bus", &input_bus_table, XML_ENUM(&input->bus), error))
    return FALSE;
  if (input->bus == INPUT_BUS_DEFAULT)
    input->bus = default_bus(input->type);
  if (input->bus == INPUT_BUS_VIRTIO && !xml_attribute_enum(node, "model", &input_model_table, &only, error))
    return FALSE;
  if (input->bus == INPUT_BUS_PS2 && input->type == INPUT_TABLET) {
    xml_error(error, node, "bus", "there is no tablet for bus 'ps2'");
    return error_add_hint(error, "use bus='usb', or bus='virtio' where the guest has the driver");
  }
  return device_parse_alias(node, device, error) && parse_address(node, input, error);
}

/* Of a document for Xen, what the guest cannot have is replaced by its like. */
static gboolean replace_xen(const Domain *domain, Input *input, GError **error)
{
  if (!domain->is_xen) {
    error_set_document(error, &input->device.place, "bus",
                       "an input device on bus 'xen' needs the Xen hypervisor");
    return error_add_hint(error, "use bus='usb', or bus='virtio' where the guest has the driver");
  }
  input->bus = default_bus(input->type);
  report_warning(domain->report, &input->device.place, "bus", NULL, "'xen' is Xen's; '%s' takes its place",
                 enum_to_string(&input_bus_table, (int)input->bus));
  return TRUE;
}

static gboolean input_complete(Domain *domain, Device *device, GError **error)
{
  Input *input = (Input *)device;

  if (input->bus == INPUT_BUS_XEN && !replace_xen(domain, input, error))
    return FALSE;
  device->is_usb = input->bus == INPUT_BUS_USB;
  device->pci_plug = input->bus == INPUT_BUS_VIRTIO ? PCI_PLUG_EXPRESS : PCI_PLUG_NONE;
  device_set_alias(domain, device, "input%u", device->index);
  return TRUE;
}

static void input_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  xml_set_attribute(node, "bus", enum_to_string(&input_bus_table, (int)((const Input *)device)->bus));
}

const DeviceRoom input_room = {
  .element = "input",
  .size = sizeof(Input),
  .pci_order = DEVICE_PCI_ORDER_INPUT,
  .usb_order = DEVICE_USB_ORDER_INPUT,
  .parse = input_parse,
  .complete = input_complete,
  .validate = device_validate_nothing,
  .translate = input_translate,
  .annotate = input_annotate,
  .clear = device_clear_nothing,
};
