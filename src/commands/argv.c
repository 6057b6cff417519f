/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun argv: the dry run. It prints the command line and leaves the host alone; what the host lacks is a
 * warning.
 */
#include "config.h"

#include "commands/command.h"
#include "host/beside.h"
#include "host/confinement.h"
#include "host/requirements.h"

static char *plan_to_text(const Plan *plan, gboolean is_exact, gboolean is_json)
{
  PlanForm form = is_exact ? PLAN_RUN : PLAN_SHELL;

  return is_json ? plan_to_json(plan, form) : plan_to_shell(plan, form);
}

static char *describe_access(const DocumentCommand *command)
{
  g_autoptr(Access) access = access_new(command->plan);
  const char *program = command->plan->program ? command->plan->program : command->plan->emulator;
  g_autofree char *own = confinement_describe(access, program, command->confinement);
  g_autofree char *beside = beside_describe(command->plan, command->confinement);

  return g_strconcat(own, beside, NULL);
}

static void warn_of_missing(const Plan *plan, Report *report)
{
  g_autoptr(Report) missing = report_new();

  requirements_check(plan, missing);
  report_move_as_warnings(missing, report);
}

/* What only the supervisor can do, over QMP. */
static void warn_of_commands(const Plan *plan, Report *report)
{
  for (guint i = 0; i < plan->commands->len; i++) {
    const PlanCommand *command = g_ptr_array_index(plan->commands, i);

    report_warning(report, &command->place, command->attribute, "'domrun run' does that",
                   "a command line cannot carry it: %s", command->without);
  }
}

static void warn_of_streams(const Plan *plan, Report *report)
{
  for (guint i = 0; i < plan->resources->len; i++) {
    const PlanResource *resource = g_ptr_array_index(plan->resources, i);

    if (resource->kind == PLAN_RESOURCE_CONSOLE && resource->console == PLAN_CONSOLE_STREAM)
      report_warning(report, &resource->place, /* attribute= */ NULL, "'domrun run' does that",
                     "a command line cannot carry it: the connection is not made again when it is lost");
  }
}

static void warn_of_lacks(const Plan *plan, Report *report)
{
  for (guint i = 0; i < plan->lacks->len; i++) {
    const PlanLack *lack = g_ptr_array_index(plan->lacks, i);

    report_warning(report, &lack->place, lack->attribute, "'domrun run' does that",
                   "a command line cannot carry it: %s", lack->why);
  }
}

/* A program of the document's choice is not run for a look at a command line. */
static void warn_of_bootloader(const Plan *plan, Report *report)
{
  if (plan->bootloader.program)
    report_warning(report, &plan->bootloader.place, NULL, "'domrun run' runs it",
                   "the bootloader is not run, and so the command line names no kernel");
}

int argv_command(int argc, char **argv)
{
  g_auto(DocumentCommand) command = { 0 };
  gboolean is_exact = FALSE, is_json = FALSE, is_access = FALSE;
  const GOptionEntry entries[] = {
    { "exact", 0, 0, G_OPTION_ARG_NONE, &is_exact, "print what 'run' would execute, descriptors and all",
      NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print a JSON array of strings", NULL },
    { "access", 0, 0, G_OPTION_ARG_NONE, &is_access,
      "print what QEMU's sandbox lets it have of the host, and not the command line", NULL },
    G_OPTION_ENTRY_NULL,
  };
  char *path;
  GError *error = NULL;

  command.is_of_any_host = TRUE;
  if (!document_command_parse_options(&command, entries,
                                      "Prints the QEMU command line for a domain XML FILE.", argc, argv,
                                      &path, &error))
    return report_usage_error(error);
  if (document_command_load(&command, path, /* is_dry_run= */ TRUE)) {
    g_autofree char *text =
        is_access ? describe_access(&command) : plan_to_text(command.plan, is_exact, is_json);

    warn_of_missing(command.plan, command.report);
    if (!is_exact) {
      warn_of_commands(command.plan, command.report);
      warn_of_streams(command.plan, command.report);
      warn_of_lacks(command.plan, command.report);
    }
    warn_of_bootloader(command.plan, command.report);
    fputs(text, stdout);
  }
  report_conclude(command.report, stderr, "no command line", /* passed= */ NULL);
  return command_leave(report_exit_code(command.report));
}
