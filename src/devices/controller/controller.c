/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/controller.h"

#include "domain/chipset.h"
#include "domain/cpu.h"
#include "domain/devices.h"
#include "domain/features.h"
#include "domain/os.h"
#include "xml/annotate.h"
#include "xml/element.h"

static gboolean read_master(xmlNode *node, Controller *controller, GError **error)
{
  xmlNode *master = NULL;

  if (!xml_child(node, "master", &master, error))
    return FALSE;
  if (!master) {
    if (controller_model_is_companion(controller->model))
      controller->master_port = controller_model_start_port(controller->model);
    return TRUE;
  }
  return xml_attribute_uint32(master, "startport", 0, 15, &controller->master_port, error);
}

static gboolean read_by_type(xmlNode *node, Controller *controller, GError **error)
{
  switch (controller->type) {
  case CONTROLLER_PCI:
    return controller_target_parse(node, &controller->target, error);
  case CONTROLLER_USB:
    return xml_attribute_uint32(node, "ports", 0, 15, &controller->ports, error) &&
           read_master(node, controller, error);
  case CONTROLLER_VIRTIO_SERIAL:
    return xml_attribute_uint32(node, "ports", 1, 511, &controller->ports, error) &&
           xml_attribute_uint32(node, "vectors", 0, G_MAXINT32, &controller->vectors, error);
  case CONTROLLER_SCSI:
  case CONTROLLER_IDE:
  case CONTROLLER_FDC:
  case CONTROLLER_SATA:
  case CONTROLLER_CCID:
  case CONTROLLER_LAST:
    break;
  }
  return TRUE;
}

void controller_unset(Controller *controller)
{
  controller->index = CONTROLLER_UNSET;
  controller->ports = CONTROLLER_UNSET;
  controller->vectors = CONTROLLER_UNSET;
  controller->master_port = CONTROLLER_UNSET;
  controller_target_unset(&controller->target);
}

static gboolean controller_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE };
  static const AddressType usb[] = { ADDRESS_USB, ADDRESS_NONE };
  Controller *controller = (Controller *)device;

  controller_unset(controller);
  return controller_type_parse(node, &controller->type, error) &&
         controller_model_parse(node, controller->type, &controller->model, error) &&
         xml_attribute_uint32(node, "index", 0, CONTROLLER_INDEX_MAX, &controller->index, error) &&
         read_by_type(node, controller, error) && controller_driver_parse(node, &controller->driver, error) &&
         device_parse_acpi(node, device, error) && device_parse_alias(node, device, error) &&
         address_parse(node, controller->type == CONTROLLER_CCID ? usb : pci, &device->address, error);
}

gboolean controller_is_companion(const Controller *controller)
{
  return controller->master_port != CONTROLLER_UNSET;
}

static void set_alias(Domain *domain, Controller *controller)
{
  Device *device = &controller->device;

  if (controller->model == CONTROLLER_PCIE_ROOT)
    device_set_alias(domain, device, "pcie.0");
  else if (controller->type == CONTROLLER_PCI)
    device_set_alias(domain, device, "pci.%u", controller->index);
  else if (controller->type == CONTROLLER_USB && controller->index == 0 &&
           !controller_is_companion(controller))
    device_set_alias(domain, device, "usb");
  else if (controller->type == CONTROLLER_USB &&
           controller_is_companion(controller)) /* one id for each device of the group */
    device_set_alias(domain, device, "usb%u-companion%u", controller->index, controller->master_port);
  else if ((controller->type == CONTROLLER_IDE || controller->type == CONTROLLER_SATA) &&
           controller->is_builtin)
    device_set_alias(domain, device, "ide");
  else
    device_set_alias(domain, device, "%s%u", enum_to_string(&controller_type_table, (int)controller->type),
                     controller->index);
}

/* What the machine has by itself has its own name, by which others are plugged into it. */
static void forget_alias(Domain *domain, Device *device)
{
  const char *chosen = device->alias;

  device->alias = NULL;
  set_alias(domain, (Controller *)device);
  if (chosen)
    report_warning(domain->report, &device->place, NULL, NULL,
                   "the alias '%s' has no effect: the machine's own is '%s'", chosen, device->alias);
}

static gboolean is_builtin(const Controller *controller, Chipset chipset)
{
  return (controller->model == CONTROLLER_PCI_ROOT && controller->index == 0) ||
         controller->model == CONTROLLER_PCIE_ROOT || controller->model == CONTROLLER_USB_NONE ||
         controller->type == CONTROLLER_IDE ||
         (controller->type == CONTROLLER_FDC && chipset != CHIPSET_Q35) ||
         (controller->type == CONTROLLER_SATA && chipset == CHIPSET_Q35 && controller->index == 0);
}

/* Of a machine that is of another kind altogether. */
static gboolean set_foreign_model(const Domain *domain, const Controller *controller, GError **error)
{
  error_set_document(error, &controller->device.place, "model",
                     "machine '%s' has no controller of model '%s'", domain->os->machine,
                     enum_to_string(&controller_model_table, (int)controller->model));
  if (controller->model == CONTROLLER_IBMVSCSI)
    return error_add_hint(error,
                          "it is of IBM's pSeries machines; use model='virtio-scsi', or 'lsilogic' for "
                          "systems without a driver for it");
  return error_add_hint(error, "remove the element: the controllers that the machine has are there by "
                               "themselves");
}

static gboolean check_chipset(const Domain *domain, const Controller *controller, GError **error)
{
  Chipset chipset = chipset_of(domain);
  const char *model = enum_to_string(&controller_model_table, (int)controller->model);

  if (controller_model_fits(controller->model, chipset))
    return TRUE;
  if (controller->model == CONTROLLER_IBMVSCSI || !chipset_has_pci(chipset) || chipset == CHIPSET_PSERIES)
    return set_foreign_model(domain, controller, error);
  if (chipset_is_express(chipset)) {
    error_set_document(error, &controller->device.place, "model",
                       "'%s' needs the conventional PCI root of machine='pc'; this is '%s'", model,
                       domain->os->machine);
    return error_add_hint(error, "on this machine it is model='%s'",
                          controller->model == CONTROLLER_PCI_ROOT ? "pcie-root" : "pcie-expander-bus");
  }
  error_set_document(error, &controller->device.place, "model",
                     "'%s' needs the PCI Express of machine='q35'; this is '%s'", model, domain->os->machine);
  if (chipset == CHIPSET_I440FX)
    error_add_hint(error, "on this machine, model='pci-bridge' gives more PCI slots");
  return FALSE;
}

/* The root is controller 0, and no other is. */
static gboolean check_root(const Domain *domain, const Controller *controller, GError **error)
{
  const Place *place = &controller->device.place;

  if (controller->type != CONTROLLER_PCI ||
      (controller->index == 0) ==
          (controller->model == CONTROLLER_PCI_ROOT || controller->model == CONTROLLER_PCIE_ROOT))
    return TRUE;
  if (chipset_of(domain) == CHIPSET_PSERIES && controller->model == CONTROLLER_PCI_ROOT) /* has several */
    return TRUE;
  if (controller->index == 0)
    return error_set_document(error, place, "model", "PCI controller 0 is the machine's own: '%s'",
                              chipset_is_express(chipset_of(domain)) ? "pcie-root" : "pci-root");
  return error_set_document(error, place, "index", "the PCI root has index 0; this is %u", controller->index);
}

static gboolean controller_complete(Domain *domain, Device *device, GError **error)
{
  Controller *controller = (Controller *)device;
  Chipset chipset = chipset_of(domain);

  if (controller->model == CONTROLLER_MODEL_DEFAULT)
    controller->model =
        controller_model_default(domain, controller->type, controller->index, device->node != NULL);
  if (!check_chipset(domain, controller, error))
    return FALSE;
  controller->is_builtin = is_builtin(controller, chipset);
  if (!check_root(domain, controller, error))
    return FALSE;
  device->pci_plug =
      controller->is_builtin ? PCI_PLUG_NONE : controller_model_plug(controller->type, controller->model);
  device->is_usb = controller->type == CONTROLLER_CCID;
  if (controller->model == CONTROLLER_IBMVSCSI)
    device->vio_base = VIO_BASE_SCSI;
  if (controller->is_builtin && controller->model != CONTROLLER_USB_NONE)
    forget_alias(domain, device);
  else
    set_alias(domain, controller);
  return TRUE;
}

static gboolean validate_limits(const Domain *domain, const Controller *controller, GError **error)
{
  Chipset chipset = chipset_of(domain);
  const Place *place = &controller->device.place;

  if (controller->type == CONTROLLER_IDE && chipset != CHIPSET_I440FX && chipset != CHIPSET_ISA) {
    error_set_document(error, place, NULL, "machine '%s' has no IDE bus", domain->os->machine);
    return chipset == CHIPSET_Q35
               ? error_add_hint(error, "use bus='sata' for disks and CD-ROM drives, or machine='pc'")
               : error_add_hint(error, "use bus='virtio' for disks, and bus='scsi' for CD-ROM drives");
  }
  if (controller->type == CONTROLLER_FDC && !chipset_is_x86(chipset))
    return error_set_document(error, place, NULL, "machine '%s' has no floppy drives", domain->os->machine);
  if (controller->type == CONTROLLER_IDE && controller->index > 0)
    return error_set_document(error, place, NULL, "IDE controller %u: the machine has one, with four drives",
                              controller->index);
  if (controller->type == CONTROLLER_FDC && controller->index > 0)
    return error_set_document(
        error, place, NULL, "floppy controller %u: the machine has one, with two drives", controller->index);
  if (!chipset_has_pci_root(chipset) && controller->device.pci_plug != PCI_PLUG_NONE &&
      (controller->device.address.type == ADDRESS_NONE || controller->device.address.type == ADDRESS_PCI))
    return error_set_document(error, place, NULL, "machine '%s' has no PCI bus for a controller of type '%s'",
                              domain->os->machine,
                              enum_to_string(&controller_type_table, (int)controller->type));
  return TRUE;
}

static gboolean validate_usb(const Domain *domain, const Controller *controller, GError **error)
{
  const Place *place = &controller->device.place;

  if (controller_is_companion(controller) && !controller_find(domain, CONTROLLER_USB, controller->index)) {
    error_set_document(error, place, NULL, "there is no USB controller %u that this is the companion of",
                       controller->index);
    return error_add_hint(error, "<controller type='usb' index='%u' model='ich9-ehci1'/> adds it",
                          controller->index);
  }
  if (controller->ports != CONTROLLER_UNSET && controller->model != CONTROLLER_NEC_XHCI &&
      controller->model != CONTROLLER_QEMU_XHCI) {
    error_set_document(error, place, "ports", "a controller of model '%s' has %u, and no other number",
                       enum_to_string(&controller_model_table, (int)controller->model),
                       controller_model_usb_ports(controller->model));
    return error_add_hint(error, "models 'qemu-xhci' and 'nec-xhci' can have up to 15");
  }
  return TRUE;
}

/* That there is no USB, and that there is. */
static gboolean validate_no_usb(const Domain *domain, const Controller *controller, GError **error)
{
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    const Controller *other = (const Controller *)device;

    if (other != controller && other->type == CONTROLLER_USB && other->model != CONTROLLER_USB_NONE)
      return error_set_document(error, &controller->device.place, "model",
                                "'none' says that the guest has no USB, and there is a controller on line %d",
                                device->place.line);
  }
  return TRUE;
}

/* What only one bus can have: QEMU's rule. */
static void claim_number(const Device *device, GPtrArray *claims)
{
  const Controller *controller = (const Controller *)device;

  if (device->room != &controller_room || controller->type != CONTROLLER_PCI)
    return;
  if (controller->target.chassis != CONTROLLER_UNSET)
    g_ptr_array_add(claims, g_strdup_printf("chassis %u", controller->target.chassis));
  if (controller->target.bus_nr != CONTROLLER_UNSET)
    g_ptr_array_add(claims, g_strdup_printf("busNr %u", controller->target.bus_nr));
}

static gboolean validate_number(const Domain *domain, const Controller *controller, const char *attribute,
                                guint32 number, GError **error)
{
  g_autofree char *claim = g_strdup_printf("%s %u", attribute, number);
  const Place *place = controller->target.place.line ? &controller->target.place : &controller->device.place;
  const Device *first;

  if (number == CONTROLLER_UNSET)
    return TRUE;
  first = device_first_claimant(domain, claim_number, claim);
  if (first == &controller->device)
    return TRUE;
  return error_set_document(error, place, attribute,
                            "%u is that of PCI controller %u on line %d; the numbers have to differ", number,
                            ((const Controller *)first)->index, first->place.line);
}

static gboolean validate_pci(const Domain *domain, const Controller *controller, GError **error)
{
  const ControllerTarget *target = &controller->target;
  const Device *device = &controller->device;
  guint cells = domain->cpu->numa.cells ? domain->cpu->numa.cells->len : 0;

  if (!controller_target_validate(target, controller->model, &device->place, error))
    return FALSE;
  if (target->node != CONTROLLER_UNSET && target->node >= cells) {
    error_set_document(error, &target->place, NULL, "there is no NUMA cell %u (the document has %u)",
                       target->node, cells);
    return error_add_hint(error, "<node> names the id of a <cell> in <cpu>/<numa>");
  }
  if (target->hotplug == FEATURE_ON && controller->model == CONTROLLER_PCI_ROOT && !domain->features->acpi)
    report_warning(domain->report, &target->place, "hotplug", "<features><acpi/></features> makes it so",
                   "without ACPI nothing can be plugged into pci-root while the guest runs");
  if (target->has_hole64 && !controller->is_builtin)
    report_warning(domain->report, &device->place, NULL, NULL,
                   "<pcihole64> has no effect here: it is for pci-root and pcie-root");
  return validate_number(domain, controller, "chassis", target->chassis, error) &&
         validate_number(domain, controller, "busNr", target->bus_nr, error);
}

static gboolean controller_validate(const Domain *domain, const Device *device, GError **error)
{
  const Controller *controller = (const Controller *)device;
  const Controller *first = controller_find(domain, controller->type, controller->index);

  if (!validate_limits(domain, controller, error) ||
      !controller_driver_validate(domain, &controller->driver, controller->type, controller->model, error))
    return FALSE;
  if (controller->type == CONTROLLER_USB && !validate_usb(domain, controller, error))
    return FALSE;
  if (controller->model == CONTROLLER_USB_NONE && first == controller &&
      !validate_no_usb(domain, controller, error))
    return FALSE;
  if (first != controller && !controller_is_companion(controller))
    return error_set_document(error, &device->place, "index", "%u is that of the controller on line %d",
                              controller->index, first->device.place.line);
  return controller->type != CONTROLLER_PCI || validate_pci(domain, controller, error);
}

guint controller_usb_ports(const Controller *controller)
{
  return controller->ports != CONTROLLER_UNSET ? controller->ports
                                               : controller_model_usb_ports(controller->model);
}

static void controller_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Controller *controller = (const Controller *)device;

  xml_set_attribute(node, "type", enum_to_string(&controller_type_table, (int)controller->type));
  xml_set_attribute_format(node, "index", "%u", controller->index);
  if (controller->model != CONTROLLER_MODEL_DEFAULT)
    xml_set_attribute(node, "model", enum_to_string(&controller_model_table, (int)controller->model));
  if (controller->type == CONTROLLER_PCI && !controller->is_builtin)
    controller_target_annotate(&controller->target, node);
}

static void controller_clear(Device *device)
{
  iothread_mapping_clear(&((Controller *)device)->driver.threads);
}

const DeviceRoom controller_room = {
  .element = "controller",
  .size = sizeof(Controller),
  .pci_order = DEVICE_PCI_ORDER_CONTROLLER,
  .usb_order = DEVICE_USB_ORDER_CONTROLLER,
  .parse = controller_parse,
  .complete = controller_complete,
  .validate = controller_validate,
  .translate = controller_translate,
  .annotate = controller_annotate,
  .clear = controller_clear,
};
