/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/throttle.h"

#include <string.h>

#include "xml/element.h"

/* What QEMU counts to. */
static const guint64 highest = G_GUINT64_CONSTANT(1000000000000000);

/* Literals, which the document's marks keep. */
static const char *const names[THROTTLE_UNITS][THROTTLE_DIRECTIONS][THROTTLE_MEASURES] = {
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
  for (guint unit = 0; (unit) < THROTTLE_UNITS; (unit)++)                                                    \
    for (guint direction = 0; (direction) < THROTTLE_DIRECTIONS; (direction)++)                              \
      for (guint measure = 0; (measure) < THROTTLE_MEASURES; (measure)++)

static gboolean read_limit(xmlNode *node, const char *name, guint64 *ret_limit, GError **error)
{
  xmlNode *child = NULL;

  return xml_child(node, name, &child, error) &&
         (!child || xml_text_uint(child, 0, highest, ret_limit, error));
}

gboolean throttle_limits_parse(xmlNode *node, ThrottleLimits *ret_limits, GError **error)
{
  FOREACH_LIMIT(unit, direction, measure)
  {
    if (!read_limit(node, names[unit][direction][measure], &ret_limits->limits[unit][direction][measure],
                    error))
      return FALSE;
  }
  return read_limit(node, "size_iops_sec", &ret_limits->request_bytes, error);
}

gboolean throttle_limits_are_empty(const ThrottleLimits *limits)
{
  static const ThrottleLimits none;

  return memcmp(limits, &none, sizeof(none)) == 0;
}

static gboolean refuse(const Place *place, guint unit, guint direction, guint measure, const char *why,
                       GError **error)
{
  return error_set_document(error, place, NULL, "<%s>: %s", names[unit][direction][measure], why);
}

/* QEMU's rules, and libvirt's. */
static gboolean validate_limit(const ThrottleLimits *all, const Place *place, guint unit, guint direction,
                               GError **error)
{
  const guint64(*limits)[THROTTLE_MEASURES] = all->limits[unit];
  guint64 rate = limits[direction][THROTTLE_RATE], burst = limits[direction][THROTTLE_BURST];

  for (guint measure = 0; measure < THROTTLE_MEASURES && direction != THROTTLE_TOTAL; measure++) {
    if (limits[direction][measure] && limits[THROTTLE_TOTAL][measure])
      return refuse(place, unit, direction, measure, "the total has a limit already, and only one can be",
                    error);
  }
  if (burst && !rate)
    return refuse(place, unit, direction, THROTTLE_BURST, "there is no rate that it could exceed", error);
  if (burst && burst < rate)
    return refuse(place, unit, direction, THROTTLE_BURST, "is lower than the rate", error);
  if (limits[direction][THROTTLE_BURST_LENGTH] && !burst)
    return refuse(place, unit, direction, THROTTLE_BURST_LENGTH, "there is no burst to last so long", error);
  return TRUE;
}

static gboolean validate_request_bytes(const ThrottleLimits *all, const Place *place, GError **error)
{
  const guint64(*limits)[THROTTLE_MEASURES] = all->limits[THROTTLE_REQUESTS];

  if (!all->request_bytes || limits[THROTTLE_TOTAL][THROTTLE_RATE] || limits[THROTTLE_READ][THROTTLE_RATE] ||
      limits[THROTTLE_WRITE][THROTTLE_RATE])
    return TRUE;
  return error_set_document(error, place, NULL, "<size_iops_sec>: no number of requests is limited");
}

gboolean throttle_limits_validate(const ThrottleLimits *limits, const Place *place, GError **error)
{
  for (guint unit = 0; unit < THROTTLE_UNITS; unit++) {
    for (guint direction = 0; direction < THROTTLE_DIRECTIONS; direction++) {
      if (!validate_limit(limits, place, unit, direction, error))
        return FALSE;
    }
  }
  return validate_request_bytes(limits, place, error);
}

/* ---- Groups ---- */

static gboolean read_group(xmlNode *node, ThrottleGroups *groups, GError **error)
{
  ThrottleGroup group = { .place = xml_place(node) };
  guint first;

  if (!xml_child_text(node, "group_name", &group.name, error) ||
      !throttle_limits_parse(node, &group.limits, error))
    return FALSE;
  if (!group.name || !*group.name)
    return xml_error(error, node, NULL, "element <group_name> is missing: by it disks name the group");
  first = throttle_groups_find(groups, group.name);
  if (first)
    return xml_error(error, node, NULL, "the group '%s' is there already, on line %d", group.name,
                     g_array_index(groups->groups, ThrottleGroup, first - 1).place.line);
  if (!throttle_limits_validate(&group.limits, &group.place, error))
    return FALSE;
  g_array_append_val(groups->groups, group);
  g_hash_table_insert(groups->by_name, (gpointer)group.name, GUINT_TO_POINTER(groups->groups->len));
  return TRUE;
}

gboolean throttle_groups_parse(xmlNode *root, ThrottleGroups *ret_groups, GError **error)
{
  xmlNode *groups = NULL;

  if (!xml_child(root, "throttlegroups", &groups, error))
    return FALSE;
  if (!groups)
    return TRUE;
  ret_groups->groups = g_array_new(FALSE, FALSE, sizeof(ThrottleGroup));
  ret_groups->by_name = g_hash_table_new(g_str_hash, g_str_equal);
  XML_FOREACH_CHILD(groups, node, "throttlegroup") {
    if (!read_group(node, ret_groups, error))
      return FALSE;
  }
  return TRUE;
}

void throttle_groups_clear(ThrottleGroups *groups)
{
  g_clear_pointer(&groups->groups, g_array_unref);
  g_clear_pointer(&groups->by_name, g_hash_table_unref);
}

guint throttle_groups_find(const ThrottleGroups *groups, const char *name)
{
  return groups->by_name ? GPOINTER_TO_UINT(g_hash_table_lookup(groups->by_name, name)) : 0;
}
