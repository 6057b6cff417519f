/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The options of a command: GOption's, with errors of this program, which tell the next step, and help that
 * fits a terminal.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

/* g_option_context_parse(); --help, -h and --help-all print the help, and end the program. */
gboolean options_parse(GOptionContext *context, int *argc, char ***argv, GError **error);

/* Whether *@seconds, from the option --@option, is a time: from 0 on, which is "no limit" in every option
 * that is one. It is bounded so that it can be added to a clock. */
gboolean options_check_seconds(const char *option, int *seconds, GError **error);
