/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun destroy: the end of a guest, at once. It returns when the guest's name is free again.
 */
#include "config.h"

#include "base/patience.h"
#include "commands/command.h"
#include "commands/guest.h"

/* For QEMU to write back what it has cached, where it is asked to end and not killed. */
enum { END_PATIENCE = 10 * 1000 };

static gboolean end_unsupervised(const Guest *guest, gboolean is_graceful, GError **error)
{
  if (!is_graceful)
    return guest_end_unsupervised(guest, error);
  return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
                   "the supervisor of the guest '%s' was killed, and without it QEMU can only be killed, too",
                   guest->state.name);
}

static gboolean destroy(GuestCommand *command, gboolean is_graceful, GError **error)
{
  const Guest *guest = command->guest;
  Json *arguments;
  g_autoptr(Json) result = NULL;

  if (!guest->is_supervised && guest_is_trace(guest))
    return guest_trace_error(guest, error);
  if (guest->is_unsupervised && !guest_is_there(guest))
    return end_unsupervised(guest, is_graceful, error);
  if (!guest->is_supervised && !guest->is_unsupervised) {
    runtime_dir_remove_stale(guest->directory);
    return TRUE;
  }
  arguments = json_new_object();
  json_set_bool(arguments, "graceful", is_graceful);
  if (is_graceful) /* it takes a QEMU that listens */
    result = guest_command_call_slow(command, "destroy", arguments,
                                     (int)patience_of(CONTROL_SUPERVISOR_PATIENCE), error);
  else
    result = guest_command_call(command, "destroy", arguments, error);
  return result && control_client_await_end(command->client, (int)patience_of(END_PATIENCE), error) &&
         guest_check_over(guest, error);
}

int destroy_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean is_graceful = FALSE;
  const GOptionEntry entries[] = {
    { "graceful", 0, 0, G_OPTION_ARG_NONE, &is_graceful, "tell QEMU to end, and never kill it", NULL },
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Ends a guest at once, as if its power were cut, or removes what is kept of one.",
                          1, argc, argv, &error) &&
      destroy(&command, is_graceful, &error))
    return EXIT_CODE_OK;
  return report_usage_error(error);
}
