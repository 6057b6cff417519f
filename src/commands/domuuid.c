/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int domuuid_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  GError *error = NULL;

  if (!guest_command_begin(&command, NULL, "GUEST", "Prints the uuid of a guest.", 1, argc, argv, &error))
    return report_usage_error(error);
  print_line(command.guest->state.uuid ? command.guest->state.uuid : "-");
  return EXIT_CODE_OK;
}
