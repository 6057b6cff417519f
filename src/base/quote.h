/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Strings from elsewhere, made safe for where they go: a shell's command line, a terminal.
 */
#pragma once

#include <glib.h>

/* @string as one word for a POSIX shell; unquoted where nothing in it needs quoting. The caller frees it. */
char *quote_for_shell(const char *string);

/* @string with control characters, invalid UTF-8 and bidirectional overrides written as \xNN or \u{NNNN}, so
 * that it cannot move the cursor or hide text. Newlines stay where @keep_newlines says so. The caller frees
 * it. */
char *quote_for_terminal(const char *string, gboolean keep_newlines);
