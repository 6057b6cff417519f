/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun shutdown and reboot: a guest is asked to power down.
 */
#include "config.h"

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

static gboolean check_options(ShutdownOptions *options, GError **error)
{
  if (!check_mode(options->mode, shutdown_modes, error) ||
      !options_check_seconds("timeout", &options->timeout, error))
    return FALSE;
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
  if (options->timeout == 0)
    text = g_strdup_printf("%s is asked to power down, again and again until it does",
                           command->guest->state.name);
  else
    text = g_strdup_printf("%s is asked to power down; after %d seconds %s", command->guest->state.name,
                           options->timeout, options->then ? "it is ended" : "it runs on");
  print_line(text);
}

/* Says what to do where the agent cannot be asked. */
static int conclude(const char *mode, gboolean is_done, GError *error)
{
  if (is_done)
    return EXIT_CODE_OK;
  if (g_strcmp0(mode, "agent") == 0 && g_error_matches(error, DOMRUN_ERROR, DOMRUN_ERROR_REFUSED))
    error_add_hint(&error, "--mode=acpi, the default, presses the power button");
  return report_usage_error(error);
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
  g_autoptr(Json) result = NULL;
  GError *error = NULL;
  int exit_code;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Asks a guest to power down, again and again until it does, and never ends it by "
                          "force unless --then "
                          "says so. Returns at once; 'domrun wait' waits for the end.",
                          1, argc, argv, &error) &&
      check_options(&options, &error))
    result = guest_command_call(&command, "shutdown", make_arguments(&options), &error);
  if (result)
    tell(&command, &options);
  exit_code = conclude(options.mode, result != NULL, error);
  g_free(options.mode);
  g_free(options.then);
  return exit_code;
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
  g_autoptr(Json) result = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Asks a guest to power down, and starts it again once it has. Returns at once.", 1,
                          argc, argv, &error) &&
      check_mode(mode, reboot_modes, &error)) {
    Json *arguments = json_new_object();

    if (mode)
      json_set_string(arguments, "mode", mode);
    result = guest_command_call(&command, "reboot", arguments, &error);
  }
  return conclude(mode, result != NULL, error);
}
