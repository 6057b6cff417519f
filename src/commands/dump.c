/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int dump_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *format = NULL, *path = NULL;
  gboolean is_memory_only = FALSE;
  const GOptionEntry entries[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, "elf (the default), kdump-zlib, kdump-lzo, kdump-snappy",
      "FORMAT" },
    { "memory-only", 0, 0, G_OPTION_ARG_NONE, &is_memory_only, "what is always done; for the habit", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) result = NULL;
  Json *arguments;
  GError *error = NULL;

  if (guest_command_parse(
          &command, entries, "GUEST FILE",
          "Writes the memory of a guest to FILE, which must not exist, and waits until it is there.", 2, 2,
          argc, argv, &error))
    command.guest = guests_find(command.root, command.arguments[0], &error);
  if (command.guest) {
    path = g_canonicalize_filename(command.arguments[1], /* relative_to= */ NULL);
    if (!g_utf8_validate(path, -1, NULL))
      error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "the path '%s' is not UTF-8", path);
  }
  if (path && !error) {
    arguments = json_new_object();
    json_set_string(arguments, "path", path);
    if (format)
      json_set_string(arguments, "format", format);
    result = guest_command_call_slow(&command, "dump", arguments, CONTROL_FOREVER, &error);
  }
  return result ? EXIT_CODE_OK : report_usage_error(error);
}
