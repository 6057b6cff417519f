/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/supervision.h"

#include <string.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/exit-code.h"
#include "base/size.h"
#include "commands/options.h"
#include "commands/run-record.h"
#include "commands/user.h"
#include "domain/features.h"
#include "domain/metadata.h"
#include "host/bootloader.h"
#include "host/images.h"
#include "machine/live.h"
#include "machine/machine.h"
#include "process/detach.h"
#include "supervise/life.h"

/* Each is renamed when a log is full. */
enum { MAX_LOG_BACKUPS = 1000 };

void run_options_clear(RunOptions *options)
{
  g_free(options->root);
  g_free(options->running_name);
  g_free(options->dump_directory);
  g_free(options->restart_text);
  g_free(options->log_size_text);
  g_free(options->shutdown_mode);
}

static char *live_xml(const LiveFacts *facts, gpointer user_data)
{
  const DocumentCommand *command = user_data;

  return live_describe(command->domain, facts);
}

static void translate_again(const LiveFacts *facts, gpointer user_data)
{
  const DocumentCommand *command = user_data;

  machine_translate_again(command->domain, facts, g_get_real_time() / G_USEC_PER_SEC, command->plan);
}

static char *record(gpointer user_data)
{
  const DocumentCommand *command = user_data;

  return command->record ? g_strdup(command->record) : run_record_make(command);
}

/* The guest runs already: what is wrong is told by QEMU, too, if it matters. */
static void look_again(gpointer user_data)
{
  const DocumentCommand *command = user_data;
  const Beside beside = { .group = -1, .confinement = command->confinement };
  g_autoptr(Report) report = report_new();
  GError *error = NULL;

  images_follow(command->plan, report);
  if (!bootloader_run(command->plan, &beside, BOOTLOADER_SECONDS, &error))
    report_error(report, error);
  report_print(report, stderr);
}

static int supervise(DocumentCommand *command, const RunOptions *run, int report, int waiting)
{
  const Domain *domain = command->domain;
  g_autofree char *name = g_strdup(domain->metadata->name); /* a restart may give it another */
  const SupervisorOptions options = {
    .plan = command->plan,
    .name = name,
    .uuid = domain->metadata->uuid,
    .lifecycle = *domain->lifecycle,
    .has_acpi = domain->features->acpi,
    .confinement = command->confinement,
    .account = command->account,
    .is_chowned = command->is_chowned,
    .adopts = command->record,
    .running_name = run->running_name,
    .root = run->root,
    .attaches_console = run->attaches_console,
    .is_verbose = run->is_verbose,
    .dies_together = run->dies_together,
    .is_never_asked = g_strcmp0(run->shutdown_mode, "quit") == 0,
    .shutdown_seconds = (guint)run->shutdown_seconds,
    .quit_seconds = (guint)run->quit_seconds,
    .restart_limit = run->restart_limit,
    .log_limits = run->log_limits,
    .dump_directory = run->dump_directory,
    .report = report,
    .waiting = waiting,
    .live_xml = live_xml,
    .record = record,
    .look_again = look_again,
    .translate_again = translate_again,
    .user_data = command,
  };
  GError *error = NULL;
  int exit_code = life_run(&options, &error);

  if (error)
    report_error(command->report, error);
  report_print(command->report, stderr);
  return exit_code;
}

/* In the background nobody reads standard output, and the user's terminal is the user's again. */
static gboolean check_consoles(const Plan *plan, GError **error)
{
  for (guint i = 0; i < plan->resources->len; i++) {
    const PlanResource *resource = g_ptr_array_index(plan->resources, i);

    if (resource->kind != PLAN_RESOURCE_CONSOLE || resource->console != PLAN_CONSOLE_STDIO)
      continue;
    error_set(error, DOMRUN_ERROR_USAGE, &resource->place, NULL,
              "'%s' is on standard input and output, which a guest in the background has not (--detach)",
              resource->alias);
    return error_add_hint(error, "with type='pty', 'domrun console' connects to it; or run without --detach");
  }
  return TRUE;
}

/* The copy of this process that supervises leaves the user's terminal when the guest runs; this one returns
 * then. */
static int supervise_detached(DocumentCommand *command, const RunOptions *run)
{
  GError *error = NULL;
  int report = -1, waiting = getpid();
  int pid = check_consoles(command->plan, &error) ? detach_fork(&report, &error) : -1;

  if (pid == 0)
    return supervise(command, run, report, waiting);
  if (pid > 0)
    return detach_wait(pid, report);
  report_error(command->report, error);
  report_print(command->report, stderr);
  return report_exit_code(command->report);
}

int supervision_run(DocumentCommand *command, const RunOptions *run)
{
  return run->is_detached ? supervise_detached(command, run)
                          : supervise(command, run, /* report= */ -1, /* waiting= */ 0);
}

static gboolean check_log_limits(RunOptions *run, GError **error)
{
  if (run->log_size_text && !size_parse(run->log_size_text, /* unit= */ 1, &run->log_limits.size))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--log-size: '%s' is no size, such as 500K or 2M",
                     run->log_size_text);
  if (run->log_backups < 0 || run->log_backups > MAX_LOG_BACKUPS)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--log-backups: '%d' is not from 0 to %d",
                     run->log_backups, MAX_LOG_BACKUPS);
  run->log_limits.backups = (guint)run->log_backups;
  return TRUE;
}

/* A guest in the background does not stand in the user's directory. */
static void make_absolute(char **path)
{
  char *absolute = *path ? g_canonicalize_filename(*path, /* relative_to= */ NULL) : NULL;

  g_free(*path);
  *path = absolute;
}

static gboolean check_shutdown_mode(const char *mode, GError **error)
{
  if (!mode || g_str_equal(mode, "acpi") || g_str_equal(mode, "quit"))
    return TRUE;
  return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                   "--shutdown-mode: unknown value '%s' (known: acpi, quit)", mode);
}

static gboolean check_options(RunOptions *run, GError **error)
{
  if (!options_check_seconds("shutdown-timeout", &run->shutdown_seconds, error) ||
      !options_check_seconds("quit-timeout", &run->quit_seconds, error) ||
      !options_check_seconds("bootloader-timeout", &run->bootloader_seconds, error) ||
      !check_shutdown_mode(run->shutdown_mode, error))
    return FALSE;
  if (run->root && !*run->root)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--root: the name of the directory is empty");
  if (run->is_detached && run->attaches_console) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--detach and --console exclude each other");
    return error_add_hint(error, "'domrun console GUEST' connects to a guest in the background");
  }
  if (run->is_detached) {
    make_absolute(&run->root);
    make_absolute(&run->dump_directory);
  }
  if (run->restart_text && !restart_limit_parse(run->restart_text, &run->restart_limit))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                     "--restart-limit: '%s' is neither N/SECONDS nor 0", run->restart_text);
  return check_log_limits(run, error);
}

void run_options_init(RunOptions *run)
{
  *run = (RunOptions){ .bootloader_seconds = BOOTLOADER_SECONDS,
                       .shutdown_seconds = SHUTDOWN_SECONDS,
                       .quit_seconds = QUIT_SECONDS,
                       .restart_limit = RESTART_LIMIT_DEFAULT,
                       .log_backups = (int)LOG_LIMITS_DEFAULT.backups,
                       .log_limits = LOG_LIMITS_DEFAULT };
}

gboolean run_options_parse(DocumentCommand *command, RunOptions *run, int argc, char **argv, char **ret_path,
                           GError **error)
{
  const GOptionEntry entries[] = {
    { "console", 0, 0, G_OPTION_ARG_NONE, &run->attaches_console,
      "connect standard input and output to the first console; Ctrl+] leaves it", NULL },
    { "detach", 0, 0, G_OPTION_ARG_NONE, &run->is_detached,
      "return as soon as the guest runs; its supervisor goes on in the background", NULL },
    { "adopt", 0, 0, G_OPTION_ARG_NONE, &run->is_adopting,
      "where the guest's QEMU runs without a supervisor, take that over, as it was started", NULL },
    { "die-together", 0, 0, G_OPTION_ARG_NONE, &run->dies_together,
      "end QEMU with this process, in whatever way it ends: nothing is left to adopt", NULL },
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &run->root, "keep what is known of running guests in DIR", "DIR" },
    { "shutdown-timeout", 0, 0, G_OPTION_ARG_INT, &run->shutdown_seconds,
      "seconds to power down for a guest that is asked to, before QEMU is told to quit (60; 0: no limit)",
      "SECONDS" },
    { "shutdown-mode", 0, 0, G_OPTION_ARG_STRING, &run->shutdown_mode,
      "what a first signal does: press the power button (acpi, the default), or tell QEMU to quit (quit)",
      "acpi|quit" },
    { "quit-timeout", 0, 0, G_OPTION_ARG_INT, &run->quit_seconds,
      "seconds to end for a QEMU that is told to quit, before it is killed (5; 0: no limit)", "SECONDS" },
    { "restart-limit", 0, 0, G_OPTION_ARG_STRING, &run->restart_text,
      "give up a guest that was started N times within SECONDS (5/60; 0: no limit)", "N/SECONDS" },
    { "log-size", 0, 0, G_OPTION_ARG_STRING, &run->log_size_text,
      "replace the log of a console when it has that size, FILE becoming FILE.0 (2M; 0: no limit)", "SIZE" },
    { "log-backups", 0, 0, G_OPTION_ARG_INT, &run->log_backups,
      "how many logs are kept that were replaced (3)", "NUMBER" },
    { "dump-dir", 0, 0, G_OPTION_ARG_FILENAME, &run->dump_directory,
      "where a guest's memory is written to when on_crash wants that", "DIR" },
    { "bootloader-timeout", 0, 0, G_OPTION_ARG_INT, &run->bootloader_seconds,
      "stop a bootloader of the document that has not chosen after that many seconds (60; 0: no limit)",
      "SECONDS" },
    { "require-sandbox", 0, 0, G_OPTION_ARG_NONE, &run->needs_sandbox,
      "refuse to run where a part of QEMU's sandbox cannot be in force", NULL },
    USER_OPTION_ENTRIES(*command),
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &run->is_verbose, "tell each change of the guest's state", NULL },
    G_OPTION_ENTRY_NULL,
  };

  return document_command_parse_options(command, entries,
                                        "Runs the domain XML FILE as a guest, until it ends.", argc, argv,
                                        ret_path, error) &&
         check_options(run, error);
}
