/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/extra-arguments.h"

#include "qemu/plan-devices.h"

ENUM_TABLE(deprecation_qemu_table,
           DEPRECATION_LAST, [DEPRECATION_REJECT] = "reject", [DEPRECATION_CRASH] = "crash");

void extra_arguments_translate_deprecation(const ExtraArguments *extra, Plan *plan)
{
  Props *compat;

  if (extra->deprecation == DEPRECATION_NONE)
    return;
  compat = props_new("deprecated-output", "hide");
  props_add_string(compat, "deprecated-input",
                   enum_to_string(&deprecation_qemu_table, (int)extra->deprecation));
  plan_add_json(plan, PLAN_BOTH, "-compat", compat);
}

/* A device that says of itself in key=value where it is plugged in, or leaves it to QEMU, is to find the
 * document's there: so they are said in the same way. */
static void put_devices_first(const ExtraArguments *extra, Plan *plan)
{
  g_autoptr(PlanDevices) devices = NULL;

  if (!extra->has_keyval_device)
    return;
  devices = plan_devices_new(plan);
  plan_devices_write_keyval(devices);
}

void extra_arguments_translate(const ExtraArguments *extra, Plan *plan)
{
  put_devices_first(extra, plan);
  for (guint i = 0; extra->variables && i < extra->variables->len; i++) {
    const ExtraVariable *variable = &g_array_index(extra->variables, ExtraVariable, i);

    plan_add_variable(plan, variable->name, variable->value);
  }
  for (guint i = 0; extra->arguments && i < extra->arguments->len; i++) {
    const ExtraArgument *argument = &g_array_index(extra->arguments, ExtraArgument, i);

    plan_add(plan, PLAN_BOTH, argument->option, argument->value);
  }
  plan->is_paused = extra->is_paused;
}
