/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/adoption.h"

#include <errno.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/exit-code.h"
#include "commands/run-record.h"
#include "commands/sandbox.h"
#include "commands/user.h"
#include "control/protocol.h"
#include "domain/metadata.h"

static void take_place_of(RunOptions *run, const Guest *guest, const RunOptions *here)
{
  g_free(run->root);
  run->root = g_strdup(here->root);
  run->running_name = g_strdup(guest->state.name);
  run->is_detached = here->is_detached;
  run->attaches_console = here->attaches_console;
  run->is_verbose = here->is_verbose;
}

/* Relative names are relative to where it was run. */
static void go_to(const char *directory)
{
  if (directory && chdir(directory) < 0)
    announce_notice("the guest was run in '%s', which is not there any more: %s", directory,
                    g_strerror(errno));
}

static gboolean check_translation(const DocumentCommand *command, const Guest *guest, GError **error)
{
  if (g_strcmp0(command->domain->metadata->uuid, guest->state.uuid) == 0)
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL,
            "the guest '%s' was run as %s, and its document would now make it %s", guest->state.name,
            guest->state.uuid, command->domain->metadata->uuid);
  return error_add_hint(error, "has this host's id changed? 'domrun destroy %s' ends the guest",
                        guest->state.name);
}

/* The words were read before, without an error; what the guest is warned of was said then. */
static gboolean load(DocumentCommand *command, RunOptions *run, const RunRecord *record, const Guest *guest,
                     const RunOptions *here, GError **error)
{
  char *path;

  go_to(record->directory);
  if (!run_options_parse(command, run, (int)g_strv_length(record->words), record->borrowed, &path, error))
    return FALSE;
  take_place_of(run, guest, here);
  command->is_quiet = TRUE;
  run_record_apply(record, command);
  if (!document_command_load(command, path, /* is_dry_run= */ FALSE))
    return TRUE; /* the report has it */
  sandbox_decide(command, /* is_required= */ FALSE);
  user_decide(command);
  return check_translation(command, guest, error);
}

int adoption_run(const Guest *guest, const RunOptions *here)
{
  g_auto(DocumentCommand) command = { 0 };
  g_auto(RunOptions) run = { 0 };
  g_auto(RunRecord) record = { 0 };
  GError *error = NULL;
  int exit_code;

  run_options_init(&run);
  if (!run_record_read(runtime_dir_fd(guest->directory), &record, &error)) {
    error_add_hint(&error, "'domrun destroy %s' ends the guest", guest->state.name);
    return report_usage_error(error);
  }
  if (!load(&command, &run, &record, guest, here, &error))
    return report_usage_error(error);
  exit_code = report_exit_code(command.report);
  report_conclude(command.report, stderr, "not adopted", /* passed= */ NULL);
  return exit_code == EXIT_CODE_OK ? supervision_run(&command, &run) : exit_code;
}
