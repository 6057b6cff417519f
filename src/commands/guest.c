/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/guest.h"

#include <string.h>

#include "base/patience.h"
#include "commands/command.h"
#include "commands/options.h"

void guest_command_clear(GuestCommand *command)
{
  control_client_free(command->client);
  guest_free(command->guest);
  g_free(command->root);
  g_free(command->domain);
  g_free(command->words);
}

/* --domain NAME is the first argument by another spelling; the strings are not copied. */
static void put_domain_first(GuestCommand *command, int *argc, char ***argv)
{
  command->words = g_new0(char *, (gsize)*argc + 2);
  command->words[0] = (*argv)[0];
  command->words[1] = command->domain;
  memcpy(command->words + 2, *argv + 1, sizeof(char *) * (gsize)(*argc - 1));
  *argv = command->words;
  (*argc)++;
}

gboolean guest_command_parse(GuestCommand *command, const GOptionEntry *entries, const char *synopsis,
                             const char *summary, guint min, guint max, int argc, char **argv, GError **error)
{
  const GOptionEntry shared[] = {
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &command->root, "look for guests in DIR", "DIR" },
    { "domain", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &command->domain, "GUEST, as virsh has it",
      "GUEST" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GOptionContext) context = g_option_context_new(synopsis);
  guint count;

  g_option_context_set_summary(context, summary);
  g_option_context_set_strict_posix(context, command->is_posix);
  if (entries)
    g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_add_main_entries(context, shared, NULL);
  if (!options_parse(context, &argc, &argv, error))
    return FALSE;
  if (command->root && !*command->root)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--root: the name of the directory is empty");
  if (argc > 1 && g_str_equal(argv[1], "--")) /* GOption leaves it where what follows begins with a dash */
    argv++, argc--;
  if (command->domain)
    put_domain_first(command, &argc, &argv);
  count = (guint)argc - 1;
  if (count < min || count > max) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "expected %s, got %u argument%s",
              *synopsis ? synopsis : "no arguments", count, count == 1 ? "" : "s");
    return error_add_hint(error, "%s --help tells how it is used", g_get_prgname());
  }
  command->arguments = argv + 1;
  return TRUE;
}

gboolean guest_command_begin(GuestCommand *command, const GOptionEntry *entries, const char *synopsis,
                             const char *summary, guint max, int argc, char **argv, GError **error)
{
  if (!guest_command_parse(command, entries, synopsis, summary, 1, max, argc, argv, error))
    return FALSE;
  command->guest = guests_find(command->root, command->arguments[0], error);
  return command->guest != NULL;
}

gboolean guest_command_device(const GuestCommand *command, const char *devname, const char **ret_device,
                              GError **error)
{
  if (devname && command->arguments[1])
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--devname: the device is given twice");
  *ret_device = devname ? devname : command->arguments[1];
  return TRUE;
}

gboolean guest_command_connect(GuestCommand *command, GError **error)
{
  if (!command->client)
    command->client = guest_connect(command->guest, error);
  return command->client != NULL;
}

/* A supervisor that has hung up instead of an answer may have been killed, and its guest run on. */
static Json *check_answer(const GuestCommand *command, Json *result, GError *cause, GError **error)
{
  if (!cause)
    return result;
  if (g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_NO_GUEST) && !guest_check_over(command->guest, error))
    g_error_free(cause);
  else
    g_propagate_error(error, cause);
  return NULL;
}

Json *guest_command_call(GuestCommand *command, const char *name, Json *arguments, GError **error)
{
  GError *cause = NULL;
  Json *result;

  if (!guest_command_connect(command, error)) {
    if (arguments)
      json_unref(arguments);
    return NULL;
  }
  result = control_client_call(command->client, name, arguments,
                               (int)patience_of(CONTROL_SUPERVISOR_PATIENCE), &cause);
  return check_answer(command, result, cause, error);
}

static gboolean check_emulator(GuestCommand *command, GError **error)
{
  Json *arguments = json_new_object();
  g_autoptr(Json) result = NULL;

  json_set_string(arguments, "execute", "query-status");
  result = guest_command_call(command, "qmp", arguments, error);
  return result != NULL;
}

gboolean guest_command_send_slow(GuestCommand *command, const char *name, Json *arguments, GError **error)
{
  if (check_emulator(command, error))
    return control_client_send(command->client, name, arguments,
                               (int)patience_of(CONTROL_SUPERVISOR_PATIENCE), error);
  if (arguments)
    json_unref(arguments);
  return FALSE;
}

Json *guest_command_call_slow(GuestCommand *command, const char *name, Json *arguments, int milliseconds,
                              GError **error)
{
  GError *cause = NULL;
  Json *result;

  if (!guest_command_send_slow(command, name, arguments, error))
    return NULL;
  result = control_client_receive(command->client, milliseconds, &cause);
  return check_answer(command, result, cause, error);
}

/* One that was killed may have hung up a moment before its lock is free: only one that answers is there. */
HungUp guest_command_reconnect(GuestCommand *command)
{
  GuestState *state = &command->guest->state;
  g_autoptr(Json) status = NULL;
  gint64 pid = 0;

  g_clear_pointer(&command->client, control_client_free);
  if (guest_is_there(command->guest))
    status = guest_command_call(command, "query-status", NULL, /* error= */ NULL);
  if (!status || !json_get_int(status, "pid", &pid))
    return HUNG_UP_AT_END;
  if (pid == state->supervisor_pid)
    return HUNG_UP_ON_US;
  state->supervisor_pid = pid;
  return HUNG_UP_BEFORE_ANOTHER;
}

char *guest_command_read_xml(GuestCommand *command, GError **error)
{
  const Guest *guest = command->guest;
  char *text;

  if (!guest->is_supervised && guest_is_trace(guest)) {
    guest_trace_error(guest, error);
    return NULL;
  }
  text = guest_file_read(runtime_dir_fd(guest->directory), CONTROL_LIVE_FILE,
                         guest->is_supervised ? NULL : error);
  if (!text && guest->is_supervised) {
    g_autoptr(Json) result = guest_command_call(command, "dumpxml", NULL, error);

    text = g_strdup(json_as_string(result));
    if (result && !text)
      error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the supervisor of '%s' gave no document",
                guest->state.name);
  }
  return text;
}

static XmlDocument *load(const GuestCommand *command, const char *file, const char *text, GError **error)
{
  return xml_document_load_bytes(text, strlen(text), file, runtime_dir_path(command->guest->directory),
                                 error);
}

XmlDocument *guest_command_load_definition(const GuestCommand *command)
{
  const Guest *guest = command->guest;
  g_autofree char *text =
      guest_file_read(runtime_dir_fd(guest->directory), CONTROL_DEFINITION_FILE, /* error= */ NULL);

  return text ? load(command, CONTROL_DEFINITION_FILE, text, /* error= */ NULL) : NULL;
}

XmlDocument *guest_command_load_xml(GuestCommand *command, GError **error)
{
  g_autofree char *text = guest_command_read_xml(command, error);

  return text ? load(command, CONTROL_LIVE_FILE, text, error) : NULL;
}

int guest_command_run(const char *name, const char *summary, int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autoptr(Json) result = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, NULL, "GUEST", summary, 1, argc, argv, &error))
    result = guest_command_call(&command, name, NULL, &error);
  return result ? EXIT_CODE_OK : report_usage_error(error);
}
