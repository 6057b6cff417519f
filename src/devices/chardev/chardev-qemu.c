/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev/chardev.h"

#include "devices/controller/controller.h"

ENUM_TABLE(chardev_driver_table, CHARDEV_TARGET_LAST, [CHARDEV_TARGET_ISA] = "isa-serial",
           [CHARDEV_TARGET_SPAPR] = "spapr-vty", [CHARDEV_TARGET_SCLP] = "sclpconsole",
           [CHARDEV_TARGET_SCLPLM] = "sclplmconsole", [CHARDEV_TARGET_USB] = "usb-serial",
           [CHARDEV_TARGET_PCI] = "pci-serial", [CHARDEV_TARGET_DEBUG] = "isa-debugcon",
           [CHARDEV_TARGET_VIRTIO] = "virtconsole", [CHARDEV_TARGET_XEN] = NULL);

/* The back end, and the device in front of it. */
static Props *translate_device(const Device *device, const char *driver, Plan *plan)
{
  const Chardev *chardev = (const Chardev *)device;
  Props *props = props_new("driver", driver);

  chardev_source_translate(&chardev->source, device, plan);
  props_add_format(props, "chardev", "char%s", device->alias);
  props_add_string(props, "id", device->alias);
  return props;
}

static void add_isa(const Device *device, Props *props)
{
  if (device->address.iobase)
    props_add_uint(props, "iobase", device->address.iobase);
  if (device->address.irq)
    props_add_uint(props, "irq", device->address.irq);
}

gboolean serial_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Chardev *serial = (const Chardev *)device;
  Props *props;

  if (serial->target == CHARDEV_TARGET_SYSTEM) { /* the board has it */
    chardev_source_translate(&serial->source, device, plan);
    plan_add_format(plan, PLAN_BOTH, "-serial", "chardev:char%s", device->alias);
    return TRUE;
  }
  props = translate_device(device, enum_to_string(&chardev_driver_table, (int)serial->target), plan);
  if (serial->target == CHARDEV_TARGET_ISA)
    props_add_int(props, "index", serial->port);
  add_isa(device, props);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}

gboolean parallel_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  Props *props = translate_device(device, "isa-parallel", plan);

  props_add_int(props, "index", ((const Chardev *)device)->port);
  add_isa(device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}

/* Without a port the bus gives the next one. */
static void add_virtio_serial(const Domain *domain, const VirtioSerialAddress *address, Props *props)
{
  g_autofree char *bus = controller_bus(domain, CONTROLLER_VIRTIO_SERIAL, address->controller);

  props_add_string(props, "bus", bus);
  if (address->port)
    props_add_uint(props, "nr", address->port);
}

gboolean console_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Chardev *console = (const Chardev *)device;
  Props *props;

  if (console->is_duplicate)
    return TRUE;
  props = translate_device(device, enum_to_string(&chardev_driver_table, (int)console->target), plan);
  if (console->target == CHARDEV_TARGET_VIRTIO)
    add_virtio_serial(domain, &device->address.virtio_serial, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
