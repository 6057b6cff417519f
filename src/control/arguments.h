/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a command of the control socket may be given: a table of its arguments, and the one place where what
 * came is compared with it. A command that is executed has got nothing but what its table allows.
 */
#pragma once

#include "base/error.h"
#include "base/json.h"

typedef enum {
  ARGUMENT_BOOLEAN,
  ARGUMENT_INTEGER, /* from @min to @max */
  ARGUMENT_STRING,  /* one of @words, or any where that is NULL */
  ARGUMENT_PATH,    /* an absolute one */
  ARGUMENT_OBJECT,  /* whose members are somebody else's */
  ARGUMENT_KEYS,    /* an array, not empty, of names and of integers from @min to @max */
  ARGUMENT_ANY,
} ArgumentKind;

/* A table ends with a name that is NULL. */
typedef struct {
  const char *name;
  ArgumentKind kind;
  gboolean is_needed;
  gint64 min, max;
  const char *const *words; /* ends with NULL */
} Argument;

/* Whether @given, an object, has nothing but what @table (NULL: nothing) allows, and all that it needs. FALSE
 * with a DOMRUN_ERROR_USAGE error that names the argument, what was found, and what is allowed. */
gboolean arguments_check(const Argument *table, const Json *given, GError **error);
