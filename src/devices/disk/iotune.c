/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "devices/disk/disk.h"
#include "domain/devices.h"
#include "xml/element.h"

/* What QEMU counts to. */
static const guint64 highest = G_GUINT64_CONSTANT(1000000000000000);

/* Literals, which the document's marks keep. */
static const char *const names[DISK_IOTUNE_UNITS][DISK_IOTUNE_DIRECTIONS][DISK_IOTUNE_MEASURES] = {
  {
      { "total_bytes_sec", "total_bytes_sec_max", "total_bytes_sec_max_length" },
      { "read_bytes_sec", "read_bytes_sec_max", "read_bytes_sec_max_length" },
      { "write_bytes_sec", "write_bytes_sec_max", "write_bytes_sec_max_length" },
  },
  {
      { "total_iops_sec", "total_iops_sec_max", "total_iops_sec_max_length" },
      { "read_iops_sec", "read_iops_sec_max", "read_iops_sec_max_length" },
      { "write_iops_sec", "write_iops_sec_max", "write_iops_sec_max_length" },
  },
};

/* Calls for each limit. */
#define FOREACH_LIMIT(unit, direction, measure)                                                              \
  for (guint unit = 0; (unit) < DISK_IOTUNE_UNITS; (unit)++)                                                 \
    for (guint direction = 0; (direction) < DISK_IOTUNE_DIRECTIONS; (direction)++)                           \
      for (guint measure = 0; (measure) < DISK_IOTUNE_MEASURES; (measure)++)

static gboolean read_limit(xmlNode *node, const char *name, guint64 *ret_limit, GError **error)
{
  xmlNode *child = NULL;

  return xml_child(node, name, &child, error) &&
         (!child || xml_text_uint(child, 0, highest, ret_limit, error));
}

gboolean disk_iotune_parse(xmlNode *disk, DiskIotune *iotune, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(disk, "iotune", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  iotune->place = xml_place(node);
  FOREACH_LIMIT(unit, direction, measure)
  {
    if (!read_limit(node, names[unit][direction][measure], &iotune->own.limits[unit][direction][measure],
                    error))
      return FALSE;
  }
  if (!read_limit(node, "size_iops_sec", &iotune->own.request_bytes, error) ||
      !xml_child_text(node, "group_name", &iotune->group, error))
    return FALSE;
  if (iotune->group && !*iotune->group)
    iotune->group = NULL;
  return TRUE;
}

/* ---- Groups ---- */

static gboolean is_empty(const DiskIotuneLimits *limits)
{
  static const DiskIotuneLimits none;

  return memcmp(limits, &none, sizeof(none)) == 0;
}

static void claim_group(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room && ((const Disk *)device)->iotune.group)
    g_ptr_array_add(claims, g_strdup(((const Disk *)device)->iotune.group));
}

/* One that says what the group's limits are. */
static void claim_limits(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room && !is_empty(&((const Disk *)device)->iotune.own))
    claim_group(device, claims);
}

const Disk *disk_iotune_owner(const Domain *domain, const Disk *disk)
{
  if (!disk->iotune.group)
    return disk;
  return (const Disk *)device_first_claimant(domain, claim_group, disk->iotune.group);
}

/* The disk whose limits hold for @disk. */
static const Disk *find_speaker(const Domain *domain, const Disk *disk)
{
  const Device *device =
      disk->iotune.group ? device_first_claimant(domain, claim_limits, disk->iotune.group) : NULL;

  return device ? (const Disk *)device : disk;
}

gboolean disk_iotune_is_set(const Domain *domain, const Disk *disk)
{
  return !is_empty(&find_speaker(domain, disk)->iotune.own);
}

/* ---- Checks ---- */

static gboolean refuse(const DiskIotune *iotune, guint unit, guint direction, guint measure, const char *why,
                       GError **error)
{
  return error_set_document(error, &iotune->place, NULL, "<%s>: %s", names[unit][direction][measure], why);
}

/* QEMU's rules, and libvirt's. */
static gboolean validate_limit(const DiskIotune *iotune, guint unit, guint direction, GError **error)
{
  const guint64(*limits)[DISK_IOTUNE_MEASURES] = iotune->own.limits[unit];
  guint64 rate = limits[direction][DISK_IOTUNE_RATE], burst = limits[direction][DISK_IOTUNE_BURST];

  for (guint measure = 0; measure < DISK_IOTUNE_MEASURES && direction != DISK_IOTUNE_TOTAL; measure++) {
    if (limits[direction][measure] && limits[DISK_IOTUNE_TOTAL][measure])
      return refuse(iotune, unit, direction, measure, "the total has a limit already, and only one can be",
                    error);
  }
  if (burst && !rate)
    return refuse(iotune, unit, direction, DISK_IOTUNE_BURST, "there is no rate that it could exceed", error);
  if (burst && burst < rate)
    return refuse(iotune, unit, direction, DISK_IOTUNE_BURST, "is lower than the rate", error);
  if (limits[direction][DISK_IOTUNE_BURST_LENGTH] && !burst)
    return refuse(iotune, unit, direction, DISK_IOTUNE_BURST_LENGTH, "there is no burst to last so long",
                  error);
  return TRUE;
}

static gboolean validate_request_bytes(const DiskIotune *iotune, GError **error)
{
  const guint64(*limits)[DISK_IOTUNE_MEASURES] = iotune->own.limits[DISK_IOTUNE_REQUESTS];

  if (!iotune->own.request_bytes || limits[DISK_IOTUNE_TOTAL][DISK_IOTUNE_RATE] ||
      limits[DISK_IOTUNE_READ][DISK_IOTUNE_RATE] || limits[DISK_IOTUNE_WRITE][DISK_IOTUNE_RATE])
    return TRUE;
  return error_set_document(error, &iotune->place, NULL, "<size_iops_sec>: no number of requests is limited");
}

static gboolean validate_group(const Domain *domain, const Disk *disk, GError **error)
{
  const Disk *speaker = find_speaker(domain, disk);

  if (is_empty(&disk->iotune.own) ||
      memcmp(&speaker->iotune.own, &disk->iotune.own, sizeof(DiskIotuneLimits)) == 0)
    return TRUE;
  return error_set_document(error, &disk->iotune.place, NULL, "the group '%s' has other limits on line %d",
                            disk->iotune.group, speaker->iotune.place.line);
}

gboolean disk_iotune_validate(const Domain *domain, const Disk *disk, GError **error)
{
  for (guint unit = 0; unit < DISK_IOTUNE_UNITS; unit++) {
    for (guint direction = 0; direction < DISK_IOTUNE_DIRECTIONS; direction++) {
      if (!validate_limit(&disk->iotune, unit, direction, error))
        return FALSE;
    }
  }
  return validate_request_bytes(&disk->iotune, error) && validate_group(domain, disk, error);
}

const DiskIotuneLimits *disk_iotune_limits(const Domain *domain, const Disk *disk)
{
  return &find_speaker(domain, disk)->iotune.own;
}
