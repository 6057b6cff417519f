/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

/* Of the first console with a terminal, or of the one with that @alias, if it has one. */
static const char *find_path(Json *consoles, const char *alias)
{
  for (guint i = 0; i < json_length(consoles); i++) {
    Json *console = json_at(consoles, i);
    const char *path = NULL;

    if (!alias || g_strcmp0(json_get_string(console, "alias"), alias) == 0)
      path = json_get_string(console, "path");
    if (path)
      return path;
  }
  return NULL;
}

int ttyconsole_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autoptr(Json) consoles = NULL;
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
