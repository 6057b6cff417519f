/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/pstore.h"

#include "devices/controller/controller.h"

ENUM_TABLE(pstore_driver_table, PSTORE_LAST, [PSTORE_ACPI_ERST] = "acpi-erst");

gboolean pstore_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Pstore *pstore = (const Pstore *)device;
  g_autofree char *id = g_strconcat("mem", device->alias, NULL);
  Props *object = props_new("qom-type", "memory-backend-file");
  Props *props = props_new("driver", enum_to_string(&pstore_driver_table, (int)pstore->backend));

  props_add_string(object, "id", id);
  props_add_string(object, "mem-path", pstore->path);
  props_add_bool(object, "share", TRUE); /* what the guest writes is to be in the file */
  props_add_uint(object, "size", pstore->kib * 1024);
  plan_add_json(plan, PLAN_BOTH, "-object", object);
  plan_require(plan, PLAN_REQUIRE_CREATE, &pstore->path_place, NULL, pstore->path)->kib = pstore->kib;
  plan_allow(plan, PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE, pstore->path);
  props_add_string(props, "id", device->alias);
  props_add_string(props, "memdev", id);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
