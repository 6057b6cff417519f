/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun guestinfo: what the guest's agent knows of the guest.
 */
#include "config.h"

#include <stdio.h>

#include "commands/command.h"
#include "commands/facts.h"

typedef struct {
  gboolean is_wanted[FACT_COUNT];
  gboolean is_json;
  int seconds;
} Options;

static void print_word(const char *name, const char *text)
{
  g_autofree char *word = agent_words(text);

  printf("%-20s: %s\n", name, word ? word : "-");
}

static void print_value(const char *name, Json *value);

static void print_array(const char *name, const Json *array)
{
  g_autofree char *count_name = g_strconcat(name, ".count", NULL);
  g_autofree char *count = g_strdup_printf("%" G_GSIZE_FORMAT, json_length(array));

  print_word(count_name, count);
  for (gsize i = 0; i < json_length(array); i++) {
    g_autofree char *inner = g_strdup_printf("%s.%" G_GSIZE_FORMAT, name, i);

    print_value(inner, json_at(array, i));
  }
}

/* The names are those of tables, and numbers; so is the depth. */
static void print_value(const char *name, Json *value)
{
  gconstpointer at = NULL;
  const char *key;
  Json *member;
  gboolean is_true = FALSE;

  if (json_is(value, JSON_ARRAY)) {
    print_array(name, value);
  } else if (json_is(value, JSON_OBJECT)) {
    while (json_next_member(value, &at, &key, &member)) {
      g_autofree char *inner = *name ? g_strconcat(name, ".", key, NULL) : g_strdup(key);

      print_value(inner, member);
    }
  } else if (json_as_bool(value, &is_true)) {
    print_word(name, is_true ? "yes" : "no");
  } else if (json_is(value, JSON_INTEGER)) {
    g_autofree char *digits = json_print(value);

    print_word(name, digits);
  } else {
    print_word(name, json_as_string(value));
  }
}

/* What an older agent does not know is left out where all is wanted, unless there is nothing else. */
static Json *ask_all(Agent *agent, const Options *options, gboolean is_all, GError **error)
{
  g_autoptr(Json) object = json_new_object();
  g_autoptr(GError) first = NULL;

  for (guint i = 0; i < FACT_COUNT; i++) {
    g_autoptr(GError) cause = NULL;
    Json *value;

    if (!is_all && !options->is_wanted[i])
      continue;
    value = fact_ask(agent, i, &cause);
    if (value)
      json_set(object, fact_name(i), value);
    else if (!is_all || !g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_REFUSED)) {
      g_propagate_error(error, g_steal_pointer(&cause));
      return NULL;
    } else if (!first) {
      first = g_steal_pointer(&cause);
    }
  }
  if (json_length(object) > 0)
    return g_steal_pointer(&object);
  g_propagate_error(error, g_steal_pointer(&first));
  return NULL;
}

static Json *ask_agent(GuestCommand *command, const Options *options, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, options->seconds, error);
  gboolean is_all = TRUE;

  for (guint i = 0; i < FACT_COUNT; i++)
    is_all = is_all && !options->is_wanted[i];
  return agent ? ask_all(agent, options, is_all, error) : NULL;
}

int guestinfo_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  Options options = { .seconds = AGENT_QUICK };
  gboolean *is_wanted = options.is_wanted;
  const GOptionEntry entries[] = {
    { "user", 0, 0, G_OPTION_ARG_NONE, &is_wanted[FACT_USER], "print who is logged in", NULL },
    { "os", 0, 0, G_OPTION_ARG_NONE, &is_wanted[FACT_OS], "print its operating system", NULL },
    { "timezone", 0, 0, G_OPTION_ARG_NONE, &is_wanted[FACT_TIMEZONE], "print its time zone", NULL },
    { "hostname", 0, 0, G_OPTION_ARG_NONE, &is_wanted[FACT_HOSTNAME], "print its host name", NULL },
    { "filesystem", 0, 0, G_OPTION_ARG_NONE, &is_wanted[FACT_FILESYSTEM], "print what it has mounted", NULL },
    { "disk", 0, 0, G_OPTION_ARG_NONE, &is_wanted[FACT_DISK], "print its disks and partitions", NULL },
    { "interface", 0, 0, G_OPTION_ARG_NONE, &is_wanted[FACT_INTERFACE],
      "print its network interfaces, with their addresses", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, "print a JSON object", NULL },
    AGENT_OPTION(options.seconds, "5 for each thing"),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) object = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Prints what the guest's agent (qemu-guest-agent) knows of the guest: all, or what "
                          "options ask for.",
                          1, argc, argv, &error))
    object = ask_agent(&command, &options, &error);
  if (!object)
    return report_usage_error(error);
  if (options.is_json)
    print_json(object);
  else
    print_value("", object);
  return EXIT_CODE_OK;
}
