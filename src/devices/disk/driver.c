/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/disk.h"

#include "domain/domain.h"
#include "domain/iothreads.h"
#include "xml/element.h"

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

/* The back ends of Xen's days name the same files: QEMU's block layer opens them all. */
ENUM_TABLE(disk_backend_table, 5, "qemu", "tap", "tap2", "file", "phy");

/* "aio" was blktap's word for a raw file. */
static gboolean read_format(xmlNode *node, DiskImage *image, GError **error)
{
  if (g_strcmp0(xml_attribute(node, "type"), "aio") == 0)
    return TRUE;
  return xml_attribute_enum(node, "type", &disk_format_table, XML_ENUM(&image->format), error) &&
         disk_metadata_cache_parse(node, image, error);
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
         feature_state_parse(node, "discard_no_unref", &driver->discard_no_unref, error) &&
         feature_state_parse(node, "dpofua", &driver->dpofua, error) &&
         xml_attribute_enum(node, "detect_zeroes", &disk_detect_zeroes_table,
                            XML_ENUM(&driver->detect_zeroes), error) &&
         feature_state_parse(node, "copy_on_read", &driver->copy_on_read, error);
}

static gboolean read_virtio(xmlNode *node, DiskDriver *driver, GError **error)
{
  if (!feature_state_parse(node, "ioeventfd", &driver->ioeventfd, error) ||
      !feature_state_parse(node, "event_idx", &driver->event_idx, error) ||
      !virtio_options_parse(node, &driver->virtio, error) ||
      !xml_attribute_uint32(node, "queues", 1, 1024, &driver->queues, error) ||
      !xml_attribute_uint32(node, "queue_size", 4, 1024, &driver->queue_size, error))
    return FALSE;
  return (driver->queue_size & (driver->queue_size - 1)) == 0 || driver->queue_size == 0 ||
         xml_error(error, node, "queue_size", "%u is not a power of two (allowed: 4, 8, ... 1024)",
                   driver->queue_size);
}

gboolean disk_driver_parse(xmlNode *disk_node, Disk *disk, GError **error)
{
  DiskDriver *driver = &disk->driver;
  xmlNode *node = NULL;
  int backend = 0;

  driver->place = xml_place(disk_node);
  if (disk->image.source.type == DISK_TYPE_DIR)
    disk->image.format = DISK_FORMAT_FAT;
  if (!xml_child(disk_node, "driver", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  driver->place = xml_place(node);
  return xml_attribute_enum(node, "name", &disk_backend_table, &backend, error) &&
         read_format(node, &disk->image, error) && read_policies(node, driver, error) &&
         read_virtio(node, driver, error) &&
         xml_attribute_uint32(node, "iothread", 1, G_MAXINT32, &driver->iothread, error) &&
         iothread_mapping_parse(node, driver->iothread, driver->queues, &driver->threads, error);
}

/* ---- Checks ---- */

static gboolean validate_virtio(const Disk *disk, GError **error)
{
  const DiskDriver *driver = &disk->driver;
  const char *attribute = driver->queues       ? "queues"
                          : driver->queue_size ? "queue_size"
                          : driver->iothread   ? "iothread"
                          : driver->ioeventfd  ? "ioeventfd"
                          : driver->event_idx  ? "event_idx"
                                               : virtio_options_find(&driver->virtio);

  if (disk->bus == DISK_BUS_VIRTIO)
    return TRUE;
  if (driver->threads.shares)
    return error_set_document(error, &driver->threads.place, NULL, "needs bus='virtio'; this disk is on '%s'",
                              enum_to_string(&disk_bus_table, (int)disk->bus));
  return !attribute ||
         error_set_document(error, &driver->place, attribute, "needs bus='virtio'; this disk is on '%s'",
                            enum_to_string(&disk_bus_table, (int)disk->bus));
}

gboolean disk_driver_validate(const Domain *domain, const Disk *disk, GError **error)
{
  const DiskDriver *driver = &disk->driver;
  gboolean is_direct = driver->cache == DISK_CACHE_NONE || driver->cache == DISK_CACHE_DIRECTSYNC;

  if (driver->io == DISK_IO_NATIVE && !is_direct) {
    error_set_document(error, &driver->place, "io", "'native' needs a cache that is by-passed");
    return error_add_hint(error, "add cache='none' or cache='directsync'");
  }
  if (!validate_virtio(disk, error) ||
      (driver->iothread && !iothreads_check(domain, driver->iothread, &driver->place, "iothread", error)) ||
      !iothread_mapping_check(domain, &driver->threads, error))
    return FALSE;
  if (driver->copy_on_read == FEATURE_ON && disk->is_readonly)
    return error_set_document(error, &driver->place, "copy_on_read", "a read-only disk cannot copy on read");
  if (driver->copy_on_read == FEATURE_ON && disk->is_transient)
    return error_set_document(error, &driver->place, "copy_on_read",
                              "what a <transient/> disk would copy is thrown away");
  if (disk->is_shareable && disk->image.format != DISK_FORMAT_RAW)
    return error_set_document(error, &driver->place, "type",
                              "'%s' cannot be written by two guests: a <shareable/> disk must be 'raw'",
                              enum_to_string(&disk_format_table, (int)disk->image.format));
  return TRUE;
}
