/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/controller.h"

#include "domain/chipset.h"
#include "domain/domain.h"
#include "domain/features.h"

/* QEMU's devices, but for those of PCI buses. */
ENUM_TABLE(controller_driver_table, CONTROLLER_MODEL_LAST, [CONTROLLER_PIIX3_UHCI] = "piix3-usb-uhci",
           [CONTROLLER_PIIX4_UHCI] = "piix4-usb-uhci", [CONTROLLER_EHCI] = "usb-ehci",
           [CONTROLLER_ICH9_EHCI1] = "ich9-usb-ehci1", [CONTROLLER_ICH9_UHCI1] = "ich9-usb-uhci1",
           [CONTROLLER_ICH9_UHCI2] = "ich9-usb-uhci2", [CONTROLLER_ICH9_UHCI3] = "ich9-usb-uhci3",
           [CONTROLLER_PCI_OHCI] = "pci-ohci", [CONTROLLER_NEC_XHCI] = "nec-usb-xhci",
           [CONTROLLER_QEMU_XHCI] = "qemu-xhci", [CONTROLLER_VIRTIO_SCSI] = "virtio-scsi-pci",
           [CONTROLLER_VIRTIO_TRANSITIONAL] = "virtio-scsi-pci-transitional",
           [CONTROLLER_VIRTIO_NON_TRANSITIONAL] = "virtio-scsi-pci-non-transitional",
           [CONTROLLER_LSILOGIC] = "lsi", [CONTROLLER_LSISAS1068] = "mptsas1068",
           [CONTROLLER_LSISAS1078] = "megasas", [CONTROLLER_VMPVSCSI] = "pvscsi",
           [CONTROLLER_IBMVSCSI] = "spapr-vscsi", [CONTROLLER_AM53C974] = "am53c974",
           [CONTROLLER_DC390] = "dc390", [CONTROLLER_ICH6] = /* built in */ NULL);

ENUM_TABLE(controller_serial_driver_table, CONTROLLER_MODEL_LAST, [CONTROLLER_VIRTIO] = "virtio-serial-pci",
           [CONTROLLER_VIRTIO_TRANSITIONAL] = "virtio-serial-pci-transitional",
           [CONTROLLER_VIRTIO_NON_TRANSITIONAL] = "virtio-serial-pci-non-transitional",
           [CONTROLLER_ICH6] = /* of no such controller */ NULL);

ENUM_TABLE(
    controller_pci_driver_table, CONTROLLER_MODEL_LAST, [CONTROLLER_PCI_ROOT] = "spapr-pci-host-bridge",
    [CONTROLLER_PCI_BRIDGE] = "pci-bridge", [CONTROLLER_DMI_TO_PCI_BRIDGE] = "i82801b11-bridge",
    [CONTROLLER_PCIE_TO_PCI_BRIDGE] = "pcie-pci-bridge", [CONTROLLER_PCIE_ROOT_PORT] = "pcie-root-port",
    [CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT] = "x3130-upstream",
    [CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT] = "xio3130-downstream", [CONTROLLER_PCI_EXPANDER_BUS] = "pxb",
    [CONTROLLER_PCIE_EXPANDER_BUS] = "pxb-pcie", [CONTROLLER_ICH6] = /* of no such controller */ NULL);

static const char *driver_of(const Controller *controller)
{
  switch (controller->type) {
  case CONTROLLER_PCI:
    if (controller->target.name == CONTROLLER_NAME_IOH3420)
      return "ioh3420";
    return enum_to_string(&controller_pci_driver_table, (int)controller->model);
  case CONTROLLER_VIRTIO_SERIAL:
    return enum_to_string(&controller_serial_driver_table, (int)controller->model);
  case CONTROLLER_SATA:
    return "ahci";
  case CONTROLLER_FDC:
    return "isa-fdc";
  case CONTROLLER_CCID:
    return "usb-ccid";
  case CONTROLLER_USB:
  case CONTROLLER_SCSI:
  case CONTROLLER_IDE:
  case CONTROLLER_LAST:
    break;
  }
  return enum_to_string(&controller_driver_table, (int)controller->model);
}

static void add_number(Props *props, const char *key, guint32 value)
{
  if (value != CONTROLLER_UNSET)
    props_add_uint(props, key, value);
}

static void add_target(const Controller *controller, Props *props)
{
  const ControllerTarget *target = &controller->target;

  if (controller->model == CONTROLLER_PCI_ROOT) /* another host bridge of pseries */
    props_add_uint(props, "index", controller->index);
  add_number(props, "bus_nr", target->bus_nr);
  add_number(props, "numa_node", target->node);
  add_number(props, "port", target->port);
  add_number(props, "chassis", target->chassis);
  add_number(props, "chassis_nr", target->chassis_nr);
  feature_state_add(props, "hotplug", target->hotplug);
  if (target->reserve_kib)
    props_add_uint(props, "mem-reserve", (guint64)target->reserve_kib * 1024);
}

static void add_usb(const Domain *domain, const Controller *controller, Props *props)
{
  if (controller_is_companion(controller)) {
    g_autofree char *master = controller_bus(domain, CONTROLLER_USB, controller->index);

    props_add_string(props, "masterbus", master);
    props_add_uint(props, "firstport", controller->master_port);
  }
  add_number(props, "p2", controller->ports);
  add_number(props, "p3", controller->ports);
}

static void add_by_type(const Domain *domain, const Controller *controller, Props *props)
{
  switch (controller->type) {
  case CONTROLLER_PCI:
    add_target(controller, props);
    break;
  case CONTROLLER_USB:
    add_usb(domain, controller, props);
    break;
  case CONTROLLER_VIRTIO_SERIAL:
    add_number(props, "max_ports", controller->ports);
    add_number(props, "vectors", controller->vectors);
    break;
  case CONTROLLER_SCSI:
  case CONTROLLER_IDE:
  case CONTROLLER_FDC:
  case CONTROLLER_SATA:
  case CONTROLLER_CCID:
  case CONTROLLER_LAST:
    break;
  }
}

/* What is said of the machine's own root. */
static void translate_root(const Domain *domain, const Controller *controller, Plan *plan)
{
  const ControllerTarget *target = &controller->target;
  const char *pm = chipset_pm_driver(chipset_of(domain), domain->features->acpi);

  if (target->has_hole64 && chipset_is_x86(chipset_of(domain)))
    plan_add_format(plan, PLAN_BOTH, "-global", "%s.pci-hole64-size=%" G_GUINT64_FORMAT "K",
                    controller->model == CONTROLLER_PCIE_ROOT ? "q35-pcihost" : "i440FX-pcihost",
                    target->hole64_kib);
  if (target->hotplug != FEATURE_UNSET && pm)
    plan_add_format(plan, PLAN_BOTH, "-global", "%s.acpi-root-pci-hotplug=%s", pm,
                    target->hotplug == FEATURE_ON ? "on" : "off");
}

gboolean controller_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Controller *controller = (const Controller *)device;
  Props *props;

  if (controller->type == CONTROLLER_PCI && controller->is_builtin)
    translate_root(domain, controller, plan);
  if (controller->is_builtin || (controller->type == CONTROLLER_FDC && !controller->has_drives))
    return TRUE;
  props = virtio_props_new(device, driver_of(controller));
  if (controller_model_is_virtio(controller->model))
    controller_driver_translate(&controller->driver, props);
  add_by_type(domain, controller, props);
  props_add_string(props, "id", device->alias);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}

const char *controller_pci_bus(const Domain *domain, guint32 index)
{
  const Controller *controller = controller_find(domain, CONTROLLER_PCI, index);

  return controller->device.alias; /* the address pass has seen to it that there is one */
}

char *controller_bus(const Domain *domain, ControllerType type, guint32 index)
{
  const Controller *controller = controller_find(domain, type, index);

  return g_strdup_printf("%s.0", controller->device.alias);
}

/* A slot with its function, as QEMU writes it: "0x3", "0x1.0x2". */
static void add_slot(const Domain *domain, const PciAddress *pci, Props *props)
{
  const Controller *controller = controller_find(domain, CONTROLLER_PCI, pci->bus);

  if (controller->model == CONTROLLER_PCI_ROOT && controller->index > 0) /* the bus of a host bridge */
    props_add_format(props, "bus", "%s.0", controller->device.alias);
  else
    props_add_string(props, "bus", controller_pci_bus(domain, pci->bus));
  if (pci->multifunction)
    props_add_bool(props, "multifunction", TRUE);
  if (pci->function)
    props_add_format(props, "addr", "0x%x.0x%x", pci->slot, pci->function);
  else
    props_add_format(props, "addr", "0x%x", pci->slot);
}

static void add_port(const Domain *domain, const UsbAddress *usb, Props *props)
{
  g_autofree char *bus = controller_bus(domain, CONTROLLER_USB, usb->bus);

  props_add_string(props, "bus", bus);
  props_add_string(props, "port", usb->port);
}

gboolean controller_has_targets(const Domain *domain, guint32 index)
{
  const Controller *controller = controller_find(domain, CONTROLLER_SCSI, index);
  ControllerModel model = controller->model;

  if (model == CONTROLLER_MODEL_DEFAULT) /* it is not completed yet */
    model = controller_model_default(domain, CONTROLLER_SCSI, index, /* is_named= */ TRUE);
  return model != CONTROLLER_LSILOGIC;
}

void controller_add_address(const Domain *domain, const Device *device, Props *props)
{
  if (device->address.type == ADDRESS_PCI) {
    add_slot(domain, &device->address.pci, props);
    if (device->acpi_index)
      props_add_uint(props, "acpi-index", device->acpi_index);
  } else if (device->address.type == ADDRESS_USB) {
    add_port(domain, &device->address.usb, props);
  } else if (device->address.type == ADDRESS_CCW) {
    const CcwAddress *ccw = &device->address.ccw;

    props_add_format(props, "devno", "%x.%x.%04x", ccw->cssid, ccw->ssid, ccw->devno);
  } else if (device->address.type == ADDRESS_SPAPR_VIO) {
    props_add_uint(props, "reg", device->address.spapr_vio.reg);
  }
}
