/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Strings from elsewhere, made safe for where they go: a shell's command line, a terminal.
 */
#pragma once

#include <glib.h>

/* Whether @c could move the cursor, or reorder or hide the text around it: control characters, also those
 * from U+0080 on, which some terminals obey, and Unicode's format characters. */
gboolean quote_is_deceptive(gunichar c);

/* @string as one word for a shell; unquoted where nothing in it needs quoting, and without anything that
 * would be deceptive: that and bytes that are not UTF-8 stand in $'...', which POSIX has since 2024, and
 * bash, zsh, ksh and busybox have always had. The caller frees it. */
char *quote_for_shell(const char *string);

/* The same, behind @text. */
void quote_append_for_shell(GString *text, const char *string);

/* @string with what is deceptive, and bytes that are not UTF-8, written as \xNN or \u{NNNN}. Newlines stay
 * where @keep_newlines says so. The caller frees it. */
char *quote_for_terminal(const char *string, gboolean keep_newlines);
