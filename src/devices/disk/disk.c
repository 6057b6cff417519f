/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/disk.h"

#include <string.h>

#include "domain/cloud-init.h"
#include "domain/devices.h"
#include "domain/domain.h"
#include "domain/metadata.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(disk_device_table, DISK_DEVICE_LAST, [DISK_DEVICE_DISK] = "disk", [DISK_DEVICE_CDROM] = "cdrom",
           [DISK_DEVICE_FLOPPY] = "floppy", [DISK_DEVICE_LUN] = "lun");
ENUM_TABLE(
    disk_model_table,
    DISK_MODEL_LAST, [DISK_MODEL_VIRTIO] = "virtio", [DISK_MODEL_VIRTIO_TRANSITIONAL] = "virtio-transitional",
    [DISK_MODEL_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional");

ENUM_TABLE(disk_translation_table, DISK_TRANSLATION_LAST, [DISK_TRANSLATION_NONE] = "none",
           [DISK_TRANSLATION_AUTO] = "auto", [DISK_TRANSLATION_LBA] = "lba");

/* What libvirt would do when somebody makes a snapshot: nobody does here. */
ENUM_TABLE(disk_snapshot_table, 4, "no", "internal", "external", "manual");
ENUM_TABLE(disk_sgio_table, 2, "filtered", "unfiltered");

static gboolean can_be_empty(const Disk *disk)
{
  return disk->kind == DISK_DEVICE_CDROM || disk->kind == DISK_DEVICE_FLOPPY;
}

static gboolean read_source(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *source = NULL;

  disk->image.source.place = xml_place(node);
  return xml_child(node, "source", &source, error) &&
         (!source || disk_source_parse(source, can_be_empty(disk), &disk->image.source, error)) &&
         disk_source_parse_old(node, &disk->image.source, error);
}

static gboolean read_flag(xmlNode *node, const char *name, gboolean *ret_flag, GError **error)
{
  xmlNode *flag = NULL;

  if (!xml_child(node, name, &flag, error))
    return FALSE;
  *ret_flag = flag != NULL;
  return TRUE;
}

/* Printable ASCII of at most @max bytes: what the guest's commands can carry. */
static gboolean read_label(xmlNode *node, const char *name, gsize max, const char **ret_label, GError **error)
{
  xmlNode *child = NULL;
  const char *label;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  if (!xml_text(child, &label, error))
    return FALSE;
  if (strlen(label) > max)
    return xml_error(error, child, NULL, "'%s' has %zu characters; allowed are at most %zu", label,
                     strlen(label), max);
  for (const char *c = label; *c; c++) {
    if (!g_ascii_isprint(*c))
      return xml_error(error, child, NULL, "'%s' has characters other than printable ASCII", label);
  }
  if (*label)
    *ret_label = label;
  return TRUE;
}

static gboolean read_wwn(xmlNode *node, guint64 *ret_wwn, GError **error)
{
  xmlNode *child = NULL;
  const char *text;

  if (!xml_child(node, "wwn", &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  if (!xml_text(child, &text, error))
    return FALSE;
  if (!*text)
    return TRUE;
  if (strlen(text) != 16 || !g_ascii_string_to_unsigned(text, 16, 1, G_MAXINT64, ret_wwn, NULL))
    return xml_error(error, child, NULL, "'%s' is not a world wide name (expected: 16 hexadecimal digits)",
                     text);
  return TRUE;
}

/* What a disk says of itself has room for so many characters. */
enum { PRODUCT_SCSI_MAX = 16, PRODUCT_ATA_MAX = 40 };

static gboolean read_labels(xmlNode *node, Disk *disk, GError **error)
{
  return read_label(node, "serial", 36, &disk->serial, error) &&
         read_label(node, "vendor", 8, &disk->vendor, error) &&
         read_label(node, "product", PRODUCT_ATA_MAX, &disk->product, error) &&
         read_wwn(node, &disk->wwn, error);
}

/* 0: nothing can be discarded. */
static gboolean read_discard_granularity(xmlNode *blockio, Disk *disk, GError **error)
{
  disk->has_discard_granularity = xml_has_attribute(blockio, "discard_granularity");
  return xml_attribute_uint32(blockio, "discard_granularity", 0, G_MAXINT32, &disk->discard_granularity,
                              error);
}

static gboolean read_block_size(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *blockio = NULL;

  if (!xml_child(node, "blockio", &blockio, error))
    return FALSE;
  return !blockio || (xml_attribute_uint32(blockio, "logical_block_size", 512, 2097152,
                                           &disk->logical_block_size, error) &&
                      read_discard_granularity(blockio, disk, error) &&
                      xml_attribute_uint32(blockio, "physical_block_size", 512, 2097152,
                                           &disk->physical_block_size, error));
}

static gboolean read_geometry(xmlNode *node, DiskGeometry *geometry, GError **error)
{
  xmlNode *child = NULL;

  if (!xml_child(node, "geometry", &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  geometry->place = xml_place(child);
  return xml_attribute_uint32(child, "cyls", 1, 65535, &geometry->cylinders, error) &&
         xml_attribute_uint32(child, "heads", 1, 255, &geometry->heads, error) &&
         xml_attribute_uint32(child, "secs", 1, 255, &geometry->sectors, error) &&
         xml_attribute_enum(child, "trans", &disk_translation_table, XML_ENUM(&geometry->translation), error);
}

static gboolean read_transient(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *transient = NULL;
  gboolean shares_backing = FALSE; /* the image is only read, and always shared */

  if (!xml_child(node, "transient", &transient, error))
    return FALSE;
  disk->is_transient = transient != NULL;
  return !transient || xml_attribute_yes_no(transient, "shareBacking", &shares_backing, error);
}

/* What is of no account to the guest: snapshots that nobody makes; rights that QEMU has or has not as domrun
 * has them; a copy that was under way when the document was written, of which the source is still the disk's.
 */
static gboolean read_circumstances(xmlNode *node, const Disk *disk, GError **error)
{
  gboolean is_raw = FALSE;
  int snapshot = 0, sgio = 0;
  xmlNode *mirror = NULL;

  if (!xml_attribute_enum(node, "snapshot", &disk_snapshot_table, &snapshot, error) ||
      !xml_child(node, "mirror", &mirror, error))
    return FALSE;
  if (mirror)
    xml_ignore(mirror);
  XML_FOREACH_CHILD(node, data, "privateData") /* of a running guest */
    xml_ignore(data);
  if (disk->kind != DISK_DEVICE_LUN)
    return TRUE;
  if (!xml_attribute_yes_no(node, "rawio", &is_raw, error) ||
      !xml_attribute_enum(node, "sgio", &disk_sgio_table, &sgio, error))
    return FALSE;
  return sgio == 0 ||
         xml_error(error, node, "sgio", "Linux has no 'unfiltered' any more (allowed: filtered)");
}

static BootClass boot_class_of(const Disk *disk)
{
  static const BootClass classes[DISK_DEVICE_LAST] = {
    [DISK_DEVICE_DISK] = BOOT_HD,
    [DISK_DEVICE_LUN] = BOOT_HD,
    [DISK_DEVICE_CDROM] = BOOT_CDROM,
    [DISK_DEVICE_FLOPPY] = BOOT_FD,
  };

  return classes[disk->kind];
}

static gboolean disk_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_DRIVE, ADDRESS_PCI, ADDRESS_USB, ADDRESS_NONE };
  Disk *disk = (Disk *)device;

  if (!xml_attribute_enum(node, "type", &disk_type_table, XML_ENUM(&disk->image.source.type), error) ||
      !xml_attribute_enum(node, "device", &disk_device_table, XML_ENUM(&disk->kind), error) ||
      !xml_attribute_enum(node, "model", &disk_model_table, XML_ENUM(&disk->model), error))
    return FALSE;
  device->boot_class = boot_class_of(disk);
  if (!disk_driver_parse(node, disk, error) || !read_source(node, disk, error) ||
      !disk_target_parse(node, disk, error) || !read_flag(node, "readonly", &disk->is_readonly, error) ||
      !read_flag(node, "shareable", &disk->is_shareable, error) || !read_transient(node, disk, error) ||
      !read_circumstances(node, disk, error))
    return FALSE;
  if (disk->kind == DISK_DEVICE_CDROM)
    disk->is_readonly = TRUE;
  disk->image.source.is_floppy = disk->kind == DISK_DEVICE_FLOPPY;
  return read_labels(node, disk, error) && read_block_size(node, disk, error) &&
         read_geometry(node, &disk->geometry, error) && disk_iotune_parse(node, &disk->iotune, error) &&
         disk_filters_parse(node, disk, error) && disk_backing_parse(node, disk, error) &&
         device_parse_boot(node, device, error) && device_parse_alias(node, device, error) &&
         device_parse_acpi(node, device, error) && address_parse(node, allowed, &device->address, error);
}

/* A paravirtualized disk of Xen is an IDE disk to a guest that has no driver for it, under the same name. */
static gboolean replace_xen_bus(Domain *domain, Disk *disk, GError **error)
{
  if (disk->bus != DISK_BUS_XEN)
    return TRUE;
  if (!domain->is_xen) {
    error_set_document(error, &disk->target_place, "bus",
                       "'xen' needs a Xen host; this guest runs with QEMU");
    return error_add_hint(error, "use bus='virtio', or bus='ide' where the guest has no virtio drivers");
  }
  disk->bus = DISK_BUS_IDE;
  report_warning(domain->report, &disk->target_place, "bus", "QEMU has no Xen disks",
                 "'xen' is replaced by 'ide'");
  return TRUE;
}

/* A drive whose medium is not there is empty, a disk whose file is not there is left out, where the document
 * says so. Its address stays its own. */
static void apply_startup_policy(Domain *domain, Disk *disk)
{
  DiskSource *source = &disk->image.source;
  const DomainOptions *options = domain->options;

  if (source->startup != DISK_STARTUP_OPTIONAL || !source->path || !options->has_file ||
      options->has_file(source->path))
    return;
  report_warning(domain->report, &source->place, disk_source_attribute(source), NULL,
                 can_be_empty(disk)
                     ? "'%s' cannot be read, and startupPolicy='optional': the drive is empty"
                     : "'%s' cannot be read, and startupPolicy='optional': the disk is left out",
                 source->path);
  disk->is_left_out = !can_be_empty(disk);
  if (disk->is_left_out)
    return;
  disk_source_clear(source);
  g_array_set_size(disk->backing, 0);
}

/* The image that --cloud-init has added is made at the start. */
static void find_cloud_init(const Domain *domain, Disk *disk)
{
  const DomainCloudInit *given = domain->options->cloud_init;
  DiskSource *source = &disk->image.source;

  if (!given || source->type != DISK_TYPE_FILE || !source->path ||
      g_strcmp0(disk->device.alias, given->alias) != 0)
    return;
  source->cloud_init = given->plan;
  source->cloud_init.instance = domain->metadata->uuid;
  source->startup = DISK_STARTUP_MANDATORY;
}

static void complete_images(const Domain *domain, Disk *disk)
{
  disk_source_complete(domain, &disk->image.source);
  for (guint i = 0; i < disk->backing->len; i++)
    disk_source_complete(domain, &g_array_index(disk->backing, DiskImage, i).source);
}

/* The guest's commands go to the device, past what QEMU counts; so they do with libvirt. */
static void warn_of_lun(Domain *domain, const Disk *disk)
{
  if (disk->kind == DISK_DEVICE_LUN && disk->iotune.place.file)
    report_warning(domain->report, &disk->iotune.place, NULL, NULL, "the commands of a lun are not limited");
  if (disk->kind == DISK_DEVICE_LUN && disk->filters)
    report_warning(domain->report, &disk->device.place, NULL, NULL, "the commands of a lun are not limited");
}

/* libvirt closes it too, and then tells the guest of the medium. */
static void warn_of_tray(Domain *domain, const Disk *disk)
{
  if (disk->is_tray_open && can_be_empty(disk) && disk->image.source.is_there)
    report_warning(domain->report, &disk->target_place, "tray", NULL,
                   "a drive with a medium is closed when the guest starts");
}

/* A board starts what it starts, and tells the guest of every error; libvirt leaves both away, too. */
static void warn_of_card(Domain *domain, const Disk *disk)
{
  const DiskDriver *driver = &disk->driver;

  if (disk->bus != DISK_BUS_SD)
    return;
  if (disk->device.boot_order)
    report_warning(domain->report, &disk->device.place, NULL, NULL,
                   "<boot order='%u'/>: what machine '%s' starts from is not chosen by an order",
                   disk->device.boot_order, domain->os->machine);
  if (driver->error_policy != DISK_ERROR_DEFAULT || driver->rerror_policy != DISK_ERROR_DEFAULT)
    report_warning(domain->report, &driver->place,
                   driver->error_policy != DISK_ERROR_DEFAULT ? "error_policy" : "rerror_policy", NULL,
                   "an SD card reports errors to the guest, whatever the policy");
}

/* What the host would have to do first, and does not. */
static void warn_of_host(Domain *domain, const DiskSource *source)
{
  if (source->has_label)
    report_warning(domain->report, &source->label_place, NULL, NULL, "the file keeps the label that it has");
}

static void set_alias(Domain *domain, Disk *disk)
{
  Device *device = &disk->device;
  const DriveAddress *drive = &device->address.drive;

  if (disk->bus == DISK_BUS_VIRTIO)
    device_set_alias(domain, device, "virtio-disk%u", disk->target_index);
  else if (disk->bus == DISK_BUS_USB)
    device_set_alias(domain, device, "usb-disk%u", disk->target_index);
  else if (disk->bus == DISK_BUS_SD)
    device_set_alias(domain, device, "sd-disk%u", disk->target_index);
  else if (disk_has_target(domain, disk))
    device_set_alias(domain, device, "%s%u-%u-%u-%u", enum_to_string(&disk_bus_table, (int)disk->bus),
                     drive->controller, drive->bus, drive->target, drive->unit);
  else
    device_set_alias(domain, device, "%s%u-%u-%u", enum_to_string(&disk_bus_table, (int)disk->bus),
                     drive->controller, drive->bus, drive->unit);
}

/* The kind of address follows from the bus. */
static gboolean check_address_type(const Disk *disk, GError **error)
{
  static const AddressType types[DISK_BUS_LAST] = {
    [DISK_BUS_FDC] = ADDRESS_DRIVE,  [DISK_BUS_IDE] = ADDRESS_DRIVE, [DISK_BUS_SATA] = ADDRESS_DRIVE,
    [DISK_BUS_SCSI] = ADDRESS_DRIVE, [DISK_BUS_USB] = ADDRESS_USB,   [DISK_BUS_VIRTIO] = ADDRESS_PCI,
  };
  const Address *address = &disk->device.address;

  if (!address->is_given || address->type == types[disk->bus] ||
      (disk->bus == DISK_BUS_VIRTIO &&
       (address->type == ADDRESS_CCW || address->type == ADDRESS_VIRTIO_MMIO)))
    return TRUE;
  if (disk->bus == DISK_BUS_SD)
    return error_set_document(error, &address->place, "type",
                              "an SD card has no address: it is in the machine's own socket");
  return error_set_document(error, &address->place, "type",
                            "a disk on bus '%s' cannot have an address of type '%s' (allowed: %s)",
                            enum_to_string(&disk_bus_table, (int)disk->bus),
                            enum_to_string(&address_type_table, (int)address->type),
                            enum_to_string(&address_type_table, (int)types[disk->bus]));
}

/* Somewhere in the chain: what the document says of caches is for all of it. */
static gboolean has_vdpa(const Disk *disk)
{
  gboolean has = disk->image.source.type == DISK_TYPE_VHOSTVDPA;

  for (guint i = 0; !has && i < disk->backing->len; i++)
    has = g_array_index(disk->backing, DiskImage, i).source.type == DISK_TYPE_VHOSTVDPA;
  return has;
}

static gboolean disk_complete(Domain *domain, Device *device, GError **error)
{
  Disk *disk = (Disk *)device;

  if (!replace_xen_bus(domain, disk, error) || !check_address_type(disk, error) ||
      !disk_filters_complete(domain, disk, error))
    return FALSE;
  if (has_vdpa(disk) && disk->driver.cache == DISK_CACHE_DEFAULT) /* QEMU has no cache for it */
    disk->driver.cache = DISK_CACHE_NONE;
  if (disk->is_shareable && disk->driver.cache == DISK_CACHE_DEFAULT) /* another host's writes must be seen */
    disk->driver.cache = DISK_CACHE_NONE;
  if (!disk_target_place(domain, disk, error))
    return FALSE;
  if (disk->bus == DISK_BUS_VIRTIO)
    device->pci_plug =
        disk->model == DISK_MODEL_VIRTIO_TRANSITIONAL ? PCI_PLUG_CONVENTIONAL : PCI_PLUG_VIRTIO;
  device->is_usb = disk->bus == DISK_BUS_USB;
  complete_images(domain, disk);
  find_cloud_init(domain, disk);
  apply_startup_policy(domain, disk);
  warn_of_lun(domain, disk);
  warn_of_tray(domain, disk);
  warn_of_card(domain, disk);
  warn_of_host(domain, &disk->image.source);
  set_alias(domain, disk);
  return TRUE;
}

/* Which bus a kind of drive can be on. */
static gboolean validate_bus(const Disk *disk, GError **error)
{
  const char *bus = enum_to_string(&disk_bus_table, (int)disk->bus);

  if ((disk->kind == DISK_DEVICE_FLOPPY) != (disk->bus == DISK_BUS_FDC))
    return error_set_document(error, &disk->target_place, "bus", "'%s' is not a bus for a %s (allowed: %s)",
                              bus, enum_to_string(&disk_device_table, (int)disk->kind),
                              disk->kind == DISK_DEVICE_FLOPPY ? "fdc" : "ide, sata, scsi, usb, virtio");
  if (disk->kind == DISK_DEVICE_CDROM && disk->bus == DISK_BUS_VIRTIO)
    return error_set_document(error, &disk->target_place, "bus",
                              "a CD-ROM drive cannot be on bus 'virtio' (allowed: ide, sata, scsi, usb)");
  if (disk->kind == DISK_DEVICE_LUN && disk->bus != DISK_BUS_SCSI)
    return error_set_document(error, &disk->target_place, "bus",
                              "a lun cannot be on bus '%s' (allowed: scsi)", bus);
  if (disk->kind == DISK_DEVICE_CDROM && disk->bus == DISK_BUS_SD)
    return error_set_document(error, &disk->target_place, "bus",
                              "a CD-ROM drive cannot be on bus 'sd' (allowed: ide, sata, scsi, usb)");
  if (disk->removable != FEATURE_UNSET && disk->bus != DISK_BUS_USB)
    return error_set_document(error, &disk->target_place, "removable",
                              "is for bus 'usb'; this disk is on '%s'", bus);
  if (disk->kind == DISK_DEVICE_DISK && disk->is_readonly &&
      (disk->bus == DISK_BUS_IDE || disk->bus == DISK_BUS_SATA)) {
    error_set_document(error, &disk->device.place, NULL, "a disk on bus '%s' cannot be read-only", bus);
    return error_add_hint(error, "use bus='virtio' or 'scsi', or device='cdrom' for an ISO image");
  }
  return TRUE;
}

static gboolean speaks_scsi(const DiskSource *source)
{
  return source->type == DISK_TYPE_BLOCK ||
         (source->network && source->network->protocol == DISK_PROTOCOL_ISCSI);
}

static gboolean validate_kind(const Disk *disk, GError **error)
{
  const DiskSource *source = &disk->image.source;

  if (!source->is_there && !can_be_empty(disk)) {
    error_set_document(error, &source->place, NULL, "a disk needs <source %s='...'/>",
                       disk_source_attribute(source));
    return error_add_hint(error, "only drives with removable media can be empty: device='cdrom' or 'floppy'");
  }
  if (!source->is_there && disk->bus == DISK_BUS_USB) {
    error_set_document(error, &source->place, NULL, "QEMU has no empty drive on bus 'usb'");
    return error_add_hint(error, "give it a <source>, or use bus='sata', 'ide' or 'scsi'");
  }
  if (disk->kind == DISK_DEVICE_LUN && !speaks_scsi(source))
    return error_set_document(error, &disk->device.place, "device",
                              "'lun' hands SCSI commands to a device: it needs type='block', or "
                              "protocol='iscsi'");
  if (disk->kind == DISK_DEVICE_LUN && disk->image.format != DISK_FORMAT_RAW)
    return error_set_document(error, &disk->driver.place, "type", "a lun must be 'raw'");
  if (disk->model != DISK_MODEL_DEFAULT && disk->bus != DISK_BUS_VIRTIO)
    return error_set_document(error, &disk->device.place, "model",
                              "is for bus 'virtio'; this disk is on '%s'",
                              enum_to_string(&disk_bus_table, (int)disk->bus));
  return TRUE;
}

static gboolean is_ata(const Disk *disk)
{
  return disk->bus == DISK_BUS_IDE || disk->bus == DISK_BUS_SATA;
}

static gboolean validate_labels(const Disk *disk, GError **error)
{
  const Place *place = &disk->device.place;

  if (disk->vendor && disk->bus != DISK_BUS_SCSI)
    return error_set_document(error, place, NULL, "<vendor> is for disks on bus 'scsi'");
  if (disk->product && disk->bus != DISK_BUS_SCSI && !is_ata(disk))
    return error_set_document(error, place, NULL, "<product> is for disks on bus 'ide', 'sata' or 'scsi'");
  if (disk->product && disk->bus == DISK_BUS_SCSI && strlen(disk->product) > PRODUCT_SCSI_MAX)
    return error_set_document(error, place, NULL, "<product>: on bus 'scsi' it has at most %d characters",
                              PRODUCT_SCSI_MAX);
  if (disk->wwn && disk->bus != DISK_BUS_SCSI && !is_ata(disk))
    return error_set_document(error, place, NULL, "<wwn> is for disks on bus 'ide', 'sata' or 'scsi'");
  if (disk->serial && disk->kind == DISK_DEVICE_FLOPPY)
    return error_set_document(error, place, NULL, "<serial>: a floppy drive has no serial number");
  return TRUE;
}

/* Of what other disks say of themselves, a card of QEMU's has nothing. */
static gboolean validate_card(const Disk *disk, GError **error)
{
  if (disk->bus != DISK_BUS_SD)
    return TRUE;
  if (disk->serial)
    return error_set_document(error, &disk->device.place, NULL,
                              "<serial>: an SD card has no serial number of the document's");
  if (disk->logical_block_size || disk->physical_block_size || disk->has_discard_granularity)
    return error_set_document(error, &disk->device.place, NULL,
                              "<blockio>: an SD card has blocks of 512 bytes, and no others");
  if (disk->is_readonly) {
    error_set_document(error, &disk->device.place, NULL, "QEMU has no read-only SD card");
    return error_add_hint(error, "<transient/> lets the guest write, and forgets it at the end");
  }
  return TRUE;
}

static gboolean validate_geometry(const Disk *disk, GError **error)
{
  const DiskGeometry *geometry = &disk->geometry;
  const char *bus = enum_to_string(&disk_bus_table, (int)disk->bus);

  if (!geometry->place.file)
    return TRUE;
  if (disk->kind != DISK_DEVICE_DISK || disk->bus == DISK_BUS_USB || disk->bus == DISK_BUS_SD)
    return error_set_document(error, &geometry->place, NULL,
                              "is for hard disks on bus 'ide', 'sata', 'scsi' or 'virtio'");
  if (!geometry->cylinders != !geometry->heads || !geometry->heads != !geometry->sectors)
    return error_set_document(error, &geometry->place, NULL, "'cyls', 'heads' and 'secs' go together");
  if (geometry->translation != DISK_TRANSLATION_DEFAULT && disk->bus != DISK_BUS_IDE)
    return error_set_document(error, &geometry->place, "trans", "is for bus 'ide'; this disk is on '%s'",
                              bus);
  return TRUE;
}

static gboolean only_reads(const Disk *disk)
{
  return disk->is_readonly || disk->is_transient;
}

static gboolean validate_vdpa(const Disk *disk, GError **error)
{
  DiskCache cache = disk->driver.cache;

  if (!has_vdpa(disk) || cache == DISK_CACHE_NONE || cache == DISK_CACHE_DIRECTSYNC)
    return TRUE;
  return error_set_document(error, &disk->driver.place, "cache",
                            "'%s' needs a cache, which QEMU has not for type='vhostvdpa' (allowed: none, "
                            "directsync)",
                            enum_to_string(&disk_cache_table, (int)cache));
}

/* What only some drives have. */
static gboolean validate_traits(const Disk *disk, GError **error)
{
  gboolean may_rotate = disk->bus == DISK_BUS_SCSI || disk->bus == DISK_BUS_IDE || disk->bus == DISK_BUS_SATA;

  if (disk->rotation_rate && (disk->kind != DISK_DEVICE_DISK || !may_rotate))
    return error_set_document(error, &disk->target_place, "rotation_rate",
                              "is for hard disks on bus 'ide', 'sata' or 'scsi'");
  if (disk->driver.dpofua && (disk->kind != DISK_DEVICE_DISK || disk->bus != DISK_BUS_SCSI))
    return error_set_document(error, &disk->device.place, NULL,
                              "<driver dpofua=...> is for hard disks on bus 'scsi'");
  if (disk->driver.discard_no_unref && disk->image.format != DISK_FORMAT_QCOW2)
    return error_set_document(error, &disk->device.place, NULL,
                              "<driver discard_no_unref=...> is for images in format 'qcow2'");
  if (disk->has_discard_granularity && is_ata(disk) && disk->discard_granularity != 512)
    return error_set_document(error, &disk->device.place, NULL,
                              "<blockio discard_granularity='%u'>: on bus '%s' it is 512",
                              disk->discard_granularity, enum_to_string(&disk_bus_table, (int)disk->bus));
  if (disk->is_tray_open && !can_be_empty(disk))
    return error_set_document(error, &disk->target_place, "tray", "is for device='cdrom' and 'floppy'");
  if (disk->is_transient && (disk->is_readonly || disk->is_shareable)) {
    error_set_document(error, &disk->device.place, NULL, "a <transient/> disk cannot be <%s/>",
                       disk->is_readonly ? "readonly" : "shareable");
    return error_add_hint(error, "its image is only read, and so may be that of several guests");
  }
  if (disk->is_transient && disk->image.source.encryption.format != DISK_ENCRYPTION_NONE)
    return error_set_document(error, &disk->image.source.encryption.place, NULL,
                              "what the guest writes to a <transient/> disk would not be encrypted");
  if (disk->is_transient && disk->kind == DISK_DEVICE_LUN)
    return error_set_document(error, &disk->device.place, NULL,
                              "a lun cannot be <transient/>: its commands go to the device itself");
  if (disk->image.source.network && disk_network_is_read_only(disk->image.source.network) &&
      !only_reads(disk)) {
    error_set_document(error, &disk->image.source.place, "protocol",
                       "'%s' can only be read: the disk must be <readonly/>",
                       enum_to_string(&disk_protocol_table, (int)disk->image.source.network->protocol));
    return error_add_hint(error, "<transient/> lets the guest write, and forgets it at the end");
  }
  if (disk->image.source.type == DISK_TYPE_DIR && !disk->is_readonly && !disk->is_transient) {
    error_set_document(error, &disk->image.source.place, NULL,
                       "a directory can only be read: the disk must be <readonly/>");
    return error_add_hint(error, "<filesystem> shares a directory that the guest may write");
  }
  return TRUE;
}

/* Two disks may have one file where both only read it, or both share it. */
static char *source_claim(const char *source, gboolean is_readonly, gboolean is_shareable)
{
  return g_strdup_printf("%c%c%s", is_readonly ? 'r' : 'w', is_shareable ? 's' : 'a', source);
}

static void claim_source(const Device *device, GPtrArray *claims)
{
  const Disk *disk = (const Disk *)device;

  if (device->room != &disk_room)
    return;
  for (const DiskSource *source = &disk->image.source; source; source = source->data) {
    g_autofree char *identity = disk_source_identity(source);

    if (identity)
      g_ptr_array_add(claims, source_claim(identity, only_reads(disk), disk->is_shareable));
  }
}

/* The first disk before this one that has its file in a way that does not go with its own. */
static const Device *find_rival(const Domain *domain, const Disk *disk, const char *identity)
{
  const Device *rival = NULL;

  for (guint way = 0; way < 4; way++) {
    gboolean is_readonly = way & 1, is_shareable = way & 2;
    g_autofree char *claim = source_claim(identity, is_readonly, is_shareable);
    const Device *other = NULL;

    if (!(is_readonly && only_reads(disk)) && !(is_shareable && disk->is_shareable))
      other = device_first_claimant(domain, claim_source, claim);
    if (other && device_is_before(other, &disk->device) && (!rival || device_is_before(other, rival)))
      rival = other;
  }
  return rival;
}

/* One file that two disks write is a file that is lost. */
static gboolean validate_source(const Domain *domain, const Disk *disk, const DiskSource *source,
                                GError **error)
{
  g_autofree char *identity = disk_source_identity(source);
  const Device *rival = identity ? find_rival(domain, disk, identity) : NULL;

  if (!rival)
    return !source->data || validate_source(domain, disk, source->data, error);
  error_set_document(error, &source->place, disk_source_attribute(source),
                     "'%s' is the source of the disk on line %d", identity, rival->place.line);
  return error_add_hint(
      error, "two disks that write one file destroy it; <readonly/> or <shareable/> on both allows it");
}

static gboolean disk_validate(const Domain *domain, const Device *device, GError **error)
{
  const Disk *disk = (const Disk *)device;

  return validate_bus(disk, error) && validate_kind(disk, error) && validate_labels(disk, error) &&
         validate_card(disk, error) && disk_vhostuser_validate(domain, disk, error) &&
         validate_vdpa(disk, error) && validate_geometry(disk, error) &&
         disk_iotune_validate(domain, disk, error) && validate_traits(disk, error) &&
         disk_driver_validate(domain, disk, error) && disk_target_validate(domain, disk, error) &&
         (!disk->image.source.is_there || disk_image_validate(&disk->image, &disk->driver.place, error)) &&
         validate_source(domain, disk, &disk->image.source, error) && disk_backing_validate(disk, error) &&
         disk_ssh_validate(domain, disk, error);
}

static void disk_clear(Device *device)
{
  Disk *disk = (Disk *)device;

  g_clear_pointer(&disk->backing, g_array_unref);
  iothread_mapping_clear(&disk->driver.threads);
  g_clear_pointer(&disk->filters, g_array_unref);
  disk_source_clear(&disk->image.source);
}

const DeviceRoom disk_room = {
  .element = "disk",
  .size = sizeof(Disk),
  .pci_order = DEVICE_PCI_ORDER_DISK,
  .usb_order = DEVICE_USB_ORDER_DISK,
  .parse = disk_parse,
  .complete = disk_complete,
  .validate = disk_validate,
  .translate = disk_translate,
  .annotate = device_annotate_nothing,
  .clear = disk_clear,
};
