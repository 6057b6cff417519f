/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "base/quote.h"
#include "commands/guest.h"

struct Table {
  guint n_columns;
  glong *widths;
  GPtrArray *rows; /* of char **; the first is the header */
};

void print_text(const char *text)
{
  g_autofree char *safe =
      isatty(STDOUT_FILENO) ? quote_for_terminal(text, /* keep_newlines= */ TRUE) : g_strdup(text);

  fputs(safe, stdout);
  if (!g_str_has_suffix(safe, "\n"))
    fputc('\n', stdout);
}

void print_line(const char *text)
{
  g_autofree char *safe =
      isatty(STDOUT_FILENO) ? quote_for_terminal(text, /* keep_newlines= */ FALSE) : g_strdup(text);

  puts(safe);
}

char *make_cell(const char *text)
{
  return quote_for_terminal(text ? text : "-", /* keep_newlines= */ FALSE);
}

/* ---- JSON ---- */

void print_json(const Json *json)
{
  g_autofree char *text = json_print_pretty(json);

  print_text(text);
}

void print_guest_state(const GuestState *state)
{
  g_autoptr(Json) object = guest_state_to_json(state);

  print_json(object);
}

/* ---- Tables ---- */

/* In columns of a terminal. */
static glong width_of(const char *text)
{
  glong width = 0;

  for (; *text; text = g_utf8_next_char(text)) {
    gunichar character = g_utf8_get_char(text);

    if (!g_unichar_iszerowidth(character))
      width += g_unichar_iswide(character) ? 2 : 1;
  }
  return width;
}

Table *table_new(const char *const *header, guint n_columns)
{
  Table *table = g_new0(Table, 1);

  table->n_columns = n_columns;
  table->widths = g_new0(glong, n_columns);
  table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
  table_add(table, header);
  return table;
}

void table_free(Table *table)
{
  if (!table)
    return;
  g_ptr_array_unref(table->rows);
  g_free(table->widths);
  g_free(table);
}

void table_add(Table *table, const char *const *cells)
{
  char **row = g_new0(char *, table->n_columns + 1);

  for (guint i = 0; i < table->n_columns; i++) {
    row[i] = make_cell(cells[i]);
    table->widths[i] = MAX(table->widths[i], width_of(row[i]));
  }
  g_ptr_array_add(table->rows, row);
}

static void print_row(const Table *table, char *const *row)
{
  for (guint i = 0; i < table->n_columns; i++) {
    gboolean is_last = i + 1 == table->n_columns;
    glong padding = is_last ? 0 : table->widths[i] - width_of(row[i]);

    printf(" %s%*s%s", row[i], (int)padding, "", is_last ? "\n" : "  ");
  }
}

void table_print(const Table *table)
{
  glong width = 0;

  for (guint i = 0; i < table->n_columns; i++)
    width += table->widths[i] + 3;
  for (guint i = 0; i < table->rows->len; i++) {
    print_row(table, g_ptr_array_index(table->rows, i));
    if (i == 0) {
      g_autofree char *rule = g_strnfill((gsize)width, '-');

      puts(rule);
    }
  }
}
