/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

int domstate_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean has_reason = FALSE, is_json = FALSE;
  const GOptionEntry entries[] = {
    { "reason", 0, 0, G_OPTION_ARG_NONE, &has_reason, "also print why, in brackets", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print all that is known of the state, as a JSON object",
      NULL },
    G_OPTION_ENTRY_NULL,
  };
  const GuestState *state;
  g_autofree char *text = NULL;
  GError *error = NULL;

  if (!guest_command_begin(&command, entries, "GUEST", "Prints the state of a guest.", 1, argc, argv, &error))
    return report_usage_error(error);
  state = &command.guest->state;
  if (is_json) {
    print_guest_state(state);
    return EXIT_CODE_OK;
  }
  text = g_strdup(enum_to_string(&guest_state_table, (int)state->state));
  if (has_reason && state->reason) {
    g_autofree char *alone = g_steal_pointer(&text);

    text = g_strdup_printf("%s (%s)", alone, state->reason);
  }
  print_line(text);
  return EXIT_CODE_OK;
}
