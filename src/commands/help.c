/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/help.h"

#include <string.h>

#include "commands/examples.h"

enum { HELP_WIDTH = 79, COLUMN_MAX = 32 };

/* What stands before the line, and behind it what an option is for. */
typedef struct {
  char *left; /* "  -q, --quiet" */
  char *text;
} Row;

static void row_free(Row *row)
{
  g_free(row->left);
  g_free(row->text);
  g_free(row);
}

char *help_make_plain(const char *text)
{
  GString *plain = g_string_new(text);

  g_string_replace(plain, "\u2026", "...", 0);
  g_string_replace(plain, "\u201c", "'", 0);
  g_string_replace(plain, "\u201d", "'", 0);
  return g_string_free(plain, /* free_segment= */ FALSE);
}

/* ---- What GOption has ---- */

static gboolean is_option(const char *line)
{
  return g_str_has_prefix(line, "  -");
}

static Row *row_new(const char *line)
{
  const char *gap = strstr(line + strspn(line, " "), "  ");
  Row *row = g_new(Row, 1);

  row->left = gap ? g_strndup(line, (gsize)(gap - line)) : g_strdup(line);
  row->text = g_strdup(gap ? gap + strspn(gap, " ") : "");
  return row;
}

/* Whether the row is of one of @names, "console memory". */
static gboolean is_among(const Row *row, const char *names)
{
  g_auto(GStrv) known = g_strsplit(names, " ", -1);
  const char *name = strstr(row->left, "--");
  g_autofree char *bare = name ? g_strndup(name + 2, strcspn(name + 2, "= ")) : NULL;

  return bare && g_strv_contains((const char *const *)known, bare);
}

static gboolean is_help(const Row *row)
{
  return strstr(row->left, "--help") != NULL;
}

/* The rows of options, of Row; what comes before goes to *@ret_intro. */
static GPtrArray *split(const char *text, char **ret_intro)
{
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)row_free);
  GString *intro = g_string_new(NULL);
  gboolean is_over = FALSE;

  for (guint i = 0; lines[i]; i++) {
    is_over = is_over || g_str_has_suffix(lines[i], "Options:");
    if (is_option(lines[i]))
      g_ptr_array_add(rows, row_new(lines[i]));
    else if (!is_over && (*lines[i] || intro->len > 0))
      g_string_append_printf(intro, "%s\n", lines[i]);
  }
  *ret_intro = g_strchomp(g_string_free(intro, /* free_segment= */ FALSE));
  return rows;
}

/* ---- How it is laid out ---- */

/* Appends @text to a line that is @width long; further ones begin at @column. */
static void append_wrapped(GString *help, const char *text, gsize column, gsize width)
{
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  gboolean is_first = TRUE;

  for (guint i = 0; words[i]; i++) {
    gsize length = strlen(words[i]);

    if (!is_first && width + 1 + length > HELP_WIDTH) {
      g_string_append_printf(help, "\n%*s", (int)column, "");
      width = column;
    } else if (!is_first) {
      g_string_append_c(help, ' ');
      width++;
    }
    g_string_append(help, words[i]);
    width += length;
    is_first = FALSE;
  }
  g_string_append_c(help, '\n');
}

/* The usage and what the command does. */
static void append_intro(GString *help, const char *intro)
{
  g_auto(GStrv) lines = g_strsplit(intro, "\n", -1);

  for (guint i = 0; lines[i]; i++) {
    gsize indent = strspn(lines[i], " ");

    g_string_append_printf(help, "%*s", (int)indent, "");
    append_wrapped(help, lines[i] + indent, indent, indent);
  }
}

static void append_examples(GString *help, const Example *example)
{
  if (!example)
    return;
  g_string_append(help, "\nExample:\n");
  for (gsize i = 0; i < G_N_ELEMENTS(example->lines) && example->lines[i]; i++)
    g_string_append_printf(help, "  %s\n", example->lines[i]);
}

static gsize find_column(const GPtrArray *rows)
{
  gsize column = 0;

  for (guint i = 0; i < rows->len; i++) {
    const Row *row = g_ptr_array_index(rows, i);

    if (strlen(row->left) + 2 <= COLUMN_MAX)
      column = MAX(column, strlen(row->left) + 2);
  }
  return column > 0 ? column : COLUMN_MAX;
}

static void append_rows(GString *help, const GPtrArray *rows)
{
  gsize column = find_column(rows);

  g_string_append(help, "\nOptions:\n");
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = g_ptr_array_index(rows, i);

    g_string_append(help, row->left);
    if (strlen(row->left) + 2 > column)
      g_string_append_printf(help, "\n%*s", (int)column, "");
    else
      g_string_append_printf(help, "%*s", (int)(column - strlen(row->left)), "");
    append_wrapped(help, row->text, column, column);
  }
}

/* Leaves the first words of what an option is for. */
static void shorten(Row *row)
{
  row->text[strcspn(row->text, ",;:(")] = '\0';
  g_strchomp(row->text);
}

/* Takes out what is not used most. */
static void leave_out(GPtrArray *rows, const char *common)
{
  g_autofree char *text = NULL;
  guint n = 0;

  for (guint i = 0; i < rows->len;) {
    Row *row = g_ptr_array_index(rows, i);

    if (is_among(row, common)) {
      shorten(row);
      i++;
    } else {
      g_ptr_array_remove_index(rows, i);
      n++;
    }
  }
  text = g_strdup_printf("  --help-all  list the %u other options, too", n);
  g_ptr_array_add(rows, row_new(text));
}

char *help_make(GOptionContext *context, gboolean is_all)
{
  g_autofree char *text = g_option_context_get_help(context, /* main_help= */ TRUE, NULL);
  g_autofree char *plain = help_make_plain(text);
  g_autofree char *intro = NULL;
  g_autoptr(GPtrArray) rows = split(plain, &intro);
  const Example *example = examples_find(g_get_prgname());
  GString *help = g_string_new(NULL);

  for (guint i = rows->len; i-- > 0;) {
    if (is_help(g_ptr_array_index(rows, i)))
      g_ptr_array_remove_index(rows, i);
  }
  append_intro(help, intro);
  append_examples(help, example);
  if (example && example->common && !is_all)
    leave_out(rows, example->common);
  if (rows->len > 0)
    append_rows(help, rows);
  return g_string_free(help, /* free_segment= */ FALSE);
}
