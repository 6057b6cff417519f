/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun check: everything that can be known without starting the guest, about the document and about the
 * host.
 */
#include "config.h"

#include <stdio.h>

#include "base/exit-code.h"
#include "commands/command.h"
#include "commands/sandbox.h"
#include "commands/user.h"
#include "host/beside.h"
#include "host/confinement.h"
#include "host/emulator-machines.h"
#include "host/emulator-spice.h"
#include "host/images.h"
#include "host/requirements.h"

/* The emulator is asked for its machines and for SPICE, and the images for what they are written over. */
static void check_host(Plan *plan, Report *report)
{
  requirements_check(plan, report);
  emulator_machines_check(plan, report);
  emulator_spice_check(plan, report);
  images_check(plan, report);
}

static void check_loaded(DocumentCommand *command)
{
  check_host(command->plan, command->report);
  sandbox_decide(command, /* is_required= */ FALSE);
  user_decide(command);
}

/* What will confine QEMU, where it can be started. */
static void print_sandbox(const DocumentCommand *command)
{
  g_autofree char *names = confinement_names(command->confinement), *beside = NULL;

  if (command->is_quiet || report_exit_code(command->report) != EXIT_CODE_OK)
    return;
  beside = beside_describe_parts(command->plan, command->confinement);
  if (command->account)
    printf("user: %s\n", account_name(command->account));
  printf("sandbox: %s\n%s", *names ? names : "none", beside);
}

int check_command(int argc, char **argv)
{
  g_auto(DocumentCommand) command = { 0 };
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print the findings as a JSON array of objects", NULL },
    USER_OPTION_ENTRIES(command),
    G_OPTION_ENTRY_NULL,
  };
  char *path;
  GError *error = NULL;

  if (!document_command_parse_options(&command, entries,
                                      "Checks a domain XML FILE, and whether this host has what it needs.",
                                      argc, argv, &path, &error))
    return report_usage_error(error);
  command.has_advice = TRUE;
  if (document_command_load(&command, path, /* is_dry_run= */ TRUE))
    check_loaded(&command);
  if (is_json)
    report_print_json(command.report, stdout);
  else
    report_conclude(command.report, stderr, "cannot be started", "can be started");
  if (!is_json)
    print_sandbox(&command);
  return report_exit_code(command.report);
}
