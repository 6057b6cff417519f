/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun run: from a document to a guest, in this process, until the guest has ended.
 */
#include "config.h"

#include "base/exit-code.h"
#include "commands/adoption.h"
#include "commands/run-record.h"
#include "commands/sandbox.h"
#include "commands/supervision.h"
#include "commands/user.h"
#include "control/guests.h"
#include "domain/metadata.h"
#include "host/bootloader.h"
#include "host/images.h"
#include "host/requirements.h"

/* Lets the document's bootloader choose, once everything else is known to be there. */
static void choose_kernel(const DocumentCommand *command, const RunOptions *run)
{
  const Beside beside = { .group = -1, .confinement = command->confinement };
  GError *error = NULL;

  if (!report_has_errors(command->report) &&
      !bootloader_run(command->plan, &beside, (guint)run->bootloader_seconds, &error))
    report_error(command->report, error);
}

/* The guest of that name where it goes on without a supervisor; or NULL. */
static Guest *find_unsupervised(const DocumentCommand *command, const RunOptions *run)
{
  const char *name = command->domain->metadata->name;
  g_autoptr(Guest) guest = run->is_adopting ? guests_find(run->root, name, NULL) : NULL;

  return guest && guest->is_unsupervised && g_str_equal(guest->state.name, name) ? g_steal_pointer(&guest)
                                                                                 : NULL;
}

static void look_at_host(DocumentCommand *command, const RunOptions *run)
{
  requirements_check(command->plan, command->report);
  images_follow(command->plan, command->report);
  sandbox_decide(command, run->needs_sandbox);
  choose_kernel(command, run);
  user_decide(command);
}

int run_command(int argc, char **argv)
{
  g_auto(DocumentCommand) command = { 0 };
  g_auto(RunOptions) run = { 0 };
  g_autoptr(Guest) guest = NULL;
  char *path;
  GError *error = NULL;
  int exit_code;

  run_options_init(&run);
  run_record_note_words(&command, argv);
  if (!run_options_parse(&command, &run, argc, argv, &path, &error))
    return report_usage_error(error);
  if (document_command_load(&command, path, /* is_dry_run= */ FALSE)) {
    guest = find_unsupervised(&command, &run);
    if (!guest)
      look_at_host(&command, &run);
  }
  exit_code = report_exit_code(command.report);
  report_conclude(command.report, stderr, "not started", /* passed= */ NULL);
  if (exit_code != EXIT_CODE_OK)
    return exit_code;
  return guest ? adoption_run(guest, &run) : supervision_run(&command, &run);
}
