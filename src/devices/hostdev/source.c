/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/hostdev/hostdev.h"

#include <string.h>

#include "devices/disk/disk.h"
#include "devices/interface/interface.h"
#include "domain/devices.h"
#include "domain/metadata.h"
#include "xml/element.h"

ENUM_TABLE(hostdev_startup_table, HOSTDEV_STARTUP_LAST, [HOSTDEV_STARTUP_MANDATORY] = "mandatory",
           [HOSTDEV_STARTUP_REQUISITE] = "requisite", [HOSTDEV_STARTUP_OPTIONAL] = "optional");

ENUM_TABLE(hostdev_reset_table, HOSTDEV_RESET_LAST, [HOSTDEV_RESET_OFF] = "off",
           [HOSTDEV_RESET_UNINITIALIZED] = "uninitialized", [HOSTDEV_RESET_ON] = "on");

static const char *keep(xmlNode *node, const char *format, ...) G_GNUC_PRINTF(2, 3);

static const char *keep(xmlNode *node, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return xml_document_keep(xml_document_of(node), text);
}

/* ---- PCI ---- */

static gboolean parse_pci(xmlNode *node, xmlNode *source, Hostdev *hostdev, GError **error)
{
  gboolean is_filtered = TRUE;

  if (!xml_attribute_yes_no(source, "writeFiltering", &is_filtered, error))
    return FALSE;
  if (!is_filtered) {
    xml_error(error, source, "writeFiltering", "'no' is for Xen: VFIO always filters what the guest writes");
    return error_add_hint(error, "remove the attribute");
  }
  return host_pci_parse(node, source, &hostdev->pci, error);
}

/* ---- USB ---- */

/* "046d" without 0x is how lsusb prints it. */
static gboolean read_id(xmlNode *node, guint32 min, guint32 *ret_id, GError **error)
{
  const char *text;

  if (!xml_attribute_required(node, "id", &text, error))
    return FALSE;
  if (xml_attribute_uint32(node, "id", min, 0xffff, ret_id, error))
    return TRUE;
  return strspn(text, "0123456789abcdefABCDEF") == strlen(text) && strlen(text) == 4 &&
         error_add_hint(error, "a hexadecimal number begins with 0x: 0x%s", text);
}

static gboolean read_ids(xmlNode *source, HostdevUsb *usb, GError **error)
{
  xmlNode *vendor = NULL, *product = NULL;

  if (!xml_child(source, "vendor", &vendor, error) || !xml_child(source, "product", &product, error))
    return FALSE;
  usb->has_id = vendor && product;
  if (vendor && !product)
    return xml_error(error, source, NULL, "element <product> is missing beside <vendor>");
  if (product && !vendor)
    return xml_error(error, source, NULL, "element <vendor> is missing beside <product>");
  return !vendor || (read_id(vendor, 1, &usb->vendor, error) && read_id(product, 0, &usb->product, error));
}

static gboolean read_usb_address(xmlNode *source, HostdevUsb *usb, GError **error)
{
  xmlNode *address = NULL;

  if (!xml_child(source, "address", &address, error))
    return FALSE;
  if (!address)
    return TRUE;
  xml_attribute(address, "type"); /* libvirt writes it, and does not ask for it */
  if (!xml_has_attribute(address, "bus"))
    return xml_error(error, address, "bus", "is missing");
  if (!xml_has_attribute(address, "device"))
    return xml_error(error, address, "device", "is missing");
  return xml_attribute_uint32(address, "bus", 1, 999, &usb->bus, error) &&
         xml_attribute_uint32(address, "device", 1, 999, &usb->device, error);
}

static gboolean parse_usb(xmlNode *node, xmlNode *source, Hostdev *hostdev, GError **error)
{
  HostdevUsb *usb = &hostdev->usb;
  gboolean is_managed;

  if (!xml_attribute_yes_no(node, "managed", &is_managed, error) || /* QEMU itself takes it from its driver */
      !xml_attribute_enum(source, "startupPolicy", &hostdev_startup_table, XML_ENUM(&usb->startup), error) ||
      !xml_attribute_enum(source, "guestReset", &hostdev_reset_table, XML_ENUM(&usb->reset), error) ||
      !read_ids(source, usb, error) || !read_usb_address(source, usb, error))
    return FALSE;
  if (!usb->has_id && !usb->bus) {
    xml_error(error, source, NULL, "says of no USB device which it is");
    return error_add_hint(error, "as in <vendor id='0x046d'/><product id='0xc52b'/>, or in <address bus='1' "
                                 "device='5'/>; lsusb lists them");
  }
  if (usb->has_id && usb->product == 0 && !usb->bus) {
    xml_error(error, source, NULL, "product 0 is any of the vendor's for QEMU");
    return error_add_hint(error, "<address bus='1' device='5'/> beside it says which; lsusb lists them");
  }
  usb->name = usb->has_id ? keep(source, "%04x:%04x", usb->vendor, usb->product)
                          : keep(source, "%03u:%03u", usb->bus, usb->device);
  if (!usb->has_id)
    usb->path = keep(source, "/dev/bus/usb/%03u/%03u", usb->bus, usb->device);
  return TRUE;
}

/* ---- SCSI ---- */

ENUM_TABLE(hostdev_protocol_table, 1, "iscsi");

static gboolean read_iscsi(xmlNode *source, HostdevScsi *scsi, GError **error)
{
  int protocol = 0;

  return xml_attribute_enum(source, "protocol", &hostdev_protocol_table, &protocol, error) &&
         disk_network_parse(source, &scsi->network, error);
}

/* "scsi_host4" */
static gboolean read_adapter(xmlNode *source, guint64 *ret_host, GError **error)
{
  static const char prefix[] = "scsi_host";
  xmlNode *adapter;
  const char *name;

  if (!xml_child_required(source, "adapter", &adapter, error) ||
      !xml_attribute_required(adapter, "name", &name, error))
    return FALSE;
  return (g_str_has_prefix(name, prefix) &&
          g_ascii_string_to_unsigned(name + strlen(prefix), 10, 0, G_MAXINT32, ret_host, NULL)) ||
         xml_error(error, adapter, "name", "'%s' is not the name of an adapter (expected: as in scsi_host0)",
                   name);
}

static gboolean read_unit(xmlNode *source, HostdevScsi *scsi, GError **error)
{
  xmlNode *address;
  guint64 host = 0, unit = 0;
  guint32 bus = 0, target = 0;

  if (!read_adapter(source, &host, error) || !xml_child_required(source, "address", &address, error))
    return FALSE;
  xml_attribute(address, "type");
  if (!xml_has_attribute(address, "bus") || !xml_has_attribute(address, "target") ||
      !xml_has_attribute(address, "unit"))
    return xml_error(error, address, NULL, "names one device by bus='', target='' and unit=''");
  if (!xml_attribute_uint32(address, "bus", 0, G_MAXINT32, &bus, error) ||
      !xml_attribute_uint32(address, "target", 0, G_MAXINT32, &target, error) ||
      !xml_attribute_uint(address, "unit", 0, G_MAXUINT64, &unit, error))
    return FALSE;
  scsi->name = keep(source, "%" G_GUINT64_FORMAT ":%u:%u:%" G_GUINT64_FORMAT, host, bus, target, unit);
  return TRUE;
}

ENUM_TABLE(hostdev_sgio_table, 2, "filtered", "unfiltered");

/* What an unprivileged user's QEMU may ask of a SCSI device is the kernel's choice. */
static gboolean read_rights(xmlNode *node, GError **error)
{
  gboolean is_managed, is_raw;
  int sgio = 0;

  if (!xml_attribute_yes_no(node, "managed", &is_managed, error) ||
      !xml_attribute_yes_no(node, "rawio", &is_raw, error) ||
      !xml_attribute_enum(node, "sgio", &hostdev_sgio_table, &sgio, error))
    return FALSE;
  return sgio == 0 ||
         xml_error(error, node, "sgio", "Linux has no 'unfiltered' any more (allowed: filtered)");
}

static gboolean parse_scsi(xmlNode *node, xmlNode *source, Hostdev *hostdev, GError **error)
{
  HostdevScsi *scsi = &hostdev->scsi;
  xmlNode *readonly = NULL, *shareable = NULL;

  if (!read_rights(node, error) || !xml_child(node, "readonly", &readonly, error) ||
      !xml_child(node, "shareable", &shareable, error))
    return FALSE;
  scsi->is_readonly = readonly != NULL;
  scsi->is_shareable = shareable != NULL;
  return xml_has_attribute(source, "protocol") ? read_iscsi(source, scsi, error)
                                               : read_unit(source, scsi, error);
}

/* ---- The kernel's own targets ---- */

ENUM_TABLE(hostdev_host_protocol_table, 1, "vhost");

static gboolean is_wwpn(const char *text)
{
  return g_str_has_prefix(text, "naa.") && strlen(text) == strlen("naa.") + 16 &&
         strspn(text + strlen("naa."), "0123456789abcdefABCDEF") == 16;
}

static gboolean parse_scsi_host(xmlNode *node, xmlNode *source, Hostdev *hostdev, GError **error)
{
  gboolean is_managed;
  int protocol;

  if (!xml_attribute_yes_no(node, "managed", &is_managed, error) ||
      !xml_attribute_enum_required(source, "protocol", &hostdev_host_protocol_table, &protocol, error) ||
      !xml_attribute_required(source, "wwpn", &hostdev->wwpn, error))
    return FALSE;
  return is_wwpn(hostdev->wwpn) ||
         xml_error(error, source, "wwpn",
                   "'%s' is not a name of a target (expected: naa. and 16 hexadecimal digits)",
                   hostdev->wwpn);
}

/* ---- Mediated devices ---- */

static gboolean parse_mdev(xmlNode *node, xmlNode *source, Hostdev *hostdev, GError **error)
{
  xmlNode *address;
  const char *text;
  g_autofree char *lower = NULL;
  gboolean is_managed;

  if (!xml_attribute_yes_no(node, "managed", &is_managed, error) ||
      !xml_child_required(source, "address", &address, error) ||
      !xml_attribute_required(address, "uuid", &text, error))
    return FALSE;
  xml_attribute(address, "type");
  if (!g_uuid_string_is_valid(text)) {
    xml_error(error, address, "uuid", "'%s' is not a UUID", text);
    return error_add_hint(error, "'mdevctl list' shows those of the host");
  }
  lower = g_ascii_strdown(text, -1);
  hostdev->uuid = keep(source, "%s", lower);
  hostdev->mdev_path = keep(source, "/sys/bus/mdev/devices/%s", hostdev->uuid);
  return TRUE;
}

gboolean hostdev_source_parse(xmlNode *node, Hostdev *hostdev, GError **error)
{
  static gboolean (*const parsers[])(xmlNode * node, xmlNode * source, Hostdev * hostdev, GError * *error) = {
    [HOSTDEV_PCI] = parse_pci,   [HOSTDEV_USB] = parse_usb,
    [HOSTDEV_SCSI] = parse_scsi, [HOSTDEV_SCSI_HOST] = parse_scsi_host,
    [HOSTDEV_MDEV] = parse_mdev,
  };
  xmlNode *source;

  if (!xml_child_required(node, "source", &source, error))
    return FALSE;
  hostdev->source_place = xml_place(source);
  return parsers[hostdev->type](node, source, hostdev, error);
}

/* ---- One device, one owner ---- */

/* Of a PCI device that an interface is, or the namespaces of a disk are of. */
static char *other_claim(const char *name)
{
  return g_strconcat("other ", name, NULL);
}

/* What of the host's it is; NULL: what several can have. The caller frees it. */
static char *claim_of(const Device *device)
{
  const Hostdev *hostdev = (const Hostdev *)device;

  if (device->room == &interface_room && ((const Interface *)device)->source.pci.name)
    return other_claim(((const Interface *)device)->source.pci.name);
  if (device->room == &disk_room && ((const Disk *)device)->image.source.nvme.name)
    return other_claim(((const Disk *)device)->image.source.nvme.name);
  if (device->room != &hostdev_room)
    return NULL;
  switch (hostdev->type) {
  case HOSTDEV_PCI:
    return g_strdup_printf("pci %s", hostdev->pci.name);
  case HOSTDEV_USB:
    return g_strdup_printf("usb %s %u %u", hostdev->usb.name, hostdev->usb.bus, hostdev->usb.device);
  case HOSTDEV_SCSI:
    return hostdev->scsi.name ? g_strdup_printf("scsi %s", hostdev->scsi.name)
                              : disk_network_identity(hostdev->scsi.network);
  case HOSTDEV_SCSI_HOST:
    return g_strdup_printf("wwpn %s", hostdev->wwpn);
  case HOSTDEV_MDEV:
    return g_strdup_printf("mdev %s", hostdev->uuid);
  case HOSTDEV_LAST:
    break;
  }
  return NULL;
}

static void claim_source(const Device *device, GPtrArray *claims)
{
  char *claim = claim_of(device);

  if (claim)
    g_ptr_array_add(claims, claim);
}

static const Device *find_other(const Domain *domain, const Hostdev *hostdev)
{
  g_autofree char *claim = hostdev->type == HOSTDEV_PCI ? other_claim(hostdev->pci.name) : NULL;

  return claim ? device_first_claimant(domain, claim_source, claim) : NULL;
}

gboolean hostdev_source_validate(const Domain *domain, const Hostdev *hostdev, GError **error)
{
  g_autofree char *claim = claim_of(&hostdev->device);
  const Device *first = device_first_claimant(domain, claim_source, claim);
  const Device *other = find_other(domain, hostdev);

  if (first == &hostdev->device && !other)
    return TRUE;
  if (other)
    first = other;
  return error_set_document(error, &hostdev->source_place, NULL,
                            "this device of the host is that of %s on line %d", first->place.element,
                            first->place.line);
}
