/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun dumpxml: the user's document with what became of it.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int dumpxml_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *text = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, NULL, "GUEST",
                          "Prints the document of a guest with what was generated and assigned.", 1, argc,
                          argv, &error))
    text = guest_command_read_xml(&command, &error);
  if (!text)
    return report_usage_error(error);
  print_text(text);
  return EXIT_CODE_OK;
}
