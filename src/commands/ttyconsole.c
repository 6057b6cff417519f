/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

static const char *find_path(JsonNode *consoles)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY(consoles) ? json_node_get_array(consoles) : NULL;

  for (guint i = 0; array && i < json_array_get_length(array); i++) {
    JsonNode *console = json_array_get_element(array, i);
    const char *path = NULL;

    if (JSON_NODE_HOLDS_OBJECT(console))
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

  if (guest_command_begin(&command, NULL, "GUEST", "Prints the terminal of a guest's first console.", 1, argc,
                          argv, &error))
    consoles = guest_command_call(&command, "query-consoles", NULL, &error);
  if (consoles)
    path = find_path(consoles);
  if (consoles && !path)
    error_set(&error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no console with a terminal",
              command.guest->state.name);
  if (!path)
    return report_usage_error(error);
  print_line(path);
  return EXIT_CODE_OK;
}
