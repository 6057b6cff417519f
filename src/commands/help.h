/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What --help of a command prints: GOption's help, laid out for a terminal of 80 columns, with an example; of
 * a command with many options those that are used most, so that it fits a screen, and --help-all has the
 * rest.
 */
#pragma once

#include <glib.h>

/* The help of the command that g_get_prgname() names ("domrun run"); @is_all: with all options. The caller
 * frees it. */
char *help_make(GOptionContext *context, gboolean is_all);

/* GOption has typographic characters, for which no locale is loaded here: @text without. The caller frees it.
 */
char *help_make_plain(const char *text);
