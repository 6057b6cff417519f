/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/controller.h"

#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(controller_type_table, CONTROLLER_LAST, [CONTROLLER_PCI] = "pci", [CONTROLLER_USB] = "usb",
           [CONTROLLER_IDE] = "ide", [CONTROLLER_FDC] = "fdc", [CONTROLLER_SATA] = "sata",
           [CONTROLLER_SCSI] = "scsi", [CONTROLLER_VIRTIO_SERIAL] = "virtio-serial");

ENUM_TABLE(
    controller_model_table,
    CONTROLLER_MODEL_LAST, [CONTROLLER_PCI_ROOT] = "pci-root", [CONTROLLER_PCIE_ROOT] = "pcie-root",
    [CONTROLLER_PCI_BRIDGE] = "pci-bridge", [CONTROLLER_DMI_TO_PCI_BRIDGE] = "dmi-to-pci-bridge",
    [CONTROLLER_PCIE_TO_PCI_BRIDGE] = "pcie-to-pci-bridge", [CONTROLLER_PCIE_ROOT_PORT] = "pcie-root-port",
    [CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT] = "pcie-switch-upstream-port",
    [CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT] = "pcie-switch-downstream-port", [CONTROLLER_USB_NONE] = "none",
    [CONTROLLER_PIIX3_UHCI] = "piix3-uhci", [CONTROLLER_PIIX4_UHCI] = "piix4-uhci",
    [CONTROLLER_EHCI] = "ehci", [CONTROLLER_ICH9_EHCI1] = "ich9-ehci1",
    [CONTROLLER_ICH9_UHCI1] = "ich9-uhci1", [CONTROLLER_ICH9_UHCI2] = "ich9-uhci2",
    [CONTROLLER_ICH9_UHCI3] = "ich9-uhci3", [CONTROLLER_PCI_OHCI] = "pci-ohci",
    [CONTROLLER_NEC_XHCI] = "nec-xhci", [CONTROLLER_QEMU_XHCI] = "qemu-xhci",
    [CONTROLLER_VIRTIO_SCSI] = "virtio-scsi", [CONTROLLER_VIRTIO_TRANSITIONAL] = "virtio-transitional",
    [CONTROLLER_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional", [CONTROLLER_VIRTIO] = "virtio",
    [CONTROLLER_LSILOGIC] = "lsilogic", [CONTROLLER_LSISAS1068] = "lsisas1068",
    [CONTROLLER_LSISAS1078] = "lsisas1078", [CONTROLLER_VMPVSCSI] = "vmpvscsi",
    [CONTROLLER_AM53C974] = "am53c974", [CONTROLLER_DC390] = "dc390", [CONTROLLER_PIIX3] = "piix3",
    [CONTROLLER_PIIX4] = "piix4", [CONTROLLER_ICH6] = "ich6");

/* Which models a type can have: what stands between the two, both included. */
typedef struct {
  ControllerModel first, last;
} ModelRange;

static const ModelRange model_ranges[CONTROLLER_LAST] = {
  [CONTROLLER_PCI] = { CONTROLLER_PCI_ROOT, CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT },
  [CONTROLLER_USB] = { CONTROLLER_USB_NONE, CONTROLLER_QEMU_XHCI },
  [CONTROLLER_IDE] = { CONTROLLER_PIIX3, CONTROLLER_ICH6 },
  [CONTROLLER_SCSI] = { CONTROLLER_VIRTIO_SCSI, CONTROLLER_DC390 },
  [CONTROLLER_VIRTIO_SERIAL] = { CONTROLLER_VIRTIO_TRANSITIONAL, CONTROLLER_VIRTIO },
};

static gboolean read_model(xmlNode *node, Controller *controller, GError **error)
{
  const ModelRange *range = &model_ranges[controller->type];
  const char *models[CONTROLLER_MODEL_LAST] = { NULL };
  EnumTable table = { "models of one type", models, CONTROLLER_MODEL_LAST };

  for (ControllerModel model = range->first; model != CONTROLLER_MODEL_DEFAULT && model <= range->last;
       model++)
    models[model] = enum_to_string(&controller_model_table, (int)model);
  if (controller->type == CONTROLLER_IDE || range->first != CONTROLLER_MODEL_DEFAULT)
    return xml_attribute_enum(node, "model", &table, XML_ENUM(&controller->model), error);
  if (xml_attribute(node, "model"))
    return xml_error(error, node, "model", "a controller of type '%s' has no models",
                     enum_to_string(&controller_type_table, (int)controller->type));
  return TRUE;
}

static gboolean read_pci_target(xmlNode *node, Controller *controller, GError **error)
{
  xmlNode *target = NULL, *model = NULL;

  if (!xml_child(node, "target", &target, error) || !xml_child(node, "model", &model, error))
    return FALSE;
  if (model) /* QEMU's own name of what `model` says already */
    xml_attribute(model, "name");
  return !target || (xml_attribute_uint32(target, "chassis", 0, 255, &controller->chassis, error) &&
                     xml_attribute_uint32(target, "port", 0, 255, &controller->port, error) &&
                     xml_attribute_uint32(target, "chassisNr", 1, 255, &controller->chassis_nr, error));
}

static gboolean read_driver(xmlNode *node, Controller *controller, GError **error)
{
  xmlNode *driver = NULL;

  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  return !driver ||
         (xml_attribute_uint32(driver, "queues", 1, 1024, &controller->queues, error) &&
          xml_attribute_uint32(driver, "cmd_per_lun", 1, G_MAXINT32, &controller->cmd_per_lun, error) &&
          xml_attribute_uint32(driver, "max_sectors", 1, G_MAXINT32, &controller->max_sectors, error));
}

static gboolean read_master(xmlNode *node, Controller *controller, GError **error)
{
  xmlNode *master = NULL;

  if (!xml_child(node, "master", &master, error))
    return FALSE;
  return !master || xml_attribute_uint32(master, "startport", 0, 15, &controller->master_port, error);
}

static gboolean read_by_type(xmlNode *node, Controller *controller, GError **error)
{
  switch (controller->type) {
  case CONTROLLER_PCI:
    return read_pci_target(node, controller, error);
  case CONTROLLER_USB:
    return xml_attribute_uint32(node, "ports", 1, 15, &controller->ports, error) &&
           read_master(node, controller, error);
  case CONTROLLER_SCSI:
    return read_driver(node, controller, error);
  case CONTROLLER_VIRTIO_SERIAL:
    return xml_attribute_uint32(node, "ports", 1, 511, &controller->ports, error) &&
           xml_attribute_uint32(node, "vectors", 0, G_MAXINT32, &controller->vectors, error);
  case CONTROLLER_IDE:
  case CONTROLLER_FDC:
  case CONTROLLER_SATA:
  case CONTROLLER_LAST:
    break;
  }
  return TRUE;
}

static void unset_numbers(Controller *controller)
{
  controller->index = CONTROLLER_UNSET;
  controller->ports = CONTROLLER_UNSET;
  controller->vectors = CONTROLLER_UNSET;
  controller->master_port = CONTROLLER_UNSET;
  controller->queues = CONTROLLER_UNSET;
  controller->cmd_per_lun = CONTROLLER_UNSET;
  controller->max_sectors = CONTROLLER_UNSET;
  controller->chassis = CONTROLLER_UNSET;
  controller->port = CONTROLLER_UNSET;
  controller->chassis_nr = CONTROLLER_UNSET;
}

static gboolean controller_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Controller *controller = (Controller *)device;

  unset_numbers(controller);
  return xml_attribute_enum_required(node, "type", &controller_type_table, XML_ENUM(&controller->type),
                                     error) &&
         read_model(node, controller, error) &&
         xml_attribute_uint32(node, "index", 0, CONTROLLER_INDEX_MAX, &controller->index, error) &&
         read_by_type(node, controller, error) && device_parse_alias(node, device, error) &&
         address_parse(node, allowed, &device->address, error);
}

static gboolean is_companion(const Controller *controller)
{
  return controller->master_port != CONTROLLER_UNSET;
}

struct ControllerTable {
  GPtrArray *first[CONTROLLER_LAST];            /* by index, as far as there are some; or NULL */
  guint32 gapless[CONTROLLER_LAST];             /* how many are there from 0 on, as far as was looked */
  guint32 usb_models[CONTROLLER_INDEX_MAX + 1]; /* a bit for each model that has the index */
};

ControllerTable *controller_table_new(void)
{
  return g_new0(ControllerTable, 1);
}

void controller_table_free(ControllerTable *table)
{
  for (gsize i = 0; i < G_N_ELEMENTS(table->first); i++)
    g_clear_pointer(&table->first[i], g_ptr_array_unref);
  g_free(table);
}

Controller *controller_find(const Domain *domain, ControllerType type, guint32 index)
{
  const GPtrArray *first = domain->controllers->first[type];

  return first && index < first->len ? g_ptr_array_index(first, index) : NULL;
}

/* One of those that together make the controller ich9-ehci1. */
static gboolean is_of_ich9(const Controller *controller)
{
  return controller->type == CONTROLLER_USB &&
         (controller->model == CONTROLLER_ICH9_EHCI1 || is_companion(controller));
}

static guint32 usb_model_bit(const Controller *controller)
{
  return 1U << controller->model;
}

static void enter(ControllerTable *table, Controller *controller)
{
  GPtrArray **first = &table->first[controller->type];

  if (controller->type == CONTROLLER_USB)
    table->usb_models[controller->index] |= usb_model_bit(controller);
  if (is_companion(controller))
    return;
  if (!*first)
    *first = g_ptr_array_new();
  if ((*first)->len <= controller->index)
    g_ptr_array_set_size(*first, (gint)controller->index + 1);
  if (!g_ptr_array_index(*first, controller->index))
    g_ptr_array_index(*first, controller->index) = controller;
}

/* The lowest index that no controller of @type has; CONTROLLER_INDEX_MAX + 1: there is none. */
static guint32 free_index(const Domain *domain, ControllerType type)
{
  guint32 *gapless = &domain->controllers->gapless[type];

  while (controller_find(domain, type, *gapless))
    (*gapless)++;
  return *gapless;
}

Controller *controller_add(Domain *domain, ControllerType type, ControllerModel model, guint32 index)
{
  Controller *controller = (Controller *)device_new(&controller_room, /* node= */ NULL);

  unset_numbers(controller);
  controller->device.place = domain->place;
  controller->type = type;
  controller->model = model;
  controller->index = index;
  domain_add_device(domain, &controller->device);
  enter(domain->controllers, controller);
  return controller;
}

void controller_ensure(Domain *domain, ControllerType type, guint32 index, const Place *place)
{
  for (guint32 i = free_index(domain, type); i <= index; i = free_index(domain, type))
    controller_add(domain, type, CONTROLLER_MODEL_DEFAULT, i)->device.place = *place;
}

static gboolean has_type(const Domain *domain, ControllerType type)
{
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    if (((const Controller *)device)->type == type)
      return TRUE;
  }
  return FALSE;
}

/* Of a set of companions that follow each other without an index, as virt-install writes them, each has the
 * index of the one before it: libvirt's rule. A second of one model begins the next set. */
static gboolean joins(const Domain *domain, const Controller *controller, const Controller *before)
{
  return before && is_of_ich9(controller) && is_of_ich9(before) &&
         !(domain->controllers->usb_models[before->index] & usb_model_bit(controller));
}

static gboolean number_controller(Domain *domain, Controller *controller, const Controller *usb_before,
                                  GError **error)
{
  controller->index =
      joins(domain, controller, usb_before) ? usb_before->index : free_index(domain, controller->type);
  if (controller->index > CONTROLLER_INDEX_MAX)
    return error_set_document(error, &controller->device.place, NULL,
                              "there is no free index for a controller of type '%s' (0 to %d are taken)",
                              enum_to_string(&controller_type_table, (int)controller->type),
                              CONTROLLER_INDEX_MAX);
  enter(domain->controllers, controller);
  return TRUE;
}

/* Gives those without an index the next free one; a PCI root is 0 by its nature. */
static gboolean number_controllers(Domain *domain, GError **error)
{
  const Controller *usb = NULL; /* the last one */

  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    Controller *controller = (Controller *)device;

    if (controller->index != CONTROLLER_UNSET)
      enter(domain->controllers, controller);
  }
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    Controller *controller = (Controller *)device;

    if (controller->index == CONTROLLER_UNSET && !number_controller(domain, controller, usb, error))
      return FALSE;
    if (controller->type == CONTROLLER_USB)
      usb = controller;
  }
  return TRUE;
}

gboolean controller_imply(Domain *domain, GError **error)
{
  Chipset chipset = chipset_of(domain);

  if (!number_controllers(domain, error))
    return FALSE;
  if (chipset != CHIPSET_ISA && !controller_find(domain, CONTROLLER_PCI, 0))
    controller_add(domain, CONTROLLER_PCI,
                   chipset == CHIPSET_Q35 ? CONTROLLER_PCIE_ROOT : CONTROLLER_PCI_ROOT, 0);
  if (chipset != CHIPSET_ISA && !has_type(domain, CONTROLLER_USB))
    controller_add(domain, CONTROLLER_USB, CONTROLLER_MODEL_DEFAULT, 0);
  return TRUE;
}

static ControllerModel default_model(const Controller *controller, Chipset chipset)
{
  switch (controller->type) {
  case CONTROLLER_PCI:
    if (controller->index == 0)
      return chipset == CHIPSET_Q35 ? CONTROLLER_PCIE_ROOT : CONTROLLER_PCI_ROOT;
    return chipset == CHIPSET_Q35 ? CONTROLLER_PCIE_ROOT_PORT : CONTROLLER_PCI_BRIDGE;
  case CONTROLLER_USB:
    return chipset == CHIPSET_Q35 ? CONTROLLER_QEMU_XHCI : CONTROLLER_PIIX3_UHCI;
  case CONTROLLER_SCSI:
    return CONTROLLER_LSILOGIC;
  case CONTROLLER_IDE:
    return CONTROLLER_PIIX3;
  case CONTROLLER_VIRTIO_SERIAL:
    return CONTROLLER_VIRTIO;
  case CONTROLLER_FDC:
  case CONTROLLER_SATA:
  case CONTROLLER_LAST:
    break;
  }
  return CONTROLLER_MODEL_DEFAULT;
}

static PciPlug usb_plug(ControllerModel model)
{
  return model == CONTROLLER_NEC_XHCI || model == CONTROLLER_QEMU_XHCI ? PCI_PLUG_EXPRESS
                                                                       : PCI_PLUG_CONVENTIONAL;
}

static PciPlug scsi_plug(ControllerModel model)
{
  return model == CONTROLLER_VIRTIO_SCSI || model == CONTROLLER_VIRTIO_NON_TRANSITIONAL ||
                 model == CONTROLLER_LSISAS1078 || model == CONTROLLER_VMPVSCSI
             ? PCI_PLUG_EXPRESS
             : PCI_PLUG_CONVENTIONAL;
}

static void set_plug(Controller *controller)
{
  switch (controller->type) {
  case CONTROLLER_USB:
    controller->device.pci_plug =
        controller->model == CONTROLLER_USB_NONE ? PCI_PLUG_NONE : usb_plug(controller->model);
    return;
  case CONTROLLER_SCSI:
    controller->device.pci_plug = scsi_plug(controller->model);
    return;
  case CONTROLLER_SATA:
    controller->device.pci_plug = controller->is_builtin ? PCI_PLUG_NONE : PCI_PLUG_CONVENTIONAL;
    return;
  case CONTROLLER_VIRTIO_SERIAL:
    controller->device.pci_plug =
        controller->model == CONTROLLER_VIRTIO_TRANSITIONAL ? PCI_PLUG_CONVENTIONAL : PCI_PLUG_EXPRESS;
    return;
  case CONTROLLER_PCI: /* the address pass treats buses by their model */
  case CONTROLLER_IDE:
  case CONTROLLER_FDC:
  case CONTROLLER_LAST:
    break;
  }
}

static void set_alias(Domain *domain, Controller *controller)
{
  Device *device = &controller->device;

  if (controller->model == CONTROLLER_PCIE_ROOT)
    device_set_alias(domain, device, "pcie.0");
  else if (controller->type == CONTROLLER_PCI)
    device_set_alias(domain, device, "pci.%u", controller->index);
  else if (controller->type == CONTROLLER_USB && controller->index == 0 && !is_companion(controller))
    device_set_alias(domain, device, "usb");
  else if (controller->type == CONTROLLER_USB &&
           is_companion(controller)) /* one id for each device of the group */
    device_set_alias(domain, device, "usb%u-companion%u", controller->index, controller->master_port);
  else if ((controller->type == CONTROLLER_IDE || controller->type == CONTROLLER_SATA) &&
           controller->is_builtin)
    device_set_alias(domain, device, "ide");
  else
    device_set_alias(domain, device, "%s%u", enum_to_string(&controller_type_table, (int)controller->type),
                     controller->index);
}

static gboolean controller_complete(Domain *domain, Device *device, GError **error)
{
  Controller *controller = (Controller *)device;
  Chipset chipset = chipset_of(domain);

  if (controller->model == CONTROLLER_MODEL_DEFAULT)
    controller->model = default_model(controller, chipset);
  controller->is_builtin =
      controller->model == CONTROLLER_PCI_ROOT || controller->model == CONTROLLER_PCIE_ROOT ||
      controller->model == CONTROLLER_USB_NONE || controller->type == CONTROLLER_IDE ||
      (controller->type == CONTROLLER_FDC && chipset != CHIPSET_Q35) ||
      (controller->type == CONTROLLER_SATA && chipset == CHIPSET_Q35 && controller->index == 0);
  set_plug(controller);
  set_alias(domain, controller);
  return TRUE;
}

static gboolean validate_limits(const Domain *domain, const Controller *controller, GError **error)
{
  Chipset chipset = chipset_of(domain);
  const Place *place = &controller->device.place;

  if (controller->type == CONTROLLER_IDE && chipset == CHIPSET_Q35) {
    error_set_document(error, place, NULL, "machine '%s' has no IDE bus", domain->os->machine);
    return error_add_hint(error, "use bus='sata' for disks and CD-ROM drives, or machine='pc'");
  }
  if (controller->type == CONTROLLER_IDE && controller->index > 0)
    return error_set_document(error, place, NULL, "IDE controller %u: the machine has one, with four drives",
                              controller->index);
  if (controller->type == CONTROLLER_FDC && controller->index > 0)
    return error_set_document(
        error, place, NULL, "floppy controller %u: the machine has one, with two drives", controller->index);
  if (chipset == CHIPSET_ISA && controller->device.pci_plug != PCI_PLUG_NONE)
    return error_set_document(error, place, NULL, "machine '%s' has no PCI bus for a controller of type '%s'",
                              domain->os->machine,
                              enum_to_string(&controller_type_table, (int)controller->type));
  if (controller->model == CONTROLLER_PCIE_ROOT && chipset != CHIPSET_Q35)
    return error_set_document(error, place, "model", "'pcie-root' needs machine='q35'; this is '%s'",
                              domain->os->machine);
  if (controller->model == CONTROLLER_PCI_ROOT && chipset != CHIPSET_I440FX)
    return error_set_document(error, place, "model", "'pci-root' is not what machine '%s' has",
                              domain->os->machine);
  return TRUE;
}

static gboolean controller_validate(const Domain *domain, const Device *device, GError **error)
{
  const Controller *controller = (const Controller *)device;
  const Controller *first;

  if (!validate_limits(domain, controller, error))
    return FALSE;
  if (is_companion(controller)) {
    if (controller_find(domain, CONTROLLER_USB, controller->index))
      return TRUE;
    return error_set_document(error, &device->place, NULL,
                              "there is no USB controller %u that this is the companion of",
                              controller->index);
  }
  first = controller_find(domain, controller->type, controller->index);
  if (first != controller)
    return error_set_document(error, &device->place, "index", "%u is that of the controller on line %d",
                              controller->index, first->device.place.line);
  if (controller->type == CONTROLLER_PCI && controller->index == 0 && !controller->is_builtin)
    return error_set_document(error, &device->place, "model", "PCI controller 0 is the machine's own: '%s'",
                              chipset_of(domain) == CHIPSET_Q35 ? "pcie-root" : "pci-root");
  if (controller->type == CONTROLLER_PCI && controller->index > 0 && controller->is_builtin)
    return error_set_document(error, &device->place, "index", "the PCI root has index 0; this is %u",
                              controller->index);
  return TRUE;
}

/* As libvirt counts them: what QEMU's devices have unless told otherwise. */
guint controller_usb_ports(const Controller *controller)
{
  if (controller->ports != CONTROLLER_UNSET)
    return controller->ports;
  switch ((int)controller->model) {
  case CONTROLLER_USB_NONE:
    return 0;
  case CONTROLLER_EHCI:
  case CONTROLLER_ICH9_EHCI1:
    return 6;
  case CONTROLLER_PCI_OHCI:
    return 3;
  case CONTROLLER_NEC_XHCI:
  case CONTROLLER_QEMU_XHCI:
    return 4;
  default:
    return 2;
  }
}

static void annotate_number(xmlNode *node, const char *name, guint32 number)
{
  if (number != CONTROLLER_UNSET)
    xml_set_attribute_format(node, name, "%u", number);
}

static void annotate_pci_target(const Controller *controller, xmlNode *node)
{
  if (controller->chassis == CONTROLLER_UNSET && controller->port == CONTROLLER_UNSET &&
      controller->chassis_nr == CONTROLLER_UNSET)
    return;
  node = xml_set_child(node, "target");
  annotate_number(node, "chassisNr", controller->chassis_nr);
  annotate_number(node, "chassis", controller->chassis);
  if (controller->port != CONTROLLER_UNSET)
    xml_set_attribute_format(node, "port", "0x%x", controller->port);
}

static void controller_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Controller *controller = (const Controller *)device;

  xml_set_attribute(node, "type", enum_to_string(&controller_type_table, (int)controller->type));
  xml_set_attribute_format(node, "index", "%u", controller->index);
  if (controller->model != CONTROLLER_MODEL_DEFAULT)
    xml_set_attribute(node, "model", enum_to_string(&controller_model_table, (int)controller->model));
  if (controller->type == CONTROLLER_PCI && !controller->is_builtin)
    annotate_pci_target(controller, node);
}

const DeviceRoom controller_room = {
  .element = "controller",
  .size = sizeof(Controller),
  .pci_order = DEVICE_PCI_ORDER_CONTROLLER,
  .parse = controller_parse,
  .complete = controller_complete,
  .validate = controller_validate,
  .translate = controller_translate,
  .annotate = controller_annotate,
  .clear = device_clear_nothing,
};
