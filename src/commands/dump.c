/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun dump: the memory of a guest in a file, which the supervisor makes. How far it is, QEMU is asked over
 * a second connection, for a person to see who waits.
 */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "base/patience.h"
#include "commands/command.h"
#include "commands/guest.h"

/* Milliseconds between two looks. */
enum { LOOK_AGAIN = 250 };

typedef struct {
  char *format;
  gboolean is_memory_only, is_live; /* virsh's */
  gboolean is_verbose;
} DumpOptions;

static Json *make_arguments(const DumpOptions *options, const char *path, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename(path, /* relative_to= */ NULL);
  Json *arguments;

  if (!g_utf8_validate(absolute, -1, NULL)) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the path '%s' is not UTF-8", absolute);
    return NULL;
  }
  arguments = json_new_object();
  json_set_string(arguments, "path", absolute);
  if (options->format)
    json_set_string(arguments, "format", options->format);
  return arguments;
}

/* ---- How far it is ---- */

/* DumpQueryResult of QEMU's dump.json. */
static Json *ask_progress(ControlClient *client)
{
  Json *arguments = json_new_object();

  json_set_string(arguments, "execute", "query-dump");
  return control_client_call(client, "qmp", arguments, (int)patience_of(CONTROL_SUPERVISOR_PATIENCE), NULL);
}

/* On a terminal over itself. FALSE where it cannot be known any more. */
static gboolean show_progress(ControlClient *client)
{
  g_autoptr(Json) progress = ask_progress(client);
  gboolean is_terminal = isatty(STDERR_FILENO);
  gint64 completed = 0, total = 0;

  if (!progress)
    return FALSE;
  json_get_int(progress, "completed", &completed);
  json_get_int(progress, "total", &total);
  if (total > 0) /* what is kept of the last dump says so, too, for a moment */
    fprintf(stderr, "%s%d %% of %" G_GINT64_FORMAT " MiB%s", is_terminal ? "\r" : "",
            (int)((double)completed * 100 / (double)total), total >> 20, is_terminal ? "\x1b[K" : "\n");
  return TRUE;
}

static void watch(const GuestCommand *command)
{
  g_autoptr(ControlClient) watcher = guest_connect(command->guest, NULL);

  while (watcher && !control_client_wait(command->client, LOOK_AGAIN) && show_progress(watcher))
    continue;
  if (isatty(STDERR_FILENO))
    fputs("\r\x1b[K", stderr);
}

/* ---- The command ---- */

static gboolean dump(GuestCommand *command, const DumpOptions *options, GError **error)
{
  Json *arguments = make_arguments(options, command->arguments[1], error);
  g_autoptr(Json) result = NULL;

  if (!arguments)
    return FALSE;
  if (!guest_command_send_slow(command, "dump", arguments, error))
    return FALSE;
  if (options->is_verbose || isatty(STDERR_FILENO))
    watch(command);
  result = control_client_receive(command->client, CONTROL_FOREVER, error);
  return result != NULL;
}

int dump_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  DumpOptions options = { 0 };
  const GOptionEntry entries[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &options.format,
      "elf (the default), kdump-zlib, kdump-lzo, kdump-snappy", "FORMAT" },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &options.is_verbose,
      "say how far it is, as is always said on a terminal", NULL },
    { "memory-only", 0, 0, G_OPTION_ARG_NONE, &options.is_memory_only,
      "accepted for virsh's sake: it is what is always done", NULL },
    { "live", 0, 0, G_OPTION_ARG_NONE, &options.is_live,
      "accepted for virsh's sake: the guest stands while it is written, and goes on then", NULL },
    G_OPTION_ENTRY_NULL,
  };
  gboolean is_done;
  GError *error = NULL;

  if (guest_command_parse(
          &command, entries, "GUEST FILE",
          "Writes the memory of a guest to FILE, which must not exist, and waits until it is there.", 2, 2,
          argc, argv, &error))
    command.guest = guests_find(command.root, command.arguments[0], &error);
  is_done = command.guest && dump(&command, &options, &error);
  g_free(options.format);
  return is_done ? EXIT_CODE_OK : report_usage_error(error);
}
