/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun run: from a document to a guest, in this process, until the guest has ended.
 */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "commands/command.h"
#include "host/bootloader.h"
#include "host/requirements.h"
#include "supervise/supervisor.h"

typedef struct {
  gboolean attaches_console;
  gboolean is_verbose;
  char *root;
  int bootloader_seconds;
} RunOptions;

static void run_options_clear(RunOptions *options)
{
  g_free(options->root);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunOptions, run_options_clear)

/* What is opened later must not become standard input, output or error by chance. */
static void ensure_stdio(void)
{
  int fd;

  do
    fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0)
    close(fd);
}

static int supervise(const DocumentCommand *command, const RunOptions *run)
{
  const Domain *domain = command->domain;
  const SupervisorOptions options = {
    .plan = command->plan,
    .name = domain->metadata.name,
    .lifecycle = domain->lifecycle,
    .has_acpi = domain->features.acpi,
    .root = run->root,
    .attaches_console = run->attaches_console,
    .is_verbose = run->is_verbose,
  };
  GError *error = NULL;
  int exit_code = supervisor_run(&options, &error);

  if (error)
    report_error(command->report, error);
  return exit_code;
}

/* Lets the document's bootloader choose, once everything else is known to be there. */
static void choose_kernel(const DocumentCommand *command, const RunOptions *run)
{
  GError *error = NULL;

  if (!report_has_errors(command->report) &&
      !bootloader_run(command->plan, (guint)MAX(1, run->bootloader_seconds), &error))
    report_error(command->report, error);
}

int run_command(int argc, char **argv)
{
  g_auto(DocumentCommand) command = { 0 };
  g_auto(RunOptions) run = { .bootloader_seconds = BOOTLOADER_SECONDS };
  const GOptionEntry entries[] = {
    { "console", 0, 0, G_OPTION_ARG_NONE, &run.attaches_console,
      "connect standard input and output to the first console; Ctrl+] leaves it", NULL },
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &run.root, "keep what is known of running guests in DIR", "DIR" },
    { "bootloader-timeout", 0, 0, G_OPTION_ARG_INT, &run.bootloader_seconds,
      "stop a bootloader of the document that has not chosen after that many seconds (60)", "SECONDS" },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &run.is_verbose, "tell each change of the guest's state", NULL },
    G_OPTION_ENTRY_NULL,
  };
  char *path;
  GError *error = NULL;
  int exit_code;

  ensure_stdio();
  if (!document_command_parse_options(&command, entries,
                                      "Runs the domain XML FILE as a guest, until it ends.", argc, argv,
                                      &path, &error))
    return report_usage_error(error);
  if (document_command_load(&command, path, /* is_dry_run= */ FALSE)) {
    requirements_check(command.plan, command.report);
    choose_kernel(&command, &run);
  }
  exit_code = report_exit_code(command.report);
  report_print(command.report, stderr);
  if (exit_code == 0)
    exit_code = supervise(&command, &run);
  report_print(command.report, stderr);
  return exit_code;
}
