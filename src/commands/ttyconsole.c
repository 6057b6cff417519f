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

static const char *ask_for_path(GuestCommand *command, const char *device, Json **ret_consoles,
                                GError **error)
{
  const char *guest = command->guest->state.name;
  const char *path;

  *ret_consoles = guest_command_call(command, "query-consoles", NULL, error);
  if (!*ret_consoles)
    return NULL;
  path = find_path(*ret_consoles, device);
  if (!path && device)
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no console '%s' with a terminal",
              guest, device);
  else if (!path)
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no console with a terminal",
              guest);
  return path;
}

int ttyconsole_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autoptr(Json) consoles = NULL;
  g_autofree char *devname = NULL;
  const GOptionEntry entries[] = {
    { "devname", 0, 0, G_OPTION_ARG_STRING, &devname, "DEVICE, as virsh has it", "DEVICE" },
    G_OPTION_ENTRY_NULL,
  };
  const char *device = NULL, *path = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST [DEVICE]",
                          "Prints the terminal of a guest's console, its first or the one of that alias.", 2,
                          argc, argv, &error) &&
      guest_command_device(&command, devname, &device, &error))
    path = ask_for_path(&command, device, &consoles, &error);
  if (!path)
    return report_usage_error(error);
  print_line(path);
  return EXIT_CODE_OK;
}
