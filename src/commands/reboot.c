/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int reboot_command(int argc, char **argv)
{
  return guest_command_run(
      "reboot", "Asks a guest to power down, and starts it again once it has. Returns at once.", argc, argv);
}
