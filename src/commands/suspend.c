/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int suspend_command(int argc, char **argv)
{
  return guest_command_run("suspend", "Stops the CPUs of a guest, until 'resume'.", argc, argv);
}
