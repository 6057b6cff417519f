/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/emulator-machines.h"

#include <string.h>

#include "base/nearest.h"
#include "host/requirement.h"
#include "process/program.h"

/* It prints a list, and ends. */
enum { ASK_SECONDS = 20 };

static const char heading[] = "Supported machines are:";

/* ---- The list ---- */

/* "pc-q35-2.4           Standard PC (Q35 + ICH9, 2009) (deprecated)" */
static void add_line(MachineList *list, const char *line)
{
  gsize length = strcspn(line, " \t\r");

  if (length == 0 || line[length] == '\0')
    return;
  g_ptr_array_add(list->names, g_strndup(line, length));
  if (strstr(line, "(deprecated)"))
    g_ptr_array_add(list->deprecated, g_strndup(line, length));
}

gboolean machine_list_parse(const char *text, MachineList *ret_list)
{
  const char *start = strstr(text, heading);
  g_auto(GStrv) lines = NULL;

  if (!start)
    return FALSE;
  ret_list->names = g_ptr_array_new_with_free_func(g_free);
  ret_list->deprecated = g_ptr_array_new_with_free_func(g_free);
  lines = g_strsplit(start + strlen(heading), "\n", -1);
  for (char **line = lines; *line; line++)
    add_line(ret_list, *line);
  return TRUE;
}

void machine_list_clear(MachineList *list)
{
  g_clear_pointer(&list->names, g_ptr_array_unref);
  g_clear_pointer(&list->deprecated, g_ptr_array_unref);
}

static gboolean has(const GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++) {
    if (g_str_equal(g_ptr_array_index(names, i), name))
      return TRUE;
  }
  return FALSE;
}

/* ---- The nearest ---- */

/* "pc-q35-7.2", "pc-q35-rhel9.2.0", "pc-i440fx-jammy": a family, and what of it. */
typedef struct {
  gsize family;  /* the length of "pc-q35-" */
  guint version; /* 7002; 0: it has none of QEMU's */
} MachineName;

/* "7.2" */
static guint parse_version(const char *text)
{
  char *end;
  guint64 major = g_ascii_strtoull(text, &end, 10), minor = 0;

  if (end == text || *end != '.')
    return 0;
  text = end + 1;
  minor = g_ascii_strtoull(text, &end, 10);
  return end == text || *end != '\0' || major > 1000 || minor > 999 ? 0 : (guint)(major * 1000 + minor);
}

static MachineName split(const char *name)
{
  const char *dash = strrchr(name, '-');

  return (MachineName){ dash ? (gsize)(dash + 1 - name) : 0, dash ? parse_version(dash + 1) : 0 };
}

/* 0 is no version. One that is not older than the wanted one, but by as little as can be; else the newest. */
static gboolean is_better(guint version, guint best, guint wanted)
{
  if (best == 0 || wanted == 0)
    return version > best;
  if (version >= wanted)
    return best < wanted || version < best;
  return best < wanted && version > best;
}

static const char *nearest_of_family(const MachineList *list, const char *wanted)
{
  MachineName target = split(wanted);
  const char *nearest = NULL;
  guint best = 0;

  for (guint i = 0; i < list->names->len && target.family > 0; i++) {
    const char *name = g_ptr_array_index(list->names, i);
    MachineName candidate = split(name);

    if (candidate.version == 0 || candidate.family != target.family ||
        strncmp(name, wanted, target.family) != 0 || !is_better(candidate.version, best, target.version))
      continue;
    nearest = name;
    best = candidate.version;
  }
  return nearest;
}

/* "pc-1.0" and "rhel6.6.0" were what is pc-i440fx now. */
static const char *alias_of(const MachineList *list, const char *wanted)
{
  const char *alias = strstr(wanted, "q35") ? "q35" : "pc";

  return (g_str_has_prefix(wanted, "pc-") || g_str_has_prefix(wanted, "rhel")) && has(list->names, alias)
             ? alias
             : NULL;
}

const char *machine_list_nearest(const MachineList *list, const char *wanted)
{
  const char *name = nearest_of_family(list, wanted);
  Nearest nearest = NEAREST_INIT(wanted);

  if (!name)
    name = alias_of(list, wanted);
  if (name)
    return name;
  for (guint i = 0; i < list->names->len; i++)
    nearest_try(&nearest, g_ptr_array_index(list->names, i));
  return nearest.name;
}

/* ---- Asking ---- */

static gboolean refuse_answer(const Plan *plan, const ProgramEnd *end, GError **error)
{
  const PlanRequirement *emulator = plan_find_requirement(plan, PLAN_REQUIRE_EMULATOR);
  g_autofree char *how = program_end_describe(end, ASK_SECONDS);
  g_autofree char *last = program_end_last_line(end);

  requirement_refuse(emulator, error, "'%s' is no emulator of QEMU: asked for its machines, it %s",
                     emulator->path, how);
  return last ? error_add_hint(error, "its last words: %s", last) : FALSE;
}

static gboolean ask(const Plan *plan, MachineList *ret_list, GError **error)
{
  char *const argv[] = { plan->program, (char *)"-machine", (char *)"help", NULL };
  const ProgramRequest request = { .argv = argv, .seconds = ASK_SECONDS, .pass_fd = -1 };
  g_auto(ProgramEnd) end = { 0 };

  if (!program_run(&request, &end, error))
    return FALSE;
  return (program_end_is_good(&end) && machine_list_parse(end.output, ret_list)) ||
         refuse_answer(plan, &end, error);
}

static gboolean refuse_machine(const Plan *plan, const MachineList *list, DomrunError code, GError **error)
{
  const PlanRequirement *machine = plan_find_requirement(plan, PLAN_REQUIRE_MACHINE);
  const char *nearest = machine_list_nearest(list, machine->path);

  error_set(error, code, &machine->place, machine->attribute, "'%s' has no machine '%s'", plan->emulator,
            machine->path);
  if (nearest)
    return error_add_hint(error, "the nearest that it has is '%s': --machine=%s", nearest, nearest);
  return error_add_hint(error, "--machine=NAME takes another one; '%s -machine help' lists them",
                        plan->emulator);
}

void emulator_machines_check(const Plan *plan, Report *report)
{
  const PlanRequirement *machine = plan_find_requirement(plan, PLAN_REQUIRE_MACHINE);
  g_auto(MachineList) list = { 0 };
  GError *error = NULL;

  if (!plan->program || !machine)
    return;
  if (!ask(plan, &list, &error) ||
      (!has(list.names, machine->path) && !refuse_machine(plan, &list, DOMRUN_ERROR_HOST, &error)))
    report_error(report, error);
  else if (has(list.deprecated, machine->path))
    report_warning(report, &machine->place, machine->attribute, "newer versions of QEMU will not have it",
                   "the machine '%s' is deprecated", machine->path);
}

gboolean emulator_machines_explain(const Plan *plan, const char *words, DomrunError code, GError **error)
{
  const PlanRequirement *machine = plan_find_requirement(plan, PLAN_REQUIRE_MACHINE);
  g_auto(MachineList) list = { 0 };

  return !plan->program || !machine || !strstr(words, "unsupported machine type") ||
         !ask(plan, &list, /* error= */ NULL) || has(list.names, machine->path) ||
         refuse_machine(plan, &list, code, error);
}
