/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How much of a disk a guest may use in a second: the limits themselves, which <iotune> of a disk has, and
 * <throttlegroups>, which disks name. https://libvirt.org/formatdomain.html#throttle-group-management
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef enum { THROTTLE_BYTES, THROTTLE_REQUESTS, THROTTLE_UNITS } ThrottleUnit;
typedef enum { THROTTLE_TOTAL, THROTTLE_READ, THROTTLE_WRITE, THROTTLE_DIRECTIONS } ThrottleDirection;
typedef enum {
  THROTTLE_RATE,         /* in a second, on the average */
  THROTTLE_BURST,        /* in a second, at most */
  THROTTLE_BURST_LENGTH, /* seconds that such a burst may last */
  THROTTLE_MEASURES
} ThrottleMeasure;

/* 0: none. */
typedef struct {
  guint64 limits[THROTTLE_UNITS][THROTTLE_DIRECTIONS][THROTTLE_MEASURES];
  guint64 request_bytes; /* a larger request counts as several */
} ThrottleLimits;

/* Reads the children of @node that are limits. */
gboolean throttle_limits_parse(struct _xmlNode *node, ThrottleLimits *ret_limits, GError **error);
gboolean throttle_limits_are_empty(const ThrottleLimits *limits);
gboolean throttle_limits_validate(const ThrottleLimits *limits, const Place *place, GError **error);

/* Adds the limits, each name with @prefix before it. */
void throttle_limits_translate(const ThrottleLimits *limits, const char *prefix, Props *props);

typedef struct {
  const char *name;
  ThrottleLimits limits;
  Place place;
} ThrottleGroup;

typedef struct ThrottleGroups {
  GArray *groups;      /* of ThrottleGroup, in the order of the document */
  GHashTable *by_name; /* of a name: the number of the group, from 1 */
} ThrottleGroups;

gboolean throttle_groups_parse(struct _xmlNode *root, ThrottleGroups *ret_groups, GError **error);
void throttle_groups_clear(ThrottleGroups *groups);

/* The number of the group from 1, by which QEMU has it as "throttle-N"; 0: there is none of that name. */
guint throttle_groups_find(const ThrottleGroups *groups, const char *name);

/* Adds the object of each group. */
void throttle_groups_translate(const ThrottleGroups *groups, Plan *plan);
