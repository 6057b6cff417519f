/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Readers of what domrun writes, written apart from it: a shell's, a terminal's, QEMU's. Whatever goes in,
 * what comes out of them is that, and nothing else.
 */
#pragma once

#include <glib.h>

/* One command line as a POSIX shell splits it, with $'...'; the NULL-terminated words are the caller's. It
 * fails where a shell would do anything else with it than run one program with these words. */
char **reader_shell_words(const char *text);

/* Fails where @text is not UTF-8, or has what moves a terminal's cursor or turns the text's direction.
 * Newlines are allowed, as @may_have_newlines says. */
void reader_check_terminal(const char *text, gsize length, gboolean may_have_newlines);

/* The values of "a=b,c=d", an array of char *; a comma in a value is written twice (QEMU's manual, "Standard
 * options"). */
GPtrArray *reader_option_values(const char *text);
