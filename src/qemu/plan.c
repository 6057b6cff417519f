/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qemu/plan.h"

#include "base/quote.h"

static void plan_argument_free(gpointer data)
{
  PlanArgument *argument = data;

  g_free(argument->option);
  g_free(argument->value);
  g_free(argument);
}

static void plan_command_free(gpointer data)
{
  PlanCommand *command = data;

  g_free(command->arguments);
  g_free(command);
}

static void plan_allowance_free(gpointer data)
{
  PlanAllowance *allowance = data;

  g_free(allowance->path);
  g_free(allowance);
}

Plan *plan_new(void)
{
  Plan *plan = g_new0(Plan, 1);

  plan->arguments = g_ptr_array_new_with_free_func(plan_argument_free);
  plan->resources = g_ptr_array_new_with_free_func(g_free);
  plan->requirements = g_ptr_array_new_with_free_func(g_free);
  plan->commands = g_ptr_array_new_with_free_func(plan_command_free);
  plan->threads = g_ptr_array_new();
  plan->lacks = g_ptr_array_new_with_free_func(g_free);
  plan->environment = g_ptr_array_new_with_free_func(g_free);
  plan->allowances = g_ptr_array_new_with_free_func(plan_allowance_free);
  plan->connects = g_ptr_array_new_with_free_func(g_free);
  plan->listen_ports = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(PlanPorts));
  return plan;
}

void plan_free(Plan *plan)
{
  if (!plan)
    return;
  g_ptr_array_unref(plan->arguments);
  g_ptr_array_unref(plan->resources);
  g_ptr_array_unref(plan->requirements);
  g_ptr_array_unref(plan->commands);
  g_ptr_array_unref(plan->threads);
  g_ptr_array_unref(plan->lacks);
  g_ptr_array_unref(plan->environment);
  g_ptr_array_unref(plan->allowances);
  g_ptr_array_unref(plan->connects);
  g_array_unref(plan->listen_ports);
  g_free(plan->found_emulator);
  g_free(plan->program);
  g_free(plan);
}

static void plan_add_argument(Plan *plan, PlanForm form, const char *option, char *value)
{
  PlanArgument *argument = g_new0(PlanArgument, 1);

  argument->form = form;
  argument->option = g_strdup(option);
  argument->value = value;
  g_ptr_array_add(plan->arguments, argument);
}

void plan_add(Plan *plan, PlanForm form, const char *option, const char *value)
{
  plan_add_argument(plan, form, option, g_strdup(value));
}

void plan_add_format(Plan *plan, PlanForm form, const char *option, const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  plan_add_argument(plan, form, option, g_strdup_vprintf(format, arguments));
  va_end(arguments);
}

void plan_add_json(Plan *plan, PlanForm form, const char *option, Props *props)
{
  plan_add_argument(plan, form, option, props_to_json(props));
  props_free(props);
}

void plan_add_keyval(Plan *plan, PlanForm form, const char *option, Props *props)
{
  plan_add_argument(plan, form, option, props_to_keyval(props));
  props_free(props);
}

void plan_insert_device(Plan *plan, guint first, Props *props)
{
  GPtrArray *arguments = plan->arguments;
  guint length = arguments->len;

  while (first < length &&
         !g_str_equal(((PlanArgument *)g_ptr_array_index(arguments, first))->option, "-device"))
    first++;
  if (first == length) {
    props_free(props);
    return;
  }
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  g_ptr_array_insert(arguments, (gint)first, g_ptr_array_steal_index(arguments, length));
}

PlanResource *plan_add_resource(Plan *plan, PlanResourceKind kind, const char *alias, const Place *place)
{
  PlanResource *resource = g_new0(PlanResource, 1);

  resource->kind = kind;
  resource->alias = alias;
  resource->fd = PLAN_FIRST_FD + (int)plan->resources->len;
  if (place)
    resource->place = *place;
  g_ptr_array_add(plan->resources, resource);
  return resource;
}

void plan_lack(Plan *plan, const Place *place, const char *attribute, const char *why)
{
  PlanLack *lack = g_new0(PlanLack, 1);

  lack->place = *place;
  lack->attribute = attribute;
  lack->why = why;
  g_ptr_array_add(plan->lacks, lack);
}

/* QEMU opens the descriptor's file anew, so that each QEMU of a guest that is started again reads all of it.
 */
static void add_secret_of_run(Plan *plan, const Place *place, const char *id, const PlanSecret *secret)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_SECRET, NULL, place);
  Props *object = props_new("qom-type", "secret");

  resource->secret = *secret;
  props_add_string(object, "id", id);
  props_add_format(object, "file", "/proc/self/fd/%d", resource->fd);
  props_add_string(object, "format", "base64");
  plan_add_json(plan, PLAN_RUN, "-object", object);
}

static void add_secret_of_shell(Plan *plan, const Place *place, const char *id, const PlanSecret *secret,
                                const char *without)
{
  Props *object = props_new("qom-type", "secret");

  props_add_string(object, "id", id);
  props_add_string(object, "file", secret->path);
  if (!secret->path)
    props_add_string(object, "data", "");
  if (secret->path && secret->is_base64)
    props_add_string(object, "format", "base64");
  plan_add_json(plan, PLAN_SHELL, "-object", object);
  if (!secret->path && without)
    plan_lack(plan, place, NULL, without);
}

void plan_add_secret(Plan *plan, const Place *place, const char *id, const PlanSecret *secret,
                     const char *without)
{
  add_secret_of_run(plan, place, id, secret);
  add_secret_of_shell(plan, place, id, secret, without);
  if (secret->name && !secret->text)
    plan_require(plan, PLAN_REQUIRE_SECRET, place, NULL, secret->path)->secret = secret->name;
}

PlanRequirement *plan_require(Plan *plan, PlanRequirementKind kind, const Place *place, const char *attribute,
                              const char *path)
{
  PlanRequirement *requirement = g_new0(PlanRequirement, 1);

  requirement->kind = kind;
  requirement->place = *place;
  requirement->attribute = attribute;
  requirement->path = path;
  g_ptr_array_add(plan->requirements, requirement);
  return requirement;
}

PlanCommand *plan_add_command(Plan *plan, const Place *place, const char *attribute, const char *name,
                              Props *arguments, const char *without)
{
  PlanCommand *command = g_new0(PlanCommand, 1);

  command->place = *place;
  command->attribute = attribute;
  command->name = name;
  command->arguments = props_to_json(arguments);
  command->without = without;
  props_free(arguments);
  g_ptr_array_add(plan->commands, command);
  return command;
}

void plan_add_variable(Plan *plan, const char *name, const char *value)
{
  const GPtrArray *all = plan->environment;
  const PlanVariable *last = all->len ? g_ptr_array_index(all, all->len - 1) : NULL;
  PlanVariable *variable;

  if (last && g_str_equal(last->name, name) && g_strcmp0(last->value, value) == 0)
    return; /* several devices may want the same */
  variable = g_new0(PlanVariable, 1);
  variable->name = name;
  variable->value = value;
  g_ptr_array_add(plan->environment, variable);
}

void plan_set_emulator(Plan *plan, const char *emulator, const char *program)
{
  char *copy = g_strdup(emulator);

  g_free(plan->found_emulator);
  g_free(plan->program);
  plan->emulator = plan->found_emulator = copy;
  plan->program = program ? g_canonicalize_filename(program, /* relative_to= */ NULL) : NULL;
  for (guint i = 0; i < plan->requirements->len; i++) {
    PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);

    if (requirement->kind == PLAN_REQUIRE_EMULATOR)
      requirement->path = plan->program ? plan->program : plan->emulator;
  }
}

void plan_allow(Plan *plan, PlanAccess access, const char *path)
{
  PlanAllowance *allowance = g_new0(PlanAllowance, 1);

  allowance->access = access;
  allowance->path = g_strdup(path);
  g_ptr_array_add(plan->allowances, allowance);
}

void plan_connect(Plan *plan, const char *service)
{
  if (service)
    g_ptr_array_add(plan->connects, g_strdup(service));
  else
    plan->connects_anywhere = TRUE;
}

void plan_listen(Plan *plan, guint first, guint last)
{
  const PlanPorts ports = { first, last };

  g_array_append_val(plan->listen_ports, ports);
}

const PlanRequirement *plan_find_requirement(const Plan *plan, PlanRequirementKind kind)
{
  for (guint i = 0; i < plan->requirements->len; i++) {
    const PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);

    if (requirement->kind == kind)
      return requirement;
  }
  return NULL;
}

gboolean plan_tunes_threads(const Plan *plan)
{
  gboolean is_limited = FALSE;

  for (guint i = 0; i < PLAN_THREAD_LAST; i++)
    is_limited |= plan->limits.threads[i].quota > 0;
  return is_limited || plan->threads->len > 0;
}

gboolean plan_holds_guest(const Plan *plan)
{
  return plan->commands->len > 0 || plan_tunes_threads(plan);
}

gboolean plan_has_option(const Plan *plan, const char *option)
{
  for (guint i = 0; i < plan->arguments->len; i++) {
    if (g_str_equal(((const PlanArgument *)g_ptr_array_index(plan->arguments, i))->option, option))
      return TRUE;
  }
  return FALSE;
}

void plan_update(Plan *plan, const Plan *fresh)
{
  g_assert(fresh->arguments->len <= plan->arguments->len);
  for (guint i = 0; i < fresh->arguments->len; i++) {
    PlanArgument *argument = g_ptr_array_index(plan->arguments, i);
    const PlanArgument *other = g_ptr_array_index(fresh->arguments, i);

    g_assert(g_str_equal(argument->option, other->option));
    g_free(argument->value);
    argument->value = g_strdup(other->value);
  }
}

char **plan_to_argv(const Plan *plan, PlanForm form)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

  g_strv_builder_add(builder, plan->emulator);
  for (guint i = 0; i < plan->arguments->len; i++) {
    const PlanArgument *argument = g_ptr_array_index(plan->arguments, i);

    if (!(argument->form & form))
      continue;
    g_strv_builder_add(builder, argument->option);
    if (argument->value)
      g_strv_builder_add(builder, argument->value);
  }
  return g_strv_builder_end(builder);
}

static void append_environment(GString *text, const Plan *plan)
{
  for (guint i = 0; i < plan->environment->len; i++) {
    const PlanVariable *variable = g_ptr_array_index(plan->environment, i);
    g_autofree char *value = quote_for_shell(variable->value);

    g_string_append_printf(text, "%s%s=%s \\\n  ", i ? "" : "env ", variable->name, value);
  }
}

char *plan_to_shell(const Plan *plan, PlanForm form)
{
  g_autoptr(GString) text = g_string_sized_new(4096);

  append_environment(text, plan);
  quote_append_for_shell(text, plan->emulator);
  for (guint i = 0; i < plan->arguments->len; i++) {
    const PlanArgument *argument = g_ptr_array_index(plan->arguments, i);

    if (!(argument->form & form))
      continue;
    g_string_append(text, " \\\n  ");
    quote_append_for_shell(text, argument->option);
    if (argument->value) {
      g_string_append_c(text, ' ');
      quote_append_for_shell(text, argument->value);
    }
  }
  g_string_append_c(text, '\n');
  return g_string_free(g_steal_pointer(&text), FALSE);
}

char *plan_to_json(const Plan *plan, PlanForm form)
{
  g_auto(GStrv) argv = plan_to_argv(plan, form);
  g_autoptr(Json) array = json_new_array();
  g_autofree char *json = NULL;

  for (guint i = 0; i < plan->environment->len; i++) {
    const PlanVariable *variable = g_ptr_array_index(plan->environment, i);
    g_autofree char *word = g_strdup_printf("%s=%s", variable->name, variable->value);

    if (i == 0)
      json_append_string(array, "env");
    json_append_string(array, word);
  }
  for (char **argument = argv; *argument; argument++)
    json_append_string(array, *argument);
  json = json_print_pretty(array);
  return g_strconcat(json, "\n", NULL);
}
