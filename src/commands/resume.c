/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int resume_command(int argc, char **argv)
{
  return guest_command_run("resume", "Lets the CPUs of a guest go on.", argc, argv);
}
