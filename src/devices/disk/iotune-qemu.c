/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The limits are an object, named by the number of the first disk that has them, and a node on top of the
 * others sends each request through it.
 */
#include "config.h"

#include "devices/disk/disk.h"

static guint group_number(const Domain *domain, const Disk *disk)
{
  return disk_iotune_owner(domain, disk)->device.index;
}

void disk_iotune_translate(const Domain *domain, const Disk *disk, Plan *plan)
{
  Props *group, *limits;

  if (!disk_iotune_is_set(domain, disk) || disk_iotune_owner(domain, disk) != disk)
    return;
  group = props_new("qom-type", "throttle-group");
  limits = props_new_empty();
  throttle_limits_translate(disk_iotune_limits(domain, disk), "", limits);
  props_add_format(group, "id", "disk-%u-limits", disk->device.index);
  props_add_props(group, "limits", limits);
  plan_add_json(plan, PLAN_BOTH, "-object", group);
}

void disk_iotune_filter(const Domain *domain, const Disk *disk, const char *drive, Plan *plan)
{
  Props *filter = props_new("driver", "throttle");

  props_add_format(filter, "node-name", "disk-%u-throttle", disk->device.index);
  props_add_format(filter, "throttle-group", "disk-%u-limits", group_number(domain, disk));
  props_add_string(filter, "file", drive);
  if (disk->is_readonly)
    props_add_bool(filter, "read-only", TRUE);
  props_add_string(filter, "discard", "unmap");
  plan_add_json(plan, PLAN_BOTH, "-blockdev", filter);
}

/* Each names all the limits: they are the group's. */
void disk_iotune_add(const Domain *domain, const Disk *disk, Props *drive)
{
  throttle_limits_translate(disk_iotune_limits(domain, disk), "throttling.", drive);
  props_add_format(drive, "throttling.group", "disk-%u-limits", group_number(domain, disk));
}
