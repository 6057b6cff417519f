/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/features.h"

#include "xml/element.h"

static gboolean read_flag(xmlNode *features, const char *name, gboolean *ret_flag, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, name, &node, error))
    return FALSE;
  *ret_flag = node != NULL;
  return TRUE;
}

gboolean features_parse(xmlNode *domain, Features *ret_features, GError **error)
{
  xmlNode *features = NULL;

  if (!xml_child(domain, "features", &features, error))
    return FALSE;
  return !features || (read_flag(features, "acpi", &ret_features->acpi, error) &&
                       read_flag(features, "apic", &ret_features->apic, error) &&
                       read_flag(features, "pae", &ret_features->pae, error));
}
