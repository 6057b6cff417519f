/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * type='vhostuser': another program is the disk. It gets the guest's memory and serves the queues; QEMU only
 * shows the device. So most of what <disk> can say is that program's affair.
 */
#include "config.h"

#include "devices/disk/disk.h"
#include "domain/domain.h"
#include "domain/shared-memory.h"

/* The first attribute of <driver> that is about images. */
static const char *find_driver_attribute(const Disk *disk)
{
  const DiskDriver *driver = &disk->driver;

  return driver->cache != DISK_CACHE_DEFAULT            ? "cache"
         : driver->io != DISK_IO_DEFAULT                ? "io"
         : driver->discard != DISK_DISCARD_DEFAULT      ? "discard"
         : driver->detect_zeroes != DISK_ZEROES_DEFAULT ? "detect_zeroes"
         : driver->error_policy != DISK_ERROR_DEFAULT   ? "error_policy"
         : driver->rerror_policy != DISK_ERROR_DEFAULT  ? "rerror_policy"
         : driver->copy_on_read                         ? "copy_on_read"
         : driver->ioeventfd                            ? "ioeventfd"
         : driver->iothread                             ? "iothread"
         : driver->threads.shares                       ? "iothreads"
                                                        : NULL;
}

static const char *find_element(const Disk *disk)
{
  return disk->is_readonly                      ? "readonly"
         : disk->is_shareable                   ? "shareable"
         : disk->is_transient                   ? "transient"
         : disk->serial                         ? "serial"
         : disk->wwn                            ? "wwn"
         : disk->vendor                         ? "vendor"
         : disk->product                        ? "product"
         : disk->iotune.place.file              ? "iotune"
         : disk->geometry.place.file            ? "geometry"
         : disk->logical_block_size             ? "blockio"
         : disk->physical_block_size            ? "blockio"
         : disk->has_discard_granularity        ? "blockio"
         : disk->backing->len                   ? "backingStore"
         : disk->image.source.has_slice         ? "slices"
         : disk->image.source.encryption.format ? "encryption"
                                                : NULL;
}

gboolean disk_vhostuser_validate(const Domain *domain, const Disk *disk, GError **error)
{
  const DiskSource *source = &disk->image.source;
  const char *attribute = find_driver_attribute(disk), *element = find_element(disk);

  if (source->type != DISK_TYPE_VHOSTUSER || !source->is_there)
    return TRUE;
  if (disk->bus != DISK_BUS_VIRTIO || disk->kind != DISK_DEVICE_DISK)
    return error_set_document(error, &disk->target_place, "bus",
                              "a disk of type 'vhostuser' is a hard disk on bus 'virtio'");
  if (disk->image.format != DISK_FORMAT_RAW)
    return error_set_document(error, &disk->driver.place, "type",
                              "the image is the other program's affair (allowed: raw)");
  if (attribute)
    return error_set_document(error, &disk->driver.place, attribute,
                              "is the other program's affair: a disk of type 'vhostuser' has none");
  if (element)
    return error_set_document(error, &disk->device.place, NULL,
                              "<%s> is the other program's affair: a disk of type 'vhostuser' has none",
                              element);
  if (!memory_is_shared(domain))
    report_warning(domain->report, &source->place, /* attribute= */ NULL,
                   "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking> shares it",
                   "vhost-user reaches nothing: the guest's memory is not shared with the other program");
  return TRUE;
}
