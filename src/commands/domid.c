/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "commands/command.h"
#include "commands/guest.h"

int domid_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  GError *error = NULL;

  if (!guest_command_begin(&command, NULL, "GUEST",
                           "Prints the id of a guest, which is the pid of its supervisor.", 1, argc, argv,
                           &error))
    return report_usage_error(error);
  if (command.guest->is_supervised)
    printf("%" G_GINT64_FORMAT "\n", command.guest->state.supervisor_pid);
  else
    puts("-");
  return EXIT_CODE_OK;
}
