/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "devices/disk/disk.h"
#include "domain/devices.h"
#include "xml/element.h"

gboolean disk_iotune_parse(xmlNode *disk, DiskIotune *iotune, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(disk, "iotune", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  iotune->place = xml_place(node);
  if (!throttle_limits_parse(node, &iotune->own, error) ||
      !xml_child_text(node, "group_name", &iotune->group, error))
    return FALSE;
  if (iotune->group && !*iotune->group)
    iotune->group = NULL;
  return TRUE;
}

/* ---- Groups ---- */

static void claim_group(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room && ((const Disk *)device)->iotune.group)
    g_ptr_array_add(claims, g_strdup(((const Disk *)device)->iotune.group));
}

/* One that says what the group's limits are. */
static void claim_limits(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room && !throttle_limits_are_empty(&((const Disk *)device)->iotune.own))
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
  return !throttle_limits_are_empty(&find_speaker(domain, disk)->iotune.own);
}

/* ---- Checks ---- */

static gboolean validate_group(const Domain *domain, const Disk *disk, GError **error)
{
  const Disk *speaker = find_speaker(domain, disk);

  if (throttle_limits_are_empty(&disk->iotune.own) ||
      memcmp(&speaker->iotune.own, &disk->iotune.own, sizeof(ThrottleLimits)) == 0)
    return TRUE;
  return error_set_document(error, &disk->iotune.place, NULL, "the group '%s' has other limits on line %d",
                            disk->iotune.group, speaker->iotune.place.line);
}

gboolean disk_iotune_validate(const Domain *domain, const Disk *disk, GError **error)
{
  return throttle_limits_validate(&disk->iotune.own, &disk->iotune.place, error) &&
         validate_group(domain, disk, error);
}

const ThrottleLimits *disk_iotune_limits(const Domain *domain, const Disk *disk)
{
  return &find_speaker(domain, disk)->iotune.own;
}
