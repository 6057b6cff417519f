/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/hostdev/hostdev.h"

#include <string.h>

#include "devices/graphics/graphics.h"
#include "devices/interface/interface.h"
#include "domain/cpu-set.h"
#include "domain/cpu.h"
#include "domain/devices.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(hostdev_type_table, HOSTDEV_LAST, [HOSTDEV_PCI] = "pci", [HOSTDEV_USB] = "usb",
           [HOSTDEV_SCSI] = "scsi", [HOSTDEV_SCSI_HOST] = "scsi_host", [HOSTDEV_MDEV] = "mdev");

ENUM_TABLE(hostdev_model_table, HOSTDEV_MODEL_LAST, [HOSTDEV_MODEL_VFIO_PCI] = "vfio-pci",
           [HOSTDEV_MODEL_VFIO_CCW] = "vfio-ccw", [HOSTDEV_MODEL_VFIO_AP] = "vfio-ap",
           [HOSTDEV_MODEL_VIRTIO] = "virtio", [HOSTDEV_MODEL_VIRTIO_TRANSITIONAL] = "virtio-transitional",
           [HOSTDEV_MODEL_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional");

/* ---- What it is ---- */

static gboolean parse_mode(xmlNode *node, GError **error)
{
  const char *mode = xml_attribute(node, "mode");

  if (!mode || g_str_equal(mode, "subsystem"))
    return TRUE;
  if (!g_str_equal(mode, "capabilities"))
    return xml_error(error, node, "mode", "unknown value '%s' (known: subsystem)", mode);
  xml_error(error, node, "mode", "'capabilities' gives a device to a container, which domrun does not run");
  return error_add_hint(error,
                        "mode='subsystem' gives a virtual machine one; a network device of the host goes "
                        "by <interface type='direct'>, a block device by <disk type='block'>");
}

static gboolean refuse_model(xmlNode *node, const Hostdev *hostdev, const char *allowed, GError **error)
{
  return xml_error(error, node, "model", "'%s' is for another type of hostdev (allowed for '%s': %s)",
                   enum_to_string(&hostdev_model_table, (int)hostdev->model),
                   enum_to_string(&hostdev_type_table, (int)hostdev->type), allowed);
}

/* What is on a machine of s390x. */
static gboolean refuse_s390(xmlNode *node, const Hostdev *hostdev, GError **error)
{
  return xml_error(error, node, "model", "'%s' is of machines of s390x; a PC has vfio-pci",
                   enum_to_string(&hostdev_model_table, (int)hostdev->model));
}

static gboolean parse_model(xmlNode *node, Hostdev *hostdev, GError **error)
{
  HostdevModel model;

  hostdev->model_place = xml_place(node);
  if (!xml_attribute_enum(node, "model", &hostdev_model_table, XML_ENUM(&hostdev->model), error))
    return FALSE;
  model = hostdev->model;
  if (hostdev->type == HOSTDEV_MDEV && model == HOSTDEV_MODEL_DEFAULT)
    return xml_error(error, node, "model", "is missing (known: vfio-pci)");
  if (hostdev->type == HOSTDEV_MDEV && (model == HOSTDEV_MODEL_VFIO_CCW || model == HOSTDEV_MODEL_VFIO_AP))
    return refuse_s390(node, hostdev, error);
  if (hostdev->type == HOSTDEV_MDEV)
    return model == HOSTDEV_MODEL_VFIO_PCI || refuse_model(node, hostdev, "vfio-pci", error);
  if (hostdev->type == HOSTDEV_SCSI_HOST)
    return model == HOSTDEV_MODEL_DEFAULT || model >= HOSTDEV_MODEL_VIRTIO ||
           refuse_model(node, hostdev, "virtio, virtio-transitional, virtio-non-transitional", error);
  return model == HOSTDEV_MODEL_DEFAULT || refuse_model(node, hostdev, "none", error);
}

ENUM_TABLE(hostdev_driver_table, 4, "default", "vfio", "kvm", "xen");

/* It becomes a name in sysfs. */
static gboolean check_driver_name(xmlNode *driver, const char *name, GError **error)
{
  if (g_ascii_isalnum(*name) &&
      strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(name))
    return TRUE;
  return xml_error(error, driver, "model",
                   "'%s' is not the name of a driver (allowed: letters, digits, - and _)", name);
}

/* Which driver of the host gives it to the guest. */
static gboolean parse_driver(xmlNode *node, Hostdev *hostdev, GError **error)
{
  xmlNode *driver = NULL;
  int name = 0;

  if (hostdev->type != HOSTDEV_PCI)
    return TRUE;
  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  if (!driver)
    return TRUE;
  if (!xml_attribute_enum(driver, "name", &hostdev_driver_table, &name, error))
    return FALSE;
  if (name == 3)
    return xml_error(error, driver, "name", "'xen' needs the Xen hypervisor (allowed: vfio)");
  hostdev->is_of_kvm = name == 2;
  hostdev->driver_place = xml_place(driver);
  hostdev->pci.driver = xml_attribute(driver, "model");
  return !hostdev->pci.driver || check_driver_name(driver, hostdev->pci.driver, error);
}

ENUM_TABLE(hostdev_teaming_table, 2, "persistent", "transient");

static gboolean parse_teaming(xmlNode *node, Hostdev *hostdev, GError **error)
{
  xmlNode *teaming = NULL;
  int is_transient = 0;

  if (hostdev->type != HOSTDEV_PCI)
    return TRUE;
  if (!xml_child(node, "teaming", &teaming, error))
    return FALSE;
  if (!teaming)
    return TRUE;
  hostdev->teaming_place = xml_place(teaming);
  if (!xml_attribute_enum_required(teaming, "type", &hostdev_teaming_table, &is_transient, error))
    return FALSE;
  if (!is_transient)
    return xml_error(error, teaming, "type",
                     "'persistent' is for an interface that the guest always has "
                     "(allowed: transient)");
  return xml_attribute_required(teaming, "persistent", &hostdev->standby, error);
}

static gboolean parse_display(xmlNode *node, Hostdev *hostdev, GError **error)
{
  if (hostdev->type != HOSTDEV_PCI && hostdev->type != HOSTDEV_MDEV)
    return TRUE;
  return feature_state_parse(node, "display", &hostdev->display, error) &&
         feature_state_parse(node, "ramfb", &hostdev->ramfb, error);
}

/* ---- Its place ---- */

static const AddressType *address_types(HostdevType type)
{
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_UNASSIGNED, ADDRESS_NONE };
  static const AddressType plain_pci[] = { ADDRESS_PCI, ADDRESS_NONE };
  static const AddressType usb[] = { ADDRESS_USB, ADDRESS_NONE };
  static const AddressType drive[] = { ADDRESS_DRIVE, ADDRESS_NONE };

  switch (type) {
  case HOSTDEV_PCI:
    return pci;
  case HOSTDEV_USB:
    return usb;
  case HOSTDEV_SCSI:
    return drive;
  case HOSTDEV_SCSI_HOST:
  case HOSTDEV_MDEV:
  case HOSTDEV_LAST:
    break;
  }
  return plain_pci;
}

static gboolean has_pci(const Hostdev *hostdev)
{
  return hostdev->type == HOSTDEV_PCI || hostdev->type == HOSTDEV_SCSI_HOST || hostdev->type == HOSTDEV_MDEV;
}

/* <acpi nodeset=''/>: "generic initiators" in the guest's ACPI tables. After device_parse_acpi(). */
static gboolean parse_nodes(xmlNode *node, Hostdev *hostdev, GError **error)
{
  xmlNode *acpi = xml_next_child(node, "acpi", NULL);
  const char *text = acpi ? xml_attribute(acpi, "nodeset") : NULL;

  if (!text)
    return TRUE;
  hostdev->nodes = g_array_new(FALSE, FALSE, sizeof(guint32));
  hostdev->nodes_place = xml_place(acpi);
  return cpu_set_parse(acpi, "nodeset", text, hostdev->nodes, error);
}

static gboolean validate_nodes(const Domain *domain, const Hostdev *hostdev, GError **error)
{
  const GPtrArray *cells = domain->cpu->numa.cells;

  for (guint i = 0; hostdev->nodes && i < hostdev->nodes->len; i++) {
    guint32 id = g_array_index(hostdev->nodes, guint32, i);

    if (!cells || id >= cells->len)
      return error_set_document(error, &hostdev->nodes_place, "nodeset",
                                "the guest has no NUMA cell %u (<numa> of <cpu> has them)", id);
  }
  return TRUE;
}

static gboolean parse_place(xmlNode *node, Hostdev *hostdev, GError **error)
{
  Device *device = &hostdev->device;

  return (!has_pci(hostdev) || device_parse_acpi(node, device, error)) &&
         ((hostdev->type != HOSTDEV_PCI && hostdev->type != HOSTDEV_MDEV) ||
          parse_nodes(node, hostdev, error)) &&
         (!has_pci(hostdev) || rom_parse(node, &hostdev->rom, error)) &&
         device_parse_boot(node, device, error) && device_parse_alias(node, device, error) &&
         address_parse(node, address_types(hostdev->type), &device->address, error);
}

static gboolean hostdev_parse(xmlNode *node, Device *device, GError **error)
{
  Hostdev *hostdev = (Hostdev *)device;

  return parse_mode(node, error) &&
         xml_attribute_enum_required(node, "type", &hostdev_type_table, XML_ENUM(&hostdev->type), error) &&
         parse_model(node, hostdev, error) && hostdev_source_parse(node, hostdev, error) &&
         parse_driver(node, hostdev, error) && parse_teaming(node, hostdev, error) &&
         parse_display(node, hostdev, error) && parse_place(node, hostdev, error);
}

/* ---- What follows from the rest ---- */

/* What its node is called, this host alone knows. */
static void find_node(const Domain *domain, HostdevScsi *scsi)
{
  g_autofree char *path = domain->options->find_scsi ? domain->options->find_scsi(scsi->name) : NULL;

  if (!path) {
    path = g_strconcat("/dev/sg-", scsi->name, NULL);
    scsi->unknown = xml_document_keep_format(
        domain->document,
        "the host's node of the SCSI device %s, which 'lsscsi -g' shows, and for which %s stands", scsi->name,
        path);
  }
  scsi->path = xml_document_keep(domain->document, path);
}

/* QEMU waits for a device that is named by what it is, and ends where its place is empty. */
static void look_for(const Domain *domain, Hostdev *hostdev)
{
  HostdevUsb *usb = &hostdev->usb;

  if (!usb->path || usb->startup != HOSTDEV_STARTUP_OPTIONAL || !domain->options->has_device ||
      domain->options->has_device(usb->path))
    return;
  usb->is_absent = TRUE;
  report_warning(domain->report, &hostdev->source_place, "startupPolicy", /* hint= */ NULL,
                 "the host has no USB device %s that this user may use: the guest starts without it",
                 usb->name);
}

static void set_alias(const Domain *domain, Device *device, guint *number)
{
  if (!device->alias)
    device_set_alias(domain, device, "hostdev%u", (*number)++);
}

void hostdev_set_aliases(Domain *domain)
{
  guint number = 0;

  DOMAIN_FOREACH_OF(domain, &interface_room, device, i) {
    if (((const Interface *)device)->source.type == INTERFACE_HOSTDEV)
      set_alias(domain, device, &number);
  }
  DOMAIN_FOREACH_OF(domain, &hostdev_room, device, i)
    set_alias(domain, device, &number);
}

static gboolean hostdev_complete(Domain *domain, Device *device, GError **error)
{
  Hostdev *hostdev = (Hostdev *)device;

  if (hostdev->type == HOSTDEV_USB)
    device->is_usb = TRUE;
  else if (hostdev->type == HOSTDEV_SCSI_HOST && hostdev->model == HOSTDEV_MODEL_VIRTIO_TRANSITIONAL)
    device->pci_plug = PCI_PLUG_CONVENTIONAL;
  else if (has_pci(hostdev) && device->address.type != ADDRESS_UNASSIGNED)
    device->pci_plug = PCI_PLUG_EXPRESS;
  if (hostdev->is_of_kvm)
    report_warning(domain->report, &hostdev->driver_place, "name", /* hint= */ NULL,
                   "KVM's own device assignment is gone; VFIO takes its place");
  if (hostdev->type == HOSTDEV_MDEV && hostdev->display == FEATURE_UNSET)
    hostdev->display = FEATURE_OFF; /* as libvirt: QEMU's own is not to change what the guest has */
  look_for(domain, hostdev);
  if (hostdev->scsi.name)
    find_node(domain, &hostdev->scsi);
  if (hostdev->scsi.network)
    disk_network_complete(domain, hostdev->scsi.network);
  return device->index > 0 || hostdev_place_all(domain, error);
}

/* ---- What cannot be ---- */

static void claim_alias(const Device *device, GPtrArray *claims)
{
  if (device->room == &interface_room && ((const Interface *)device)->is_failover)
    g_ptr_array_add(claims, g_strdup(device->alias));
}

static gboolean validate_teaming(const Domain *domain, const Hostdev *hostdev, GError **error)
{
  if (!hostdev->standby || device_first_claimant(domain, claim_alias, hostdev->standby))
    return TRUE;
  error_set_document(error, &hostdev->teaming_place, "persistent",
                     "there is no interface with the alias '%s' and <teaming type='persistent'/>",
                     hostdev->standby);
  return error_add_hint(error, "<alias name='ua-...'/> gives an interface its alias");
}

static gboolean validate_display(const Domain *domain, const Hostdev *hostdev, GError **error)
{
  if (hostdev->display == FEATURE_ON && !device_first_of(domain, &graphics_room)) {
    error_set_document(error, &hostdev->device.place, "display", "'on' needs a display to show it on");
    return error_add_hint(error, "<graphics type='spice'> with <gl enable='yes'/>, or <graphics type='vnc'/> "
                                 "where the device has a region of memory for it");
  }
  return TRUE;
}

static gboolean validate_unassigned(const Hostdev *hostdev, GError **error)
{
  if (hostdev->device.address.type != ADDRESS_UNASSIGNED || !hostdev->device.boot_order)
    return TRUE;
  return error_set_document(error, &hostdev->device.place, NULL,
                            "<boot> is for a device that the guest has, and this is 'unassigned'");
}

static gboolean validate_protocol(const Hostdev *hostdev, GError **error)
{
  const DiskNetwork *network = hostdev->scsi.network;

  return !network || network->protocol == DISK_PROTOCOL_ISCSI ||
         error_set_document(error, &hostdev->source_place, "protocol",
                            "a SCSI device is on a server of 'iscsi'");
}

static gboolean hostdev_validate(const Domain *domain, const Device *device, GError **error)
{
  const Hostdev *hostdev = (const Hostdev *)device;

  return validate_protocol(hostdev, error) && hostdev_source_validate(domain, hostdev, error) &&
         (hostdev->type != HOSTDEV_SCSI || hostdev_place_validate(domain, hostdev, error)) &&
         validate_teaming(domain, hostdev, error) && validate_display(domain, hostdev, error) &&
         validate_unassigned(hostdev, error) && validate_nodes(domain, hostdev, error);
}

static void hostdev_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Hostdev *hostdev = (const Hostdev *)device;

  if (hostdev->type == HOSTDEV_PCI)
    xml_set_attribute(xml_set_child(node, "driver"), "name", "vfio");
  if (hostdev->type == HOSTDEV_MDEV)
    xml_set_attribute(node, "display", hostdev->display == FEATURE_ON ? "on" : "off");
}

static void hostdev_clear(Device *device)
{
  Hostdev *hostdev = (Hostdev *)device;

  disk_network_free(hostdev->scsi.network);
  g_clear_pointer(&hostdev->nodes, g_array_unref);
}

const DeviceRoom hostdev_room = {
  .element = "hostdev",
  .size = sizeof(Hostdev),
  .pci_order = DEVICE_PCI_ORDER_HOSTDEV,
  .usb_order = DEVICE_USB_ORDER_HOSTDEV,
  .parse = hostdev_parse,
  .complete = hostdev_complete,
  .validate = hostdev_validate,
  .translate = hostdev_translate,
  .annotate = hostdev_annotate,
  .clear = hostdev_clear,
};
