/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user as whom root's guests are run: for `run` and `check`.
 */
#pragma once

#include "commands/command.h"

/* Leaves in @command->account as whom QEMU is run, as --user, DOMRUN_USER or the build has it, NULL for this
 * user; and reports what of the plan that user may not use. After document_command_load(), and where nothing
 * else is left to report of the host. */
void user_decide(DocumentCommand *command);

/* The options, for the entries of a command. */
#define USER_OPTION_ENTRIES(command)                                                                         \
  { "user",                                                                                                  \
    0,                                                                                                       \
    0,                                                                                                       \
    G_OPTION_ARG_STRING,                                                                                     \
    &(command).user,                                                                                         \
    "run QEMU, and what serves it, as this user, which only root can",                                       \
    "NAME[:GROUP]" },                                                                                        \
  {                                                                                                          \
    "chown", 0, 0, G_OPTION_ARG_NONE, &(command).is_chowned,                                                 \
        "give that user the guest's own disks, firmware variables and TPM while it runs", NULL               \
  }
