/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/input.h"

#include "devices/controller/controller.h"

ENUM_TABLE(
    input_usb_driver_table,
    INPUT_LAST, [INPUT_MOUSE] = "usb-mouse", [INPUT_TABLET] = "usb-tablet", [INPUT_KEYBOARD] = "usb-kbd");
ENUM_TABLE(input_virtio_driver_table, INPUT_LAST, [INPUT_MOUSE] = "virtio-mouse-pci",
           [INPUT_TABLET] = "virtio-tablet-pci", [INPUT_KEYBOARD] = "virtio-keyboard-pci");

gboolean input_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Input *input = (const Input *)device;
  Props *props;

  if (input->bus == INPUT_BUS_PS2) /* the machine has them */
    return TRUE;
  props = props_new("driver", enum_to_string(input->bus == INPUT_BUS_USB ? &input_usb_driver_table
                                                                         : &input_virtio_driver_table,
                                             (int)input->type));
  props_add_string(props, "id", device->alias);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
