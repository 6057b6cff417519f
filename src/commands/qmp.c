/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun qmp: a command for QEMU itself.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"
#include "commands/options.h"
#include "commands/request.h"

enum { QMP_SECONDS = 60 };

static Json *make_human(char **words)
{
  g_autofree char *line = g_strjoinv(" ", words);
  Json *request = json_new_object(), *arguments = json_new_object();

  json_set_string(arguments, "command-line", line);
  json_set_string(request, "execute", "human-monitor-command");
  json_set(request, "arguments", arguments);
  return request;
}

static gboolean parse_request(char **words, gboolean is_human, Json **ret_request, GError **error)
{
  if (!is_human)
    return request_parse(words, ret_request, error);
  if (!request_check_utf8(words, error))
    return FALSE;
  *ret_request = make_human(words);
  return TRUE;
}

/* The human monitor tells mistakes in its answer alone. */
static gboolean is_unknown(const char *answer)
{
  return answer && g_str_has_prefix(answer, "unknown command: ");
}

int qmp_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean is_human = FALSE;
  int seconds = QMP_SECONDS;
  const GOptionEntry entries[] = {
    { "hmp", 0, 0, G_OPTION_ARG_NONE, &is_human, "a command of the human monitor, as one types it", NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &seconds,
      "give up waiting for the answer after that many seconds (60; 0: no limit)", "SECONDS" },
    G_OPTION_ENTRY_NULL,
  };
  Json *request = NULL;
  g_autoptr(Json) result = NULL;
  GError *error = NULL;

  if (guest_command_parse(&command, entries, "GUEST COMMAND [NAME=VALUE...]",
                          "Executes a QMP command, or a JSON object {\"execute\": ...}, and prints what it "
                          "returns. 'domrun events --follow' prints QMP's events.",
                          2, G_MAXUINT, argc, argv, &error) &&
      options_check_seconds("timeout", &seconds, &error) &&
      parse_request(command.arguments + 1, is_human, &request, &error))
    command.guest = guests_find(command.root, command.arguments[0], &error);
  if (command.guest) {
    json_set_bool(request, "slow", TRUE);
    result = guest_command_call_slow(&command, "qmp", g_steal_pointer(&request),
                                     seconds ? seconds * 1000 : CONTROL_FOREVER, &error);
  }
  g_clear_pointer(&request, json_unref);
  if (!result)
    return report_usage_error(error);
  if (is_human && is_unknown(json_as_string(result))) {
    error_set(&error, DOMRUN_ERROR_REFUSED, NULL, NULL, "QEMU's monitor: %s", json_as_string(result));
    return report_usage_error(error);
  }
  if (is_human && json_as_string(result))
    print_text(json_as_string(result));
  else
    print_json(result);
  return EXIT_CODE_OK;
}
