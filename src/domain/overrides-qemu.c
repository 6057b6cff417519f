/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/overrides.h"

#include "base/json.h"
#include "qemu/plan-devices.h"
#include "qemu/props.h"

static Json *value_of(const Override *override)
{
  Props *props = props_new_empty();
  g_autoptr(Json) object = NULL;

  switch (override->type) {
  case OVERRIDE_STRING:
    props_add_string(props, "value", override->string);
    break;
  case OVERRIDE_SIGNED:
    props_add_int(props, "value", override->number);
    break;
  case OVERRIDE_UNSIGNED:
    props_add_uint(props, "value", override->magnitude);
    break;
  case OVERRIDE_BOOL:
    props_add_bool(props, "value", override->is_true);
    break;
  case OVERRIDE_REMOVE:
  case OVERRIDE_LAST:
    break;
  }
  object = props_steal_json(props);
  return override->type == OVERRIDE_REMOVE ? NULL : json_ref(json_get(object, "value"));
}

static gboolean set_unknown_error(const Override *override, const PlanDevices *devices, GError **error)
{
  const char *nearest = plan_devices_nearest(devices, override->alias);

  error_set_document(error, &override->place, "alias", "no device of QEMU has the alias '%s'",
                     override->alias);
  if (nearest)
    return error_add_hint(error, "did you mean '%s'?", nearest);
  return error_add_hint(error,
                        "'domrun argv' shows them all, as \"id\"; <alias name='ua-...'/> gives a device one "
                        "that stays");
}

gboolean overrides_translate(const Overrides *overrides, Plan *plan, GError **error)
{
  g_autoptr(PlanDevices) devices = NULL;

  if (!overrides->properties || overrides->properties->len == 0)
    return TRUE;
  devices = plan_devices_new(plan);
  for (guint i = 0; i < overrides->properties->len; i++) {
    const Override *override = &g_array_index(overrides->properties, Override, i);

    if (!plan_devices_has(devices, override->alias))
      return set_unknown_error(override, devices, error);
    plan_devices_set(devices, override->alias, override->property, value_of(override));
  }
  plan_devices_write(devices);
  return TRUE;
}
