/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: QEMU's manual, -object throttle-group.
 */
#include "config.h"

#include "domain/throttle.h"

static const char *const unit_names[THROTTLE_UNITS] = { "bps", "iops" };
static const char *const direction_names[THROTTLE_DIRECTIONS] = { "total", "read", "write" };
static const char *const measure_names[THROTTLE_MEASURES] = { "", "-max", "-max-length" };

static void add_unit(const ThrottleLimits *limits, guint unit, const char *prefix, Props *props)
{
  for (guint direction = 0; direction < THROTTLE_DIRECTIONS; direction++) {
    for (guint measure = 0; measure < THROTTLE_MEASURES; measure++) {
      g_autofree char *name = g_strdup_printf("%s%s-%s%s", prefix, unit_names[unit],
                                              direction_names[direction], measure_names[measure]);

      if (limits->limits[unit][direction][measure])
        props_add_uint(props, name, limits->limits[unit][direction][measure]);
    }
  }
}

void throttle_limits_translate(const ThrottleLimits *limits, const char *prefix, Props *props)
{
  g_autofree char *size = g_strconcat(prefix, "iops-size", NULL);

  add_unit(limits, THROTTLE_BYTES, prefix, props);
  add_unit(limits, THROTTLE_REQUESTS, prefix, props);
  if (limits->request_bytes)
    props_add_uint(props, size, limits->request_bytes);
}

void throttle_groups_translate(const ThrottleGroups *groups, Plan *plan)
{
  for (guint i = 0; groups->groups && i < groups->groups->len; i++) {
    Props *object = props_new("qom-type", "throttle-group"), *limits = props_new_empty();

    throttle_limits_translate(&g_array_index(groups->groups, ThrottleGroup, i).limits, "", limits);
    props_add_format(object, "id", "throttle-%u", i + 1);
    props_add_props(object, "limits", limits);
    plan_add_json(plan, PLAN_BOTH, "-object", object);
  }
}
