/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/input.h"

#include "devices/graphics/graphics.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(input_type_table, INPUT_LAST, [INPUT_MOUSE] = "mouse", [INPUT_TABLET] = "tablet",
           [INPUT_KEYBOARD] = "keyboard", [INPUT_PASSTHROUGH] = "passthrough", [INPUT_EVDEV] = "evdev");
ENUM_TABLE(input_bus_table, INPUT_BUS_LAST, [INPUT_BUS_PS2] = "ps2", [INPUT_BUS_USB] = "usb",
           [INPUT_BUS_VIRTIO] = "virtio", [INPUT_BUS_XEN] = "xen", [INPUT_BUS_NONE] = NULL);
ENUM_TABLE(input_model_table, 1, "virtio");
ENUM_TABLE(input_toggle_table,
           INPUT_TOGGLE_LAST, [INPUT_TOGGLE_CTRL] = "ctrl-ctrl", [INPUT_TOGGLE_ALT] = "alt-alt",
           [INPUT_TOGGLE_SHIFT] = "shift-shift", [INPUT_TOGGLE_META] = "meta-meta",
           [INPUT_TOGGLE_SCROLL] = "scrolllock", [INPUT_TOGGLE_CTRL_SCROLL] = "ctrl-scrolllock");
ENUM_TABLE(input_grab_table, 2, [TRUE] = "all");

static InputBus default_bus(const Domain *domain, InputType type)
{
  Chipset chipset = chipset_of(domain);

  if (chipset == CHIPSET_CCW || chipset == CHIPSET_MICROVM)
    return INPUT_BUS_VIRTIO;
  return type == INPUT_TABLET || !chipset_is_x86(chipset) ? INPUT_BUS_USB : INPUT_BUS_PS2;
}

static gboolean read_source(xmlNode *node, Input *input, GError **error)
{
  xmlNode *source;

  if (!xml_child_required(node, "source", &source, error))
    return FALSE;
  input->path_place = xml_place(source);
  input->path_attribute = input->type == INPUT_EVDEV ? "dev" : "evdev";
  if (!xml_has_attribute(source, input->path_attribute))
    return xml_error(error, source, input->path_attribute,
                     "is missing: a device of the host's, as in /dev/input/by-id/...-event-kbd");
  if (!xml_attribute_path(source, input->path_attribute, &input->path, error))
    return FALSE;
  return input->type != INPUT_EVDEV ||
         (xml_attribute_enum(source, "grab", &input_grab_table, &input->grabs_all, error) &&
          xml_attribute_enum(source, "grabToggle", &input_toggle_table, XML_ENUM(&input->toggle), error) &&
          feature_state_parse(source, "repeat", &input->repeat, error));
}

/* Refuses a bus that the type is not for. */
static gboolean check_bus(xmlNode *node, const Input *input, GError **error)
{
  if (input->bus == INPUT_BUS_PS2 && input->type == INPUT_TABLET) {
    xml_error(error, node, "bus", "there is no tablet for bus 'ps2'");
    return error_add_hint(error, "use bus='usb', or bus='virtio' where the guest has the driver");
  }
  return input->type != INPUT_PASSTHROUGH || input->bus == INPUT_BUS_VIRTIO ||
         xml_error(error, node, "bus", "a device of type 'passthrough' is on bus 'virtio'");
}

static gboolean read_evdev(xmlNode *node, Input *input, GError **error)
{
  if (xml_attribute(node, "bus"))
    return xml_error(error, node, "bus",
                     "type 'evdev' has no bus: it moves the other input devices that the guest has");
  input->bus = INPUT_BUS_NONE;
  return device_parse_alias(node, &input->device, error) && read_source(node, input, error);
}

static gboolean parse_address(xmlNode *node, Input *input, GError **error)
{
  static const AddressType usb[] = { ADDRESS_USB, ADDRESS_NONE };
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE };

  static const AddressType any[] = { ADDRESS_USB, ADDRESS_PCI, ADDRESS_NONE };

  if (input->bus == INPUT_BUS_PS2 || input->bus == INPUT_BUS_XEN) /* an address says nothing */
    return TRUE;
  return address_parse(node,
                       input->bus == INPUT_BUS_DEFAULT ? any
                       : input->bus == INPUT_BUS_USB   ? usb
                                                       : pci,
                       &input->device.address, error);
}

static gboolean input_parse(xmlNode *node, Device *device, GError **error)
{
  Input *input = (Input *)device;
  int only = 0;

  if (!xml_attribute_enum_required(node, "type", &input_type_table, XML_ENUM(&input->type), error))
    return FALSE;
  if (input->type == INPUT_EVDEV)
    return read_evdev(node, input, error);
  if (!xml_attribute_enum(node, "bus", &input_bus_table, XML_ENUM(&input->bus), error))
    return FALSE;
  if (input->type == INPUT_PASSTHROUGH && input->bus == INPUT_BUS_DEFAULT)
    input->bus = INPUT_BUS_VIRTIO;
  if (input->bus == INPUT_BUS_VIRTIO && !xml_attribute_enum(node, "model", &input_model_table, &only, error))
    return FALSE;
  return check_bus(node, input, error) && device_parse_alias(node, device, error) &&
         parse_address(node, input, error) &&
         (input->type != INPUT_PASSTHROUGH || read_source(node, input, error));
}

/* Of a document for Xen, what the guest cannot have is replaced by its like. */
static gboolean replace_xen(const Domain *domain, Input *input, GError **error)
{
  if (!domain->is_xen) {
    error_set_document(error, &input->device.place, "bus",
                       "an input device on bus 'xen' needs the Xen hypervisor");
    return error_add_hint(error, "use bus='usb', or bus='virtio' where the guest has the driver");
  }
  input->bus = default_bus(domain, input->type);
  report_warning(domain->report, &input->device.place, "bus", NULL, "'xen' is Xen's; '%s' takes its place",
                 enum_to_string(&input_bus_table, (int)input->bus));
  return TRUE;
}

static gboolean input_complete(Domain *domain, Device *device, GError **error)
{
  Input *input = (Input *)device;

  if (input->bus == INPUT_BUS_DEFAULT)
    input->bus = default_bus(domain, input->type);
  if (input->bus == INPUT_BUS_XEN && !replace_xen(domain, input, error))
    return FALSE;
  device->is_usb = input->bus == INPUT_BUS_USB;
  device->pci_plug = input->bus == INPUT_BUS_VIRTIO ? PCI_PLUG_VIRTIO : PCI_PLUG_NONE;
  device_set_alias(domain, device, "input%u", device->index);
  return TRUE;
}

static void add_implied(Domain *domain, InputType type)
{
  Device *device = device_new(&input_room, /* node= */ NULL);

  device->place = device_first_of(domain, &graphics_room)->place;
  ((Input *)device)->type = type;
  domain_add_device(domain, device);
}

static gboolean validate_machine(const Domain *domain, const Device *device, GError **error)
{
  const Input *input = (const Input *)device;
  const Address *address = &device->address;

  if (input->bus == INPUT_BUS_PS2 && !chipset_is_x86(chipset_of(domain))) {
    error_set_document(error, &device->place, "bus", "'ps2' is of PCs, and machine '%s' has no such ports",
                       domain->os->machine);
    return error_add_hint(error, "use bus='usb', or bus='virtio' where the guest has the driver");
  }
  if (address->is_given && (address->type == ADDRESS_USB) != (input->bus == INPUT_BUS_USB) &&
      input->bus != INPUT_BUS_PS2)
    return error_set_document(error, &address->place, "type",
                              "an input device on bus '%s' cannot have an address of type '%s'",
                              enum_to_string(&input_bus_table, (int)input->bus),
                              enum_to_string(&address_type_table, (int)address->type));
  return TRUE;
}

static void claim_path(const Device *device, GPtrArray *claims)
{
  if (device->room == &input_room && ((const Input *)device)->path)
    g_ptr_array_add(claims, g_strdup(((const Input *)device)->path));
}

/* Whoever opens it has all that it says. */
static gboolean input_validate(const Domain *domain, const Device *device, GError **error)
{
  const Input *input = (const Input *)device;
  const Device *first = input->path ? device_first_claimant(domain, claim_path, input->path) : device;

  if (!validate_machine(domain, device, error))
    return FALSE;
  return first == device ||
         error_set_document(error, &input->path_place, input->path_attribute,
                            "'%s' is that of the device on line %d", input->path, first->place.line);
}

void input_imply(Domain *domain)
{
  gboolean has_keyboard = FALSE, has_pointer = FALSE;

  if (chipset_of(domain) != CHIPSET_PSERIES || !device_first_of(domain, &graphics_room))
    return;
  DOMAIN_FOREACH_OF(domain, &input_room, device, i) {
    has_keyboard = has_keyboard || ((const Input *)device)->type == INPUT_KEYBOARD;
    has_pointer = has_pointer || ((const Input *)device)->type != INPUT_KEYBOARD;
  }
  if (!has_keyboard)
    add_implied(domain, INPUT_KEYBOARD);
  if (!has_pointer)
    add_implied(domain, INPUT_MOUSE);
}

static void input_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Input *input = (const Input *)device;

  xml_set_attribute(node, "type", enum_to_string(&input_type_table, (int)input->type));
  if (input->bus != INPUT_BUS_NONE)
    xml_set_attribute(node, "bus", enum_to_string(&input_bus_table, (int)input->bus));
}

const DeviceRoom input_room = {
  .element = "input",
  .size = sizeof(Input),
  .pci_order = DEVICE_PCI_ORDER_INPUT,
  .usb_order = DEVICE_USB_ORDER_INPUT,
  .parse = input_parse,
  .complete = input_complete,
  .validate = input_validate,
  .translate = input_translate,
  .annotate = input_annotate,
  .clear = device_clear_nothing,
};
