/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the commands share that supervise a guest in this process: `run`, and `adopt`, which reads the words
 * of a `run` again.
 */
#pragma once

#include "commands/command.h"
#include "host/log-file.h"
#include "supervise/restarts.h"

typedef struct {
  gboolean attaches_console;
  gboolean is_detached;
  gboolean is_verbose;
  gboolean needs_sandbox;
  gboolean is_adopting; /* a guest that goes on without its supervisor, if it does */
  gboolean dies_together;
  char *running_name; /* of a guest that is adopted: what it is called now; NULL: it is none */
  char *root;
  char *dump_directory;
  char *restart_text;
  RestartLimit restart_limit;
  char *log_size_text;
  int log_backups;
  LogLimits log_limits;
  char *shutdown_mode;
  int shutdown_seconds; /* 0: no limit, as in the following */
  int quit_seconds;
  int bootloader_seconds;
} RunOptions;

void run_options_init(RunOptions *run);
void run_options_clear(RunOptions *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunOptions, run_options_clear)

/* Parses the command line of `run`, for which both are initialized; *@ret_path is borrowed from it. FALSE
 * with a usage error. */
gboolean run_options_parse(DocumentCommand *command, RunOptions *run, int argc, char **argv, char **ret_path,
                           GError **error);

/* Supervises the guest, here or in the background; returns the exit code when it has ended, or when it runs
 * in the background. Prints its errors. */
int supervision_run(DocumentCommand *command, const RunOptions *run);
