/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int reset_command(int argc, char **argv)
{
  return guest_command_run("reset", "Resets a guest at once, as its reset button does.", argc, argv);
}
