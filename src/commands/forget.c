/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun forget: removes what is kept of a guest that has ended.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

static gboolean forget(const Guest *guest, GError **error)
{
  if (guest->is_supervised || guest->is_unsupervised) {
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has not ended", guest->state.name);
    return error_add_hint(error, "'domrun destroy %s' ends it", guest->state.name);
  }
  runtime_dir_remove_stale(guest->directory);
  return TRUE;
}

int forget_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  GError *error = NULL;

  if (guest_command_begin(&command, NULL, "GUEST", "Removes what is kept of a guest that has ended.", 1, argc,
                          argv, &error) &&
      forget(command.guest, &error))
    return EXIT_CODE_OK;
  return report_usage_error(error);
}
