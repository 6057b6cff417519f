/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun domfsthaw: the end of domfsfreeze.
 */
#include "config.h"

#include "commands/agent.h"
#include "commands/command.h"

static Json *thaw(GuestCommand *command, int seconds, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, seconds, error);

  return agent ? agent_ask(agent, "guest-fsfreeze-thaw", /* arguments= */ NULL, error) : NULL;
}

int domfsthaw_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  int seconds = AGENT_SLOW;
  const GOptionEntry entries[] = {
    AGENT_OPTION(seconds, "60"),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) result = NULL;
  g_autofree char *text = NULL;
  gint64 count = 0;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Lets the guest's agent (qemu-guest-agent) thaw what 'domrun domfsfreeze' has "
                          "frozen: all that is.",
                          1, argc, argv, &error))
    result = thaw(&command, seconds, &error);
  if (!result)
    return report_usage_error(error);
  json_as_int(result, &count);
  text = g_strdup_printf("%" G_GINT64_FORMAT " file system%s thawed", count, count == 1 ? " is" : "s are");
  print_line(text);
  return EXIT_CODE_OK;
}
