/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun events: what happens to a guest, a line of JSON each.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/guest.h"

static void print_event(JsonObject *event)
{
  g_autofree char *line = message_to_line(event);

  line[strcspn(line, "\n")] = 0;
  print_line(line);
  fflush(stdout);
}

static gboolean print_kept(GuestCommand *command, GError **error)
{
  g_autoptr(JsonNode) events = guest_command_call(command, "query-events", NULL, error);
  JsonArray *array = events && JSON_NODE_HOLDS_ARRAY(events) ? json_node_get_array(events) : NULL;

  for (guint i = 0; array && i < json_array_get_length(array); i++) {
    JsonNode *event = json_array_get_element(array, i);

    if (JSON_NODE_HOLDS_OBJECT(event))
      print_event(json_node_get_object(event));
  }
  return events != NULL;
}

static gboolean follow(GuestCommand *command, GError **error)
{
  JsonObject *arguments = json_object_new();
  g_autoptr(JsonNode) subscribed = NULL;
  JsonObject *event;
  GError *cause = NULL;

  json_object_set_boolean_member(arguments, "kept", TRUE);
  subscribed = guest_command_call(command, "subscribe", arguments, error);
  if (!subscribed)
    return FALSE;
  while ((event = control_client_next_event(command->client, CONTROL_FOREVER, &cause))) {
    print_event(event);
    json_object_unref(event);
  }
  if (!cause)
    return TRUE;
  g_propagate_error(error, cause);
  return FALSE;
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
      (is_following ? follow(&command, &error) : print_kept(&command, &error)))
    return EXIT_CODE_OK;
  return report_usage_error(error);
}
