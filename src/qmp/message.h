/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages in QMP's framing: one JSON object per line. The bytes come from a process that may be broken or
 * taken over by its guest: whatever they are, the result is an object or an error.
 * https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
#pragma once

#include <glib.h>
#include "base/json.h"

#define QMP_ERROR (qmp_error_quark())
GQuark qmp_error_quark(void);

typedef enum {
  QMP_ERROR_PROTOCOL, /* what came is not QMP */
  QMP_ERROR_CLOSED,   /* the connection ended before the answer */
  QMP_ERROR_COMMAND,  /* the other side refused a command, and said why */
} QmpError;

/* The longest line that is taken, in bytes; QEMU's longest answer (its schema) has 0.2 MB. */
enum { MESSAGE_MAX_LENGTH = 4 * 1024 * 1024 };

/* The deepest nesting that is taken: QEMU's own limit for what it reads (qobject/json-parser.c). */
enum { MESSAGE_MAX_DEPTH = 1024 };

/* What is told on stands in a message of its own, and is read there by somebody with the same limit: the
 * deepest that is taken from QEMU leaves room for that (an event of QEMU's in an event in an array in an
 * answer). */
enum { MESSAGE_INNER_DEPTH = MESSAGE_MAX_DEPTH - 8 };

/* One line, without its newline, as an object. The caller unrefs it. */
Json *message_parse(const char *line, gsize length, GError **error);

/* The same for one that is told on: no deeper than MESSAGE_INNER_DEPTH. */
Json *message_parse_inner(const char *line, gsize length, GError **error);

/* @message as one line with its newline. The caller frees it. */
char *message_to_line(const Json *message);
