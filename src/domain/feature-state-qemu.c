/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/feature-state.h"

void feature_state_add(Props *props, const char *key, FeatureState state)
{
  if (state != FEATURE_UNSET)
    props_add_bool(props, key, state == FEATURE_ON);
}
