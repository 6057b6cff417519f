/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/request.h"

#include <string.h>

#include "control/arguments.h"
#include "qmp/message.h"

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

gboolean request_check_utf8(char **words, GError **error)
{
  for (; *words; words++) {
    if (!g_utf8_validate(*words, -1, NULL))
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s' is not UTF-8", *words);
  }
  return TRUE;
}

gboolean request_parse(char **words, Json **ret_request, GError **error)
{
  if (!request_check_utf8(words, error))
    return FALSE;
  if (words[0][0] == '{' && !words[1])
    return parse_json(words[0], ret_request, error);
  return parse_words(words, ret_request, error);
}
