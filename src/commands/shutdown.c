/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun shutdown and reboot: a guest is asked to power down.
 */
#include "config.h"

#include "commands/agent.h"
#include "commands/command.h"
#include "commands/guest.h"
#include "commands/options.h"
#include "xml/element.h"

typedef struct {
  char *mode;
  char *then;
  int timeout; /* seconds; 0: none */
} ShutdownOptions;

static const char *const shutdown_modes[] = { "acpi", "agent", "quit", NULL };
static const char *const reboot_modes[] = { "acpi", "agent", NULL };

static gboolean check_mode(const char *mode, const char *const *known, GError **error)
{
  g_autofree char *words = g_strjoinv(", ", (char **)known);

  return !mode || g_strv_contains(known, mode) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--mode: unknown value '%s' (known: %s)", mode,
                   words);
}

static gboolean is_agent(const char *mode)
{
  return g_strcmp0(mode, "agent") == 0;
}

static gboolean check_options(ShutdownOptions *options, GError **error)
{
  if (!check_mode(options->mode, shutdown_modes, error) ||
      !options_check_seconds("timeout", &options->timeout, error))
    return FALSE;
  if (is_agent(options->mode) && (options->timeout > 0 || options->then)) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
              "--%s: the guest's agent (--mode=agent) is asked once, and not again",
              options->then ? "then" : "timeout");
    return error_add_hint(error, "'domrun wait --timeout=SECONDS' waits for the end, and 'domrun destroy' "
                                 "ends a guest at once");
  }
  if (options->then && !g_str_equal(options->then, "destroy"))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--then: unknown value '%s' (known: destroy)",
                     options->then);
  if (!options->then || options->timeout > 0)
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
            "--then says what comes after --timeout=SECONDS, which is missing");
  return error_add_hint(error, "'domrun destroy' ends a guest at once");
}

static Json *make_arguments(const ShutdownOptions *options)
{
  Json *arguments = json_new_object();

  if (options->mode)
    json_set_string(arguments, "mode", options->mode);
  if (options->timeout > 0)
    json_set_int(arguments, "timeout", options->timeout);
  if (options->then)
    json_set_string(arguments, "then", options->then);
  return arguments;
}

/* What happens next. */
static void tell(const GuestCommand *command, const ShutdownOptions *options)
{
  g_autofree char *text = NULL;

  if (g_strcmp0(options->mode, "quit") == 0)
    return;
  if (is_agent(options->mode))
    text = g_strdup_printf("%s is asked to power down, once, by its agent", command->guest->state.name);
  else if (options->timeout == 0)
    text = g_strdup_printf("%s is asked to power down, again and again until it does",
                           command->guest->state.name);
  else
    text = g_strdup_printf("%s is asked to power down; after %d seconds %s", command->guest->state.name,
                           options->timeout, options->then ? "it is ended" : "it runs on");
  print_line(text);
}

/* Asks the supervisor, or the agent itself. */
static gboolean shut_down(GuestCommand *command, const ShutdownOptions *options, GError **error)
{
  g_autoptr(Json) result = NULL;

  if (is_agent(options->mode))
    return agent_shut_down(command, "powerdown", error);
  result = guest_command_call(command, "shutdown", make_arguments(options), error);
  return result != NULL;
}

/* A guest that its agent boots again resets its machine, as any reboot of its own does. */
static gboolean reboot(GuestCommand *command, const char *mode, GError **error)
{
  g_autoptr(Json) result = NULL;
  Json *arguments;

  if (is_agent(mode))
    return agent_shut_down(command, "reboot", error);
  arguments = json_new_object();
  if (mode)
    json_set_string(arguments, "mode", mode);
  result = guest_command_call(command, "reboot", arguments, error);
  return result != NULL;
}

int shutdown_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  ShutdownOptions options = { 0 };
  const GOptionEntry entries[] = {
    { "mode", 0, 0, G_OPTION_ARG_STRING, &options.mode,
      "press the power button (acpi, the default), ask the guest's agent (agent), or end QEMU (quit)",
      "acpi|agent|quit" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
      "stop asking after that many seconds; the guest runs on (0, the default: no limit)", "SECONDS" },
    { "then", 0, 0, G_OPTION_ARG_STRING, &options.then, "end the guest after the timeout", "destroy" },
    G_OPTION_ENTRY_NULL,
  };
  gboolean is_asked = FALSE;
  GError *error = NULL;

  if (guest_command_begin(
          &command, entries, "GUEST",
          "Asks a guest to power down, again and again until it does (its agent once), and "
          "never ends it by force unless --then says so. Returns at once; 'domrun wait' waits "
          "for the end.",
          1, argc, argv, &error) &&
      check_options(&options, &error))
    is_asked = shut_down(&command, &options, &error);
  if (is_asked)
    tell(&command, &options);
  g_free(options.mode);
  g_free(options.then);
  return is_asked ? EXIT_CODE_OK : report_usage_error(error);
}

int reboot_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *mode = NULL;
  const GOptionEntry entries[] = {
    { "mode", 0, 0, G_OPTION_ARG_STRING, &mode,
      "press the power button (acpi, the default), or ask the guest's agent (agent)", "acpi|agent" },
    G_OPTION_ENTRY_NULL,
  };
  gboolean is_asked;
  GError *error = NULL;

  is_asked = guest_command_begin(&command, entries, "GUEST",
                                 "Asks a guest to power down, and starts it again once it has; its agent "
                                 "(--mode=agent) boots it again itself. Returns at once.",
                                 1, argc, argv, &error) &&
             check_mode(mode, reboot_modes, &error) && reboot(&command, mode, &error);
  return is_asked ? EXIT_CODE_OK : report_usage_error(error);
}
