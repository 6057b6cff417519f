/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The limits are an object, named by the number of the first disk that has them, and a node on top of the
 * others sends each request through it.
 */
#include "config.h"

#include "devices/disk/disk.h"

static const char *const unit_names[DISK_IOTUNE_UNITS] = { "bps", "iops" };
static const char *const direction_names[DISK_IOTUNE_DIRECTIONS] = { "total", "read", "write" };
static const char *const measure_names[DISK_IOTUNE_MEASURES] = { "", "-max", "-max-length" };

static void add_unit(const DiskIotuneLimits *limits, guint unit, const char *prefix, Props *props)
{
  for (guint direction = 0; direction < DISK_IOTUNE_DIRECTIONS; direction++) {
    for (guint measure = 0; measure < DISK_IOTUNE_MEASURES; measure++) {
      g_autofree char *name = g_strdup_printf("%s%s-%s%s", prefix, unit_names[unit],
                                              direction_names[direction], measure_names[measure]);

      if (limits->limits[unit][direction][measure])
        props_add_uint(props, name, limits->limits[unit][direction][measure]);
    }
  }
}

static void add_limits(const DiskIotuneLimits *limits, const char *prefix, Props *props)
{
  g_autofree char *size = g_strconcat(prefix, "iops-size", NULL);

  add_unit(limits, DISK_IOTUNE_BYTES, prefix, props);
  add_unit(limits, DISK_IOTUNE_REQUESTS, prefix, props);
  if (limits->request_bytes)
    props_add_uint(props, size, limits->request_bytes);
}

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
  add_limits(disk_iotune_limits(domain, disk), "", limits);
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
  add_limits(disk_iotune_limits(domain, disk), "throttling.", drive);
  props_add_format(drive, "throttling.group", "disk-%u-limits", group_number(domain, disk));
}
