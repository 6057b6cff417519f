/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

/* Of the first console with a terminal, or of the one with that @alias, if it has one. */
static const char *find_path(JsonNode *consoles, const char *alias)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY(consoles) ? json_node_get_array(consoles) : NULL;

  for (guint i = 0; array && i < json_array_get_length(array); i++) {
    JsonNode *console = json_array_get_element(array, i);
    const char *path = NULL;

    if (JSON_NODE_HOLDS_OBJECT(console) &&
        (!alias || g_strcmp0(message_get_string(json_node_get_object(console), "alias"), alias) == 0))
      path = message_get_string(json_node_get_object(console), "path");
    if (path)
      return path;
  }
  return NULL;
}

int ttyconsole_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autoptr(JsonNode) consoles = NULL;
  const char *path = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, NULL, "GUEST [DEVICE]",
                          "Prints the terminal of a guest's console, its first or the one of that alias.", 2,
                          argc, argv, &error))
    consoles = guest_command_call(&command, "query-consoles", NULL, &error);
  if (consoles)
    path = find_path(consoles, command.arguments[1]);
  if (consoles && !path && command.arguments[1])
    error_set(&error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no console '%s' with a terminal",
              command.guest->state.name, command.arguments[1]);
  else if (consoles && !path)
    error_set(&error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no console with a terminal",
              command.guest->state.name);
  if (!path)
    return report_usage_error(error);
  print_line(path);
  return EXIT_CODE_OK;
}
