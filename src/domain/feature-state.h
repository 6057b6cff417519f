/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is on, off, or left to QEMU.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/props.h"

struct _xmlNode;

typedef enum {
  FEATURE_UNSET,
  FEATURE_OFF,
  FEATURE_ON,
} FeatureState;

/* Reads an attribute whose values are on and off, those are yes and no. @ret_state is untouched without. */
gboolean feature_state_parse(struct _xmlNode *node, const char *attribute, FeatureState *ret_state,
                             GError **error);
gboolean feature_state_parse_yes_no(struct _xmlNode *node, const char *attribute, FeatureState *ret_state,
                                    GError **error);

/* Adds a boolean, unless it is left to QEMU. */
void feature_state_add(Props *props, const char *key, FeatureState state);
