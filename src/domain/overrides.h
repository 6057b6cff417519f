/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <qemu:override>: properties that QEMU's devices get beside, or in place of, those that the document's
 * elements come to. https://libvirt.org/drvqemu.html#overriding-properties-of-qemu-devices
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef enum {
  OVERRIDE_STRING,
  OVERRIDE_SIGNED,
  OVERRIDE_UNSIGNED,
  OVERRIDE_BOOL,
  OVERRIDE_REMOVE,
  OVERRIDE_LAST,
} OverrideType;

extern const EnumTable override_type_table;

typedef struct {
  const char *alias; /* of the device: the document's own (ua-...) or one that it has by its place (net0) */
  Place place;       /* of that device's element */
  const char *property;
  OverrideType type;
  const char *string; /* the one of @type has a meaning */
  gint64 number;
  guint64 magnitude;
  gboolean is_true;
} Override;

typedef struct Overrides {
  GArray *properties; /* of Override, in the order of the document; NULL: none */
} Overrides;

gboolean overrides_parse(struct _xmlNode *root, Overrides *ret_overrides, GError **error);
void overrides_clear(Overrides *overrides);

/* When all devices are in the plan. */
gboolean overrides_translate(const Overrides *overrides, Plan *plan, GError **error);
