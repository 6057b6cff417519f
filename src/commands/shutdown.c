/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"
#include "xml/element.h"

typedef struct {
  char *mode;
  int timeout; /* seconds; -1: the supervisor's own */
} ShutdownOptions;

static Json *make_arguments(const ShutdownOptions *options)
{
  Json *arguments = json_new_object();

  if (options->mode)
    json_set_string(arguments, "mode", options->mode);
  if (options->timeout >= 0)
    json_set_int(arguments, "timeout", options->timeout);
  return arguments;
}

/* The guest cannot be asked, and its supervisor only waits. */
static void warn_without_acpi(const GuestCommand *command)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(XmlDocument) document = guest_command_load_xml(command, NULL);
  xmlNode *features = document ? xml_next_child(xml_document_root(document), "features", NULL) : NULL;

  if (!document || (features && xml_next_child(features, "acpi", NULL)))
    return;
  report_warning(
      report, NULL, NULL, "--mode=quit, or 'domrun destroy', ends it at once",
      "the guest has no <acpi/>, so it cannot be asked to power down; QEMU is told to quit in time");
  report_print(report, stderr);
}

int shutdown_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  ShutdownOptions options = { .timeout = -1 };
  const GOptionEntry entries[] = {
    { "mode", 0, 0, G_OPTION_ARG_STRING, &options.mode,
      "begin with the power button (acpi, the default) or by ending QEMU (quit)", "acpi|quit" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
      "end QEMU if the guest has not powered down after that many seconds", "SECONDS" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) result = NULL;
  GError *error = NULL;

  if (guest_command_begin(
          &command, entries, "GUEST",
          "Asks a guest to power down, again and again until it does. Returns at once; 'domrun "
          "wait' waits for the end.",
          1, argc, argv, &error))
    result = guest_command_call(&command, "shutdown", make_arguments(&options), &error);
  if (result && g_strcmp0(options.mode, "quit") != 0)
    warn_without_acpi(&command);
  g_free(options.mode);
  return result ? EXIT_CODE_OK : report_usage_error(error);
}
