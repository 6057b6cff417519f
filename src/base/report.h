/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The findings of one run of a command, and the only place that prints them. Rooms and passes set a GError or
 * add a warning; the top of the command prints the report.
 */
#pragma once

#include <stdio.h>

#include "base/error.h"

typedef struct Report Report;

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Takes @error, which must be set. */
void report_error(Report *report, GError *error);

/* Adds a warning; @place, @attribute and @hint may be NULL. */
void report_warning(Report *report, const Place *place, const char *attribute, const char *hint,
                    const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Adds what would be an error elsewhere as a warning. Takes @error. */
void report_error_as_warning(Report *report, GError *error);

/* Moves all findings of @from to @to, as warnings: the dry run says what it saw and goes on. */
void report_move_as_warnings(Report *from, Report *to);

/* Prints one error of the command line, frees it, and returns the exit code. */
int report_usage_error(GError *error);

gboolean report_has_errors(const Report *report);

/* The exit code of the first error, or 0 where there is none. */
int report_exit_code(const Report *report);

/* Prints the findings in the order of the document's lines, warnings marked as such, and forgets them. Every
 * text is made safe for a terminal. */
void report_print(Report *report, FILE *stream);

/* The findings as one JSON array, one object each: severity, file, line, element, attribute, message, hint.
 */
void report_print_json(const Report *report, FILE *stream);
