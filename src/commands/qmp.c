/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun qmp: a command for QEMU itself.
 */
#include "config.h"

#include <string.h>

#include "commands/command.h"
#include "commands/guest.h"
#include "commands/options.h"
#include "control/arguments.h"

enum { QMP_SECONDS = 60 };

static const Argument command_members[] = {
  { "execute", ARGUMENT_STRING, .is_needed = TRUE },
  { "arguments", ARGUMENT_OBJECT },
  { "id", ARGUMENT_ANY }, /* of no use here: there is one answer */
  { NULL },
};

static gboolean parse_json(const char *text, Json **ret_request, GError **error)
{
  g_autoptr(GError) cause = NULL;
  g_autoptr(Json) command = message_parse(text, strlen(text), &cause);
  Json *arguments = json_get_object(command, "arguments");

  if (!command || !arguments_check(command_members, command, &cause))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s': %s", text, cause->message);
  *ret_request = json_new_object();
  json_set_string(*ret_request, "execute", json_get_string(command, "execute"));
  if (arguments)
    json_set(*ret_request, "arguments", json_ref(arguments));
  return TRUE;
}

/* The value as JSON where it is that, and as a string otherwise. */
static Json *parse_value(const char *text)
{
  g_autofree char *line = g_strdup_printf("{\"value\":%s}", text);
  g_autoptr(Json) object = message_parse(line, strlen(line), NULL);
  Json *value = json_length(object) == 1 ? json_get(object, "value") : NULL;

  return value ? json_ref(value) : json_new_string(text);
}

static gboolean parse_words(char *const *words, Json **ret_request, GError **error)
{
  g_autoptr(Json) request = json_new_object();
  Json *arguments = json_new_object();

  json_set_string(request, "execute", words[0]);
  json_set(request, "arguments", arguments);
  for (words++; *words; words++) {
    const char *equals = strchr(*words, '=');
    g_autofree char *name = NULL;

    if (!equals || equals == *words)
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s' is not NAME=VALUE", *words);
    name = g_strndup(*words, (gsize)(equals - *words));
    json_set(arguments, name, parse_value(equals + 1));
  }
  *ret_request = g_steal_pointer(&request);
  return TRUE;
}

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
  for (char **word = words; *word; word++) {
    if (!g_utf8_validate(*word, -1, NULL))
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s' is not UTF-8", *word);
  }
  if (is_human) {
    *ret_request = make_human(words);
    return TRUE;
  }
  if (words[0][0] == '{' && !words[1])
    return parse_json(words[0], ret_request, error);
  return parse_words(words, ret_request, error);
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
