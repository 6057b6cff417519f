/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/extra-arguments.h"

#include <string.h>

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

/* Where a path can begin in an argument of QEMU's: at its start, or behind one of these. */
static gboolean may_begin(const char *text, const char *at)
{
  return at == text || strchr("=,:\" ", at[-1]) != NULL;
}

/* The path that begins at @at, of key=value, in which a comma is doubled, or of JSON. *@ret_next is what
 * comes behind it. */
static char *cut_path(const char *at, char end, const char **ret_next)
{
  GString *path = g_string_new(NULL);

  for (; *at; at++) {
    if (*at == end && !(end == ',' && *++at == ','))
      break;
    g_string_append_c(path, *at);
  }
  *ret_next = at;
  return g_string_free(path, /* free_segment= */ FALSE);
}

/* What the arguments are about nobody knows but QEMU. That they name it is the document's word for it. */
static void allow_paths(const char *text, Plan *plan)
{
  char end = *text == '{' || *text == '[' ? '"' : ',';
  const char *slash = strchr(text, '/');

  while (slash) {
    g_autofree char *path = NULL;
    const char *next = slash + 1;

    if (may_begin(text, slash))
      path = cut_path(slash, end, &next);
    if (path && path[1])
      plan_allow(plan, PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE | PLAN_ACCESS_SOCKET, path);
    slash = strchr(next, '/');
  }
}

static void allow_what_is_named(const ExtraArguments *extra, Plan *plan)
{
  for (guint i = 0; i < extra->arguments->len; i++) {
    const ExtraArgument *argument = &g_array_index(extra->arguments, ExtraArgument, i);

    if (argument->value)
      allow_paths(argument->value, plan);
  }
  plan->connects_anywhere = plan->listens_anywhere = plan->uses_proxies = TRUE;
  plan->has_desktop = TRUE;
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
  if (extra->arguments && extra->arguments->len > 0)
    allow_what_is_named(extra, plan);
  plan->is_paused = extra->is_paused;
}
