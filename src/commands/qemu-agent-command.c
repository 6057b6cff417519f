/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun qemu-agent-command: a command for the guest's agent itself.
 */
#include "config.h"

#include "commands/agent.h"
#include "commands/command.h"
#include "commands/request.h"

/* Those that are not answered where they succeed. */
static const char *const silent_commands[] = { "guest-shutdown", "guest-suspend-disk", "guest-suspend-ram",
                                               "guest-suspend-hybrid", NULL };

static Json *ask_agent(GuestCommand *command, const Json *request, int seconds, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, seconds, error);
  const char *name = json_get_string(request, "execute");
  Json *arguments = json_get_object(request, "arguments");

  if (!agent)
    return NULL;
  if (json_length(arguments) > 0)
    json_ref(arguments);
  else
    arguments = NULL;
  if (g_strv_contains(silent_commands, name))
    return agent_tell(agent, name, arguments, error) ? json_new_object() : NULL;
  return agent_ask(agent, name, arguments, error);
}

/* As the agent says it, which is what virsh prints. */
static void print_result(Json *result, gboolean is_pretty)
{
  g_autoptr(Json) answer = json_new_object();
  g_autofree char *text = NULL;

  json_set(answer, "return", json_ref(result));
  text = is_pretty ? json_print_pretty(answer) : json_print(answer);
  print_text(text);
}

int qemu_agent_command_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  int seconds = AGENT_QUICK;
  gboolean is_pretty = FALSE, is_patient = FALSE;
  const GOptionEntry entries[] = {
    { "pretty", 0, 0, G_OPTION_ARG_NONE, &is_pretty, "print the answer over many lines", NULL },
    { "block", 0, 0, G_OPTION_ARG_NONE, &is_patient, "wait however long it takes: --timeout=0", NULL },
    AGENT_OPTION(seconds, "5"),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) request = NULL, result = NULL;
  GError *error = NULL;

  if (guest_command_parse(&command, entries, "GUEST COMMAND [NAME=VALUE...]",
                          "Lets the guest's agent (qemu-guest-agent) execute a command, as guest-ping, or a "
                          "JSON object {\"execute\": ...}, and prints its answer.",
                          2, G_MAXUINT, argc, argv, &error) &&
      request_parse(command.arguments + 1, &request, &error))
    command.guest = guests_find(command.root, command.arguments[0], &error);
  if (command.guest)
    result = ask_agent(&command, request, is_patient ? 0 : seconds, &error);
  if (!result)
    return report_usage_error(error);
  print_result(result, is_pretty);
  return EXIT_CODE_OK;
}
