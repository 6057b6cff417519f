/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/extra-arguments.h"

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

void extra_arguments_translate(const ExtraArguments *extra, Plan *plan)
{
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
