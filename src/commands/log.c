/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun log: what the supervisor has announced, QEMU's own messages among it.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int log_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *text = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, NULL, "GUEST", "Prints what the supervisor of a guest has logged.", 1,
                          argc, argv, &error))
    text = guest_file_read(runtime_dir_fd(command.guest->directory), CONTROL_LOG_FILE, &error);
  if (!text)
    return report_usage_error(error);
  if (*text)
    print_text(text);
  return EXIT_CODE_OK;
}
