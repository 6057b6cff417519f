/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Enums and their spelling. A table is indexed by the enum's value; value 0 may have no spelling (NULL),
 * which is how "not given" is kept apart. XML's spelling of an enum and QEMU's are two tables.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;           /* of the enum, for the test that walks the tables */
  const char *const *strings; /* indexed by value; NULL where a value has no spelling */
  guint count;
} EnumTable;

/* Defines a table; fails to compile where the last value of the enum has no entry (write NULL where it has
 * none). */
#define ENUM_TABLE(table, last, ...)                                                                         \
  static const char *const table##_strings[] = { __VA_ARGS__ };                                              \
  G_STATIC_ASSERT(G_N_ELEMENTS(table##_strings) == (last));                                                  \
  const EnumTable table = { #table, table##_strings, (last) }

/* The value's spelling, or NULL. */
const char *enum_to_string(const EnumTable *table, int value);

/* Finds the value that is spelled @string. FALSE, with @ret_value untouched, where there is none. */
gboolean enum_from_string(const EnumTable *table, const char *string, int *ret_value);

/* "fdc, ide, sata": all spellings, for a message. The caller frees it. */
char *enum_known(const EnumTable *table);

/* The spelling most like @string, or NULL where none is near. */
const char *enum_nearest(const EnumTable *table, const char *string);
