/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/pm.h"

#include "domain/chipset.h"
#include "domain/features.h"
#include "xml/element.h"

static gboolean read_state(xmlNode *pm, const char *name, FeatureState *ret_state, Place *ret_place,
                           GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(pm, name, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  *ret_place = xml_place(node);
  return feature_state_parse_yes_no(node, "enabled", ret_state, error);
}

gboolean pm_parse(xmlNode *root, Pm *ret_pm, GError **error)
{
  xmlNode *pm = NULL;

  if (!xml_child(root, "pm", &pm, error))
    return FALSE;
  return !pm || (read_state(pm, "suspend-to-mem", &ret_pm->to_mem, &ret_pm->to_mem_place, error) &&
                 read_state(pm, "suspend-to-disk", &ret_pm->to_disk, &ret_pm->to_disk_place, error));
}

static void check_state(const Domain *domain, FeatureState state, const Place *place)
{
  if (state == FEATURE_ON)
    report_warning(domain->report, place, "enabled", NULL,
                   "it has no effect: this guest has no power management, which is part of ACPI");
}

void pm_check(const Domain *domain)
{
  if (chipset_pm_driver(chipset_of(domain), domain->features->acpi))
    return;
  check_state(domain, domain->pm->to_mem, &domain->pm->to_mem_place);
  check_state(domain, domain->pm->to_disk, &domain->pm->to_disk_place);
}
