/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/model.h"

#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(controller_type_table,
           CONTROLLER_LAST, [CONTROLLER_PCI] = "pci", [CONTROLLER_USB] = "usb", [CONTROLLER_IDE] = "ide",
           [CONTROLLER_FDC] = "fdc", [CONTROLLER_SATA] = "sata", [CONTROLLER_SCSI] = "scsi",
           [CONTROLLER_VIRTIO_SERIAL] = "virtio-serial", [CONTROLLER_CCID] = "ccid");

ENUM_TABLE(
    controller_model_table,
    CONTROLLER_MODEL_LAST, [CONTROLLER_PCI_ROOT] = "pci-root", [CONTROLLER_PCIE_ROOT] = "pcie-root",
    [CONTROLLER_PCI_BRIDGE] = "pci-bridge", [CONTROLLER_DMI_TO_PCI_BRIDGE] = "dmi-to-pci-bridge",
    [CONTROLLER_PCIE_TO_PCI_BRIDGE] = "pcie-to-pci-bridge", [CONTROLLER_PCIE_ROOT_PORT] = "pcie-root-port",
    [CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT] = "pcie-switch-upstream-port",
    [CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT] = "pcie-switch-downstream-port",
    [CONTROLLER_PCI_EXPANDER_BUS] = "pci-expander-bus", [CONTROLLER_PCIE_EXPANDER_BUS] = "pcie-expander-bus",
    [CONTROLLER_USB_NONE] = "none", [CONTROLLER_PIIX3_UHCI] = "piix3-uhci",
    [CONTROLLER_PIIX4_UHCI] = "piix4-uhci", [CONTROLLER_EHCI] = "ehci",
    [CONTROLLER_ICH9_EHCI1] = "ich9-ehci1", [CONTROLLER_ICH9_UHCI1] = "ich9-uhci1",
    [CONTROLLER_ICH9_UHCI2] = "ich9-uhci2", [CONTROLLER_ICH9_UHCI3] = "ich9-uhci3",
    [CONTROLLER_PCI_OHCI] = "pci-ohci", [CONTROLLER_NEC_XHCI] = "nec-xhci",
    [CONTROLLER_QEMU_XHCI] = "qemu-xhci", [CONTROLLER_VIRTIO_SCSI] = "virtio-scsi",
    [CONTROLLER_VIRTIO_TRANSITIONAL] = "virtio-transitional",
    [CONTROLLER_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional", [CONTROLLER_VIRTIO] = "virtio",
    [CONTROLLER_LSILOGIC] = "lsilogic", [CONTROLLER_LSISAS1068] = "lsisas1068",
    [CONTROLLER_LSISAS1078] = "lsisas1078", [CONTROLLER_VMPVSCSI] = "vmpvscsi",
    [CONTROLLER_AM53C974] = "am53c974", [CONTROLLER_DC390] = "dc390", [CONTROLLER_IBMVSCSI] = "ibmvscsi",
    [CONTROLLER_PIIX3] = "piix3", [CONTROLLER_PIIX4] = "piix4", [CONTROLLER_ICH6] = "ich6");

/* Which models a type can have: what stands between the two, both included. */
typedef struct {
  ControllerModel first, last;
} ModelRange;

static const ModelRange model_ranges[CONTROLLER_LAST] = {
  [CONTROLLER_PCI] = { CONTROLLER_PCI_ROOT, CONTROLLER_PCIE_EXPANDER_BUS },
  [CONTROLLER_USB] = { CONTROLLER_USB_NONE, CONTROLLER_QEMU_XHCI },
  [CONTROLLER_IDE] = { CONTROLLER_PIIX3, CONTROLLER_ICH6 },
  [CONTROLLER_SCSI] = { CONTROLLER_VIRTIO_SCSI, CONTROLLER_IBMVSCSI },
  [CONTROLLER_VIRTIO_SERIAL] = { CONTROLLER_VIRTIO_TRANSITIONAL, CONTROLLER_VIRTIO },
};

/* What the format has for other hypervisors and other machines. */
typedef struct {
  const char *name;
  const char *whose;
  const char *hint;
} Foreign;

static const Foreign foreign_types[] = {
  { "xenbus", "the bus of Xen's own devices", "remove the element: the guest needs none with QEMU" },
  { "isa", "of another hypervisor: with QEMU, the ISA bus belongs to the machine", "remove the element" },
};

static const char scsi_hint[] = "use model='virtio-scsi', or 'lsilogic' for systems without a driver for it";
static const char usb_hint[] = "use model='qemu-xhci', or 'piix3-uhci' for systems without a driver for it";

static const Foreign foreign_models[] = {
  { "buslogic", "VMware's and VirtualBox's, which QEMU does not have", scsi_hint },
  { "ncr53c90", "built into machines of other architectures", scsi_hint },
  { "vt82c686b-uhci", "built into machines of other architectures", usb_hint },
  { "qusb1", "Xen's", usb_hint },
  { "qusb2", "Xen's", usb_hint },
};

static gboolean check_not_foreign(xmlNode *node, const char *attribute, const Foreign *table, gsize count,
                                  GError **error)
{
  const char *value = xml_attribute(node, attribute);

  for (gsize i = 0; value && i < count; i++) {
    if (!g_str_equal(value, table[i].name))
      continue;
    xml_error(error, node, attribute, "'%s' is %s", value, table[i].whose);
    return error_add_hint(error, "%s", table[i].hint);
  }
  return TRUE;
}

gboolean controller_type_parse(xmlNode *node, ControllerType *ret_type, GError **error)
{
  return check_not_foreign(node, "type", foreign_types, G_N_ELEMENTS(foreign_types), error) &&
         xml_attribute_enum_required(node, "type", &controller_type_table, XML_ENUM(ret_type), error);
}

gboolean controller_model_parse(xmlNode *node, ControllerType type, ControllerModel *ret_model,
                                GError **error)
{
  const ModelRange *range = &model_ranges[type];
  const char *models[CONTROLLER_MODEL_LAST] = { NULL };
  EnumTable table = { "models of one type", models, CONTROLLER_MODEL_LAST };
  const char *value = xml_attribute(node, "model");

  if (!check_not_foreign(node, "model", foreign_models, G_N_ELEMENTS(foreign_models), error))
    return FALSE;
  if (value && type == CONTROLLER_SCSI && g_str_equal(value, "auto"))
    return TRUE;
  for (ControllerModel model = range->first; model != CONTROLLER_MODEL_DEFAULT && model <= range->last;
       model++)
    models[model] = enum_to_string(&controller_model_table, (int)model);
  if (range->first != CONTROLLER_MODEL_DEFAULT)
    return xml_attribute_enum(node, "model", &table, XML_ENUM(ret_model), error);
  if (value)
    return xml_error(error, node, "model", "a controller of type '%s' has no models",
                     enum_to_string(&controller_type_table, (int)type));
  return TRUE;
}

static ControllerModel default_pci(guint32 index, Chipset chipset)
{
  if (chipset == CHIPSET_PSERIES)
    return CONTROLLER_PCI_ROOT;
  if (index == 0)
    return chipset_is_express(chipset) ? CONTROLLER_PCIE_ROOT : CONTROLLER_PCI_ROOT;
  return chipset_is_express(chipset) ? CONTROLLER_PCIE_ROOT_PORT : CONTROLLER_PCI_BRIDGE;
}

/* One that is named without a model is as old as the PIIX3's, but for machines that never had that: libvirt's
 * rule, as the next. */
static ControllerModel default_usb(const Domain *domain, Chipset chipset, gboolean is_named)
{
  gboolean is_new = chipset == CHIPSET_PSERIES || domain->os->arch == OS_ARCH_AARCH64 ||
                    (chipset == CHIPSET_Q35 && !is_named);

  return is_new ? CONTROLLER_QEMU_XHCI : CONTROLLER_PIIX3_UHCI;
}

static ControllerModel default_scsi(Chipset chipset)
{
  if (chipset == CHIPSET_PSERIES)
    return CONTROLLER_IBMVSCSI;
  return chipset_has_pci(chipset) || chipset == CHIPSET_ISA ? CONTROLLER_LSILOGIC : CONTROLLER_VIRTIO_SCSI;
}

ControllerModel controller_model_default(const Domain *domain, ControllerType type, guint32 index,
                                         gboolean is_named)
{
  Chipset chipset = chipset_of(domain);

  switch (type) {
  case CONTROLLER_PCI:
    return default_pci(index, chipset);
  case CONTROLLER_USB:
    return default_usb(domain, chipset, is_named);
  case CONTROLLER_SCSI:
    return default_scsi(chipset);
  case CONTROLLER_IDE:
    return CONTROLLER_PIIX3;
  case CONTROLLER_VIRTIO_SERIAL:
    return CONTROLLER_VIRTIO;
  case CONTROLLER_FDC:
  case CONTROLLER_SATA:
  case CONTROLLER_CCID:
  case CONTROLLER_LAST:
    break;
  }
  return CONTROLLER_MODEL_DEFAULT;
}

gboolean controller_model_fits(ControllerModel model, Chipset chipset)
{
  switch ((int)model) {
  case CONTROLLER_PCI_ROOT:
    return chipset == CHIPSET_I440FX || chipset == CHIPSET_PSERIES || chipset == CHIPSET_CCW;
  case CONTROLLER_PCI_EXPANDER_BUS:
    return chipset == CHIPSET_I440FX;
  case CONTROLLER_IBMVSCSI:
    return chipset == CHIPSET_PSERIES;
  case CONTROLLER_DMI_TO_PCI_BRIDGE:
  case CONTROLLER_PCIE_ROOT:
  case CONTROLLER_PCIE_TO_PCI_BRIDGE:
  case CONTROLLER_PCIE_ROOT_PORT:
  case CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT:
  case CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT:
  case CONTROLLER_PCIE_EXPANDER_BUS:
    return chipset_is_express(chipset);
  default:
    return TRUE;
  }
}

static PciPlug usb_plug(ControllerModel model)
{
  if (model == CONTROLLER_USB_NONE)
    return PCI_PLUG_NONE;
  return model == CONTROLLER_NEC_XHCI || model == CONTROLLER_QEMU_XHCI ? PCI_PLUG_EXPRESS
                                                                       : PCI_PLUG_CONVENTIONAL;
}

PciPlug controller_model_plug(ControllerType type, ControllerModel model)
{
  switch (type) {
  case CONTROLLER_USB:
    return usb_plug(model);
  case CONTROLLER_SCSI:
    if (model == CONTROLLER_IBMVSCSI) /* on VIO */
      return PCI_PLUG_NONE;
    return model == CONTROLLER_VIRTIO_SCSI || model == CONTROLLER_VIRTIO_NON_TRANSITIONAL
               ? PCI_PLUG_VIRTIO
               : PCI_PLUG_CONVENTIONAL;
  case CONTROLLER_SATA:
    return PCI_PLUG_CONVENTIONAL;
  case CONTROLLER_VIRTIO_SERIAL:
    return model == CONTROLLER_VIRTIO_TRANSITIONAL ? PCI_PLUG_CONVENTIONAL : PCI_PLUG_VIRTIO;
  case CONTROLLER_PCI:
  case CONTROLLER_IDE:
  case CONTROLLER_FDC:
  case CONTROLLER_CCID:
  case CONTROLLER_LAST:
    break;
  }
  return PCI_PLUG_NONE;
}

gboolean controller_model_is_virtio(ControllerModel model)
{
  return model >= CONTROLLER_VIRTIO_SCSI && model <= CONTROLLER_VIRTIO;
}

gboolean controller_model_is_port(ControllerModel model)
{
  return model == CONTROLLER_PCIE_ROOT_PORT || model == CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT;
}

gboolean controller_model_is_expander(ControllerModel model)
{
  return model == CONTROLLER_PCI_EXPANDER_BUS || model == CONTROLLER_PCIE_EXPANDER_BUS;
}

gboolean controller_model_is_companion(ControllerModel model)
{
  return model >= CONTROLLER_ICH9_UHCI1 && model <= CONTROLLER_ICH9_UHCI3;
}

guint32 controller_model_start_port(ControllerModel model)
{
  return 2 * (guint32)(model - CONTROLLER_ICH9_UHCI1);
}

guint controller_model_usb_ports(ControllerModel model)
{
  switch ((int)model) {
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
