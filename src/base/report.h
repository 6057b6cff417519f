/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The findings of one run of a command, and the only place that prints them. Rooms and passes set a GError or
 * add a warning; the top of the command prints the report:
 *
 *     guest.xml:7, 12, 19: warning: <disk>/<driver>: unknown attribute 'cahce'
 *       did you mean 'cache'?
 *     guest.xml:4: error: <os>/<type>: attribute 'arch': unknown value 'x86_46' (known: i686, x86_64)
 *       did you mean 'x86_64'?
 *     domrun: 1 error, 1 warning: not started
 *
 * Warnings come first and errors last, each in the order of the document's lines. What would be said in the
 * same words of several places is one finding with all its lines. Of either kind 200 are kept, and the rest
 * is counted, so that no document makes a report grow without bound.
 */
#pragma once

#include <stdio.h>

#include "base/error.h"

typedef struct Report Report;

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* From now on warnings are forgotten (--quiet). */
void report_leave_out_warnings(Report *report);

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

/* Prints the findings and forgets them. Every text is made safe for a terminal; on a terminal what leads each
 * line has a colour, unless NO_COLOR (https://no-color.org/) or TERM=dumb is set. */
void report_print(Report *report, FILE *stream);

/* As report_print(), and then, on the last line, what the findings come to: their numbers and @refused where
 * there are errors ("not started"), or @passed where there are warnings alone. Either may be NULL: then there
 * is no such line, as there is none for a single error, which has said it all. */
void report_conclude(Report *report, FILE *stream, const char *refused, const char *passed);

/* The findings as one JSON array in the same order, one object each: severity, file, line (the first), lines
 * (all, where there are several), element, attribute, message, hint. */
void report_print_json(Report *report, FILE *stream);
