/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun events: what happens to a guest, a line of JSON each.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/guest.h"

static void print_event(Json *event)
{
  g_autofree char *line = message_to_line(event);

  line[strcspn(line, "\n")] = 0;
  print_line(line);
  fflush(stdout);
}

static gboolean print_kept(GuestCommand *command, GError **error)
{
  g_autoptr(Json) events = guest_command_call(command, "query-events", NULL, error);

  for (guint i = 0; i < json_length(events); i++) {
    Json *event = json_at(events, i);

    if (json_is(event, JSON_OBJECT))
      print_event(event);
  }
  return events != NULL;
}

/* Of a guest that has ended. */
static gboolean print_last(const GuestCommand *command, GError **error)
{
  g_autofree char *text =
      guest_file_read(runtime_dir_fd(command->guest->directory), CONTROL_EVENTS_FILE, error);

  if (!text)
    return FALSE;
  if (*text)
    print_text(text);
  return TRUE;
}

static gboolean subscribe(GuestCommand *command, GError **error)
{
  Json *arguments = json_new_object();
  g_autoptr(Json) subscribed = NULL;

  json_set_bool(arguments, "kept", TRUE);
  subscribed = guest_command_call(command, "subscribe", arguments, error);
  return subscribed != NULL;
}

/* Until the supervisor hangs up. */
static gboolean print_all(GuestCommand *command, GError **error)
{
  Json *event;
  GError *cause = NULL;

  while ((event = control_client_next_event(command->client, CONTROL_FOREVER, &cause))) {
    print_event(event);
    json_unref(event);
  }
  if (!cause)
    return TRUE;
  g_propagate_error(error, cause);
  return FALSE;
}

static gboolean lost_error(const GuestCommand *command, GError **error)
{
  error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL,
            "the guest '%s' runs on, and events are lost: they came faster than they were read here",
            command->guest->state.name);
  return error_add_hint(error, "read them faster, or ask 'domrun domstate' what became of it");
}

/* Another supervisor that has adopted the guest has events of its own. */
static gboolean follow(GuestCommand *command, GError **error)
{
  while (subscribe(command, error) && print_all(command, error)) {
    switch (guest_command_reconnect(command)) {
    case HUNG_UP_AT_END:
      return guest_check_over(command->guest, error);
    case HUNG_UP_ON_US:
      return lost_error(command, error);
    case HUNG_UP_BEFORE_ANOTHER:
      break;
    }
  }
  return FALSE;
}

static gboolean execute(GuestCommand *command, gboolean is_following, GError **error)
{
  if (!command->guest->is_supervised && !command->guest->is_unsupervised)
    return print_last(command, error);
  return is_following ? follow(command, error) : print_kept(command, error);
}

int events_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean is_following = FALSE, is_json = TRUE;
  const GOptionEntry entries[] = {
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &is_following,
      "go on with what happens, until the guest has ended", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print JSON, as it does without this option", NULL },
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Prints what happened to a guest (the last 64 events), a line of JSON each.", 1,
                          argc, argv, &error) &&
      execute(&command, is_following, &error))
    return EXIT_CODE_OK;
  return report_usage_error(error);
}
