/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/metadata.h"

void metadata_translate(const Metadata *metadata, Plan *plan)
{
  Props *name = props_new("guest", metadata->name);

  props_add_bool(name, "debug-threads", TRUE);
  plan_add_keyval(plan, PLAN_BOTH, "-name", name);
  plan_add(plan, PLAN_BOTH, "-uuid", metadata->hw_uuid ? metadata->hw_uuid : metadata->uuid);
}

void metadata_translate_genid(const Metadata *metadata, Plan *plan)
{
  Props *device;

  if (!metadata->genid)
    return;
  device = props_new("driver", "vmgenid");
  props_add_string(device, "guid", metadata->genid);
  props_add_string(device, "id", "vmgenid0");
  plan_add_json(plan, PLAN_BOTH, "-device", device);
}
