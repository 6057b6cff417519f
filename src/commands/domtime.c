/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun domtime: the guest's clock, by its agent.
 */
#include "config.h"

#include "commands/agent.h"
#include "commands/command.h"

static const gint64 second = 1000 * 1000 * 1000; /* of nanoseconds */

typedef struct {
  gboolean is_now, is_synchronised, is_pretty, has_time;
  gint64 time; /* seconds since 1970 */
  int seconds;
} Options;

static gboolean parse_time(const char *text, Options *options, GError **error)
{
  options->has_time = text != NULL;
  return !text || g_ascii_string_to_signed(text, 10, 0, G_MAXINT64 / second, &options->time, NULL) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                   "--time: '%s' is not a number of seconds since 1970", text);
}

static gboolean check_options(const Options *options, GError **error)
{
  guint count = !!options->is_now + !!options->is_synchronised + !!options->has_time;

  if (count > 1)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--now, --sync and --time exclude each other");
  return !count || !options->is_pretty ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                   "--pretty is how the time is printed, and nothing is printed where it is set");
}

static gboolean is_set(const Options *options)
{
  return options->is_now || options->is_synchronised || options->has_time;
}

/* Ticks that the guest missed are not to come after it was set. A machine without such a clock says so. */
static void forget_ticks(GuestCommand *command)
{
  Json *arguments = json_new_object(), *result;

  json_set_string(arguments, "execute", "rtc-reset-reinjection");
  result = guest_command_call(command, "qmp", arguments, /* error= */ NULL);
  if (result)
    json_unref(result);
}

static gboolean set_time(Agent *agent, GuestCommand *command, const Options *options, GError **error)
{
  Json *arguments = json_new_object();
  g_autoptr(Json) result = NULL;

  if (options->is_now)
    json_set_int(arguments, "time", g_get_real_time() * 1000);
  else if (options->has_time)
    json_set_int(arguments, "time", options->time * second);
  result = agent_ask(agent, "guest-set-time", arguments, error);
  if (result)
    forget_ticks(command);
  return result != NULL;
}

static gboolean print_time(Agent *agent, const char *guest, const Options *options, GError **error)
{
  g_autoptr(Json) result = agent_ask(agent, "guest-get-time", /* arguments= */ NULL, error);
  g_autoptr(GDateTime) time = NULL;
  g_autofree char *words = NULL, *line = NULL;
  gint64 nanoseconds;

  if (!result)
    return FALSE;
  if (!json_as_int(result, &nanoseconds))
    return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the agent of '%s' says no time", guest);
  time = options->is_pretty ? g_date_time_new_from_unix_utc(nanoseconds / second) : NULL;
  words = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S")
               : g_strdup_printf("%" G_GINT64_FORMAT, nanoseconds / second);
  line = g_strconcat("Time: ", words, NULL);
  print_line(line);
  return TRUE;
}

static gboolean ask_agent(GuestCommand *command, const Options *options, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, options->seconds, error);

  if (!agent)
    return FALSE;
  if (is_set(options))
    return set_time(agent, command, options, error);
  return print_time(agent, command->guest->state.name, options, error);
}

int domtime_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  Options options = { .seconds = AGENT_QUICK };
  g_autofree char *time = NULL;
  const GOptionEntry entries[] = {
    { "now", 0, 0, G_OPTION_ARG_NONE, &options.is_now, "set it to this host's time", NULL },
    { "sync", 0, 0, G_OPTION_ARG_NONE, &options.is_synchronised,
      "set it to what the guest's hardware clock says", NULL },
    { "time", 0, 0, G_OPTION_ARG_STRING, &time, "set it to that many seconds since 1970", "SECONDS" },
    { "pretty", 0, 0, G_OPTION_ARG_NONE, &options.is_pretty, "print date and time, in UTC", NULL },
    AGENT_OPTION(options.seconds, "5"),
    G_OPTION_ENTRY_NULL,
  };
  gboolean is_done;
  GError *error = NULL;

  is_done = guest_command_begin(&command, entries, "GUEST",
                                "Prints the time that a guest has, in seconds since 1970, or sets it; the "
                                "guest's agent (qemu-guest-agent) does both.",
                                1, argc, argv, &error) &&
            parse_time(time, &options, &error) && check_options(&options, &error) &&
            ask_agent(&command, &options, &error);
  return is_done ? EXIT_CODE_OK : report_usage_error(error);
}
