/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun domfstrim: the guest's file systems tell their disks what is free.
 */
#include "config.h"

#include "commands/agent.h"
#include "commands/command.h"

enum { N_COLUMNS = 3 };

static Json *trim(GuestCommand *command, int seconds, gint64 minimum, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, seconds, error);
  Json *arguments;

  if (!agent)
    return NULL;
  arguments = json_new_object();
  json_set_int(arguments, "minimum", minimum);
  return agent_ask(agent, "guest-fstrim", arguments, error);
}

static void print_paths(const Json *paths)
{
  static const char *const header[N_COLUMNS] = { "Mountpoint", "Trimmed", "Error" };
  g_autoptr(Table) table = table_new(header, N_COLUMNS);

  for (gsize i = 0; i < json_length(paths); i++) {
    const Json *path = json_at(paths, i);
    g_autofree char *name = agent_words(json_get_string(path, "path"));
    g_autofree char *failure = agent_words(json_get_string(path, "error"));
    g_autofree char *bytes = NULL;
    gint64 trimmed;
    const char *cells[N_COLUMNS] = { name, NULL, failure };

    if (json_get_int(path, "trimmed", &trimmed))
      cells[1] = bytes = g_strdup_printf("%" G_GINT64_FORMAT, trimmed);
    table_add(table, cells);
  }
  table_print(table);
}

int domfstrim_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  int seconds = AGENT_SLOW;
  gint64 minimum = 0;
  const GOptionEntry entries[] = {
    { "minimum", 0, 0, G_OPTION_ARG_INT64, &minimum, "leave out free pieces that are smaller (0)", "BYTES" },
    AGENT_OPTION(seconds, "60"),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) result = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Lets the guest's agent (qemu-guest-agent) tell the disks what is free on the "
                          "guest's file systems; where the disk has discard='unmap', its image gets smaller.",
                          1, argc, argv, &error) &&
      (minimum >= 0 || error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL,
                                 "--minimum: '%" G_GINT64_FORMAT "' is not a number of bytes", minimum)))
    result = trim(&command, seconds, minimum, &error);
  if (!result)
    return report_usage_error(error);
  print_paths(json_get(result, "paths")); /* none by agents before QEMU 2.4 */
  return EXIT_CODE_OK;
}
