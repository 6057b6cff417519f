/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors that a user can act on.
 *
 * A GError of domain DOMRUN_ERROR carries, beside its message, where in the document the cause stands and
 * what to do next. Its message alone does not name the place: error_format() puts the whole text together,
 *
 *     guest.xml:42: error: <disk>/<target>: attribute 'bus': unknown value 'scis' (known: fdc, ide, sata)
 *       did you mean 'scsi'?
 *
 * and report.h alone prints it. Functions that set an error return FALSE, so that one statement does both.
 */
#pragma once

#include <glib.h>

/* What kind of thing is wrong; it decides the exit code (error_exit_code()). */
typedef enum {
  DOMRUN_ERROR_INTERNAL,
  DOMRUN_ERROR_USAGE,
  DOMRUN_ERROR_DOCUMENT,
  DOMRUN_ERROR_HOST,
  DOMRUN_ERROR_TAKEN, /* as DOMRUN_ERROR_HOST: a guest of that name runs */
  DOMRUN_ERROR_QEMU_START,
  DOMRUN_ERROR_QEMU_DIED,
  DOMRUN_ERROR_STOPPED, /* by the user, before there was a guest */
  DOMRUN_ERROR_NO_GUEST,
  DOMRUN_ERROR_NO_ANSWER,
  DOMRUN_ERROR_REFUSED,
} DomrunError;

#define DOMRUN_ERROR (domrun_error_quark())
GQuark domrun_error_quark(void);

/* Where something stands in a document. Borrowed strings: they live as long as the document.
 * @file is NULL and @line 0 where there is no document; @element is "<disk>/<target>" or NULL. */
typedef struct {
  const char *file;
  const char *element;
  int line;
} Place;

/* Sets @error and returns FALSE. @place and @attribute may be NULL. */
gboolean error_set(GError **error, DomrunError code, const Place *place, const char *attribute,
                   const char *format, ...) G_GNUC_PRINTF(5, 6);

/* As error_set(), for the most common case: the document says something that it may not. */
gboolean error_set_document(GError **error, const Place *place, const char *attribute, const char *format,
                            ...) G_GNUC_PRINTF(4, 5);

/* Gives an error that was set a next step, printed on a line of its own. Returns FALSE. */
gboolean error_add_hint(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What error_set() and error_add_hint() were given; NULL (or a Place of NULLs) for errors of other domains.
 */
const Place *error_get_place(const GError *error);
const char *error_get_attribute(const GError *error);
const char *error_get_hint(const GError *error);

/* The message with the attribute before it, without place and hint. The caller frees it. */
char *error_describe(const GError *error);

/* All but where it stands and how bad it is: the element, the message, and the hint on a line of its own. The
 * caller frees it. */
char *error_format_message(const GError *error);

/* The whole text, one or more lines, without a newline at its end; "domrun: " stands where a place would
 * where the error has none. @severity ("error: ", "warning: ", or "") stands between the place and the rest.
 * The caller frees it. */
char *error_format(const GError *error, const char *severity);

/* The exit code that a command ends with when this error ended it (base/exit-code.h). */
int error_exit_code(const GError *error);
