/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/disk.h"

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(
    disk_format_table,
    DISK_FORMAT_LAST, [DISK_FORMAT_RAW] = "raw", [DISK_FORMAT_BOCHS] = "bochs", [DISK_FORMAT_CLOOP] = "cloop",
    [DISK_FORMAT_DMG] = "dmg", [DISK_FORMAT_PARALLELS] = "parallels", [DISK_FORMAT_QCOW] = "qcow",
    [DISK_FORMAT_QCOW2] = "qcow2", [DISK_FORMAT_QED] = "qed", [DISK_FORMAT_VDI] = "vdi",
    [DISK_FORMAT_VHDX] = "vhdx", [DISK_FORMAT_VMDK] = "vmdk", [DISK_FORMAT_VPC] = "vpc");
ENUM_TABLE(disk_cache_table, DISK_CACHE_LAST, [DISK_CACHE_DEFAULT] = "default", [DISK_CACHE_NONE] = "none",
           [DISK_CACHE_WRITETHROUGH] = "writethrough", [DISK_CACHE_WRITEBACK] = "writeback",
           [DISK_CACHE_DIRECTSYNC] = "directsync", [DISK_CACHE_UNSAFE] = "unsafe");
ENUM_TABLE(
    disk_io_table,
    DISK_IO_LAST, [DISK_IO_THREADS] = "threads", [DISK_IO_NATIVE] = "native", [DISK_IO_URING] = "io_uring");
ENUM_TABLE(disk_error_policy_table,
           DISK_ERROR_LAST, [DISK_ERROR_STOP] = "stop", [DISK_ERROR_REPORT] = "report",
           [DISK_ERROR_IGNORE] = "ignore", [DISK_ERROR_ENOSPACE] = "enospace");
/* enospace is a policy of writes alone. */
ENUM_TABLE(disk_rerror_policy_table, DISK_ERROR_ENOSPACE, [DISK_ERROR_STOP] = "stop",
           [DISK_ERROR_REPORT] = "report", [DISK_ERROR_IGNORE] = "ignore");
ENUM_TABLE(disk_discard_table,
           DISK_DISCARD_LAST, [DISK_DISCARD_UNMAP] = "unmap", [DISK_DISCARD_IGNORE] = "ignore");
ENUM_TABLE(
    disk_detect_zeroes_table,
    DISK_ZEROES_LAST, [DISK_ZEROES_OFF] = "off", [DISK_ZEROES_ON] = "on", [DISK_ZEROES_UNMAP] = "unmap");
ENUM_TABLE(disk_switch_table, DISK_SWITCH_LAST, [DISK_SWITCH_ON] = "on", [DISK_SWITCH_OFF] = "off");

/* The back ends of Xen's days name the same files: QEMU's block layer opens them all. */
ENUM_TABLE(disk_backend_table, 5, "qemu", "tap", "tap2", "file", "phy");

/* "aio" was blktap's word for a raw file. */
static gboolean read_format(xmlNode *node, DiskDriver *driver, GError **error)
{
  if (g_strcmp0(xml_attribute(node, "type"), "aio") == 0)
    return TRUE;
  return xml_attribute_enum(node, "type", &disk_format_table, XML_ENUM(&driver->format), error);
}

static gboolean read_policies(xmlNode *node, DiskDriver *driver, GError **error)
{
  return xml_attribute_enum(node, "cache", &disk_cache_table, XML_ENUM(&driver->cache), error) &&
         xml_attribute_enum(node, "io", &disk_io_table, XML_ENUM(&driver->io), error) &&
         xml_attribute_enum(node, "error_policy", &disk_error_policy_table, XML_ENUM(&driver->error_policy),
                            error) &&
         xml_attribute_enum(node, "rerror_policy", &disk_rerror_policy_table,
                            XML_ENUM(&driver->rerror_policy), error) &&
         xml_attribute_enum(node, "discard", &disk_discard_table, XML_ENUM(&driver->discard), error) &&
         xml_attribute_enum(node, "detect_zeroes", &disk_detect_zeroes_table,
                            XML_ENUM(&driver->detect_zeroes), error);
}

gboolean disk_driver_parse(xmlNode *disk, DiskDriver *ret_driver, GError **error)
{
  xmlNode *node = NULL;
  int backend = 0;

  ret_driver->place = xml_place(disk);
  if (!xml_child(disk, "driver", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  ret_driver->place = xml_place(node);
  return xml_attribute_enum(node, "name", &disk_backend_table, &backend, error) &&
         read_format(node, ret_driver, error) && read_policies(node, ret_driver, error) &&
         xml_attribute_enum(node, "copy_on_read", &disk_switch_table, XML_ENUM(&ret_driver->copy_on_read),
                            error) &&
         xml_attribute_enum(node, "ioeventfd", &disk_switch_table, XML_ENUM(&ret_driver->ioeventfd), error) &&
         xml_attribute_enum(node, "event_idx", &disk_switch_table, XML_ENUM(&ret_driver->event_idx), error) &&
         xml_attribute_uint32(node, "queues", 1, 1024, &ret_driver->queues, error);
}

gboolean disk_driver_validate(const Disk *disk, GError **error)
{
  const DiskDriver *driver = &disk->driver;
  gboolean is_direct = driver->cache == DISK_CACHE_NONE || driver->cache == DISK_CACHE_DIRECTSYNC;
  gboolean has_virtio = driver->ioeventfd != DISK_SWITCH_DEFAULT ||
                        driver->event_idx != DISK_SWITCH_DEFAULT || driver->queues > 0;

  if (driver->io == DISK_IO_NATIVE && !is_direct) {
    error_set_document(error, &driver->place, "io", "'native' needs a cache that is by-passed");
    return error_add_hint(error, "add cache='none' or cache='directsync'");
  }
  if (has_virtio && disk->bus != DISK_BUS_VIRTIO)
    return error_set_document(error, &driver->place, NULL,
                              "'ioeventfd', 'event_idx' and 'queues' need bus='virtio'; this disk is on '%s'",
                              enum_to_string(&disk_bus_table, (int)disk->bus));
  if (driver->copy_on_read == DISK_SWITCH_ON && disk->is_readonly)
    return error_set_document(error, &driver->place, "copy_on_read", "a read-only disk cannot copy on read");
  if (disk->is_shareable && driver->format != DISK_FORMAT_RAW)
    return error_set_document(error, &driver->place, "type",
                              "'%s' cannot be written by two guests: a <shareable/> disk must be 'raw'",
                              enum_to_string(&disk_format_table, (int)driver->format));
  return TRUE;
}
