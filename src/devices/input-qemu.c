/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/input.h"

#include "devices/controller/controller.h"
#include "devices/virtio.h"

ENUM_TABLE(input_usb_driver_table, INPUT_LAST, [INPUT_MOUSE] = "usb-mouse", [INPUT_TABLET] = "usb-tablet",
           [INPUT_KEYBOARD] = "usb-kbd", [INPUT_EVDEV] = /* no device */ NULL);
ENUM_TABLE(input_virtio_driver_table, INPUT_LAST, [INPUT_MOUSE] = "virtio-mouse-pci",
           [INPUT_TABLET] = "virtio-tablet-pci", [INPUT_KEYBOARD] = "virtio-keyboard-pci",
           [INPUT_PASSTHROUGH] = "virtio-input-host-pci", [INPUT_EVDEV] = NULL);

static void add_evdev(const Input *input, Plan *plan)
{
  Props *object = props_new("qom-type", "input-linux");

  props_add_string(object, "id", input->device.alias);
  props_add_string(object, "evdev", input->path);
  feature_state_add(object, "repeat", input->repeat);
  if (input->grabs_all)
    props_add_bool(object, "grab_all", TRUE);
  props_add_string(object, "grab-toggle", enum_to_string(&input_toggle_table, (int)input->toggle));
  plan_add_json(plan, PLAN_BOTH, "-object", object);
}

gboolean input_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Input *input = (const Input *)device;
  Props *props;

  if (input->path)
    plan_require(plan, PLAN_REQUIRE_DEVICE, &input->path_place, input->path_attribute, input->path);
  if (input->type == INPUT_EVDEV) {
    add_evdev(input, plan);
    return TRUE;
  }
  if (input->bus == INPUT_BUS_PS2) /* the machine has them */
    return TRUE;
  props = virtio_props_new(device, enum_to_string(input->bus == INPUT_BUS_USB ? &input_usb_driver_table
                                                                              : &input_virtio_driver_table,
                                                  (int)input->type));
  props_add_string(props, "id", device->alias);
  props_add_string(props, "evdev", input->path);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
