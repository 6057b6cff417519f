/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun adopt: looks after a guest again whose supervisor was killed.
 */
#include "config.h"

#include "commands/adoption.h"
#include "commands/guest.h"

static gboolean check(const Guest *guest, GError **error)
{
  if (guest->is_unsupervised)
    return TRUE;
  if (!guest->is_supervised && guest_is_trace(guest))
    return guest_trace_error(guest, error);
  if (!guest->is_supervised)
    return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
                     "the guest '%s' has ended, and only its remains are kept", guest->state.name);
  return error_set(error, DOMRUN_ERROR_TAKEN, NULL, NULL,
                   "the guest '%s' has a supervisor, process %" G_GINT64_FORMAT, guest->state.name,
                   guest->state.supervisor_pid);
}

static gboolean check_options(const RunOptions *here, GError **error)
{
  if (!here->is_detached || !here->attaches_console)
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--detach and --console exclude each other");
  return error_add_hint(error, "'domrun console GUEST' connects to a guest in the background");
}

/* In the background it does not stand in the user's directory. */
static char *make_root(const char *root)
{
  return root ? g_canonicalize_filename(root, /* relative_to= */ NULL) : NULL;
}

int adopt_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_auto(RunOptions) here = { 0 };
  const GOptionEntry entries[] = {
    { "console", 0, 0, G_OPTION_ARG_NONE, &here.attaches_console,
      "connect standard input and output to the first console; Ctrl+] leaves it", NULL },
    { "detach", 0, 0, G_OPTION_ARG_NONE, &here.is_detached,
      "return as soon as the guest is looked after, by a supervisor in the background", NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &here.is_verbose, "tell each change of the guest's state", NULL },
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;

  if (!guest_command_begin(&command, entries, "GUEST",
                           "Looks after a guest again whose supervisor was killed, until it ends.", 1, argc,
                           argv, &error) ||
      !check_options(&here, &error) || !check(command.guest, &error))
    return report_usage_error(error);
  here.root = make_root(command.root);
  return adoption_run(command.guest, &here);
}
