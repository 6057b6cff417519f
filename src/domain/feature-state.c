/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/feature-state.h"

#include "xml/element.h"

gboolean feature_state_parse(xmlNode *node, const char *attribute, FeatureState *ret_state, GError **error)
{
  gboolean is_on = FALSE;

  if (!xml_attribute(node, attribute))
    return TRUE;
  if (!xml_attribute_on_off(node, attribute, &is_on, error))
    return FALSE;
  *ret_state = is_on ? FEATURE_ON : FEATURE_OFF;
  return TRUE;
}

gboolean feature_state_parse_yes_no(xmlNode *node, const char *attribute, FeatureState *ret_state,
                                    GError **error)
{
  gboolean is_on = FALSE;

  if (!xml_attribute(node, attribute))
    return TRUE;
  if (!xml_attribute_yes_no(node, attribute, &is_on, error))
    return FALSE;
  *ret_state = is_on ? FEATURE_ON : FEATURE_OFF;
  return TRUE;
}
