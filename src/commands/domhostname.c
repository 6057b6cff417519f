/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/facts.h"

static Json *ask_agent(GuestCommand *command, int seconds, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, seconds, error);

  return agent ? fact_ask(agent, FACT_HOSTNAME, error) : NULL;
}

int domhostname_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  int seconds = AGENT_QUICK;
  const GOptionEntry entries[] = {
    AGENT_OPTION(seconds, "5"),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) name = NULL;
  g_autofree char *words = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Prints a guest's host name, which its agent (qemu-guest-agent) knows.", 1, argc,
                          argv, &error))
    name = ask_agent(&command, seconds, &error);
  if (!name)
    return report_usage_error(error);
  words = agent_words(json_as_string(name));
  print_line(words ? words : "");
  return EXIT_CODE_OK;
}
