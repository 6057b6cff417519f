/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit-code.h"
#include "base/nearest.h"

/* The longest time that an option takes, in seconds. */
enum { MAX_SECONDS = 1000 * 1000 };

enum { HELP_WIDTH = 79 };

/* GOption has typographic characters, for which no locale is loaded here. */
static char *make_plain(const char *text)
{
  GString *plain = g_string_new(text);

  g_string_replace(plain, "\u2026", "...", 0);
  g_string_replace(plain, "\u201c", "'", 0);
  g_string_replace(plain, "\u201d", "'", 0);
  return g_string_free(plain, /* free_segment= */ FALSE);
}

/* ---- Help ---- */

/* Where the words of a line begin that says what an option is for; else its indentation. */
static gsize find_column(const char *line)
{
  gsize indent = strspn(line, " ");
  const char *gap = line[indent] == '-' ? strstr(line + indent, "  ") : NULL;

  return gap ? (gsize)(gap - line) + strspn(gap, " ") : indent;
}

static void append_wrapped(GString *help, const char *line)
{
  gsize column = find_column(line), width = column;
  g_auto(GStrv) words = g_strsplit(line + column, " ", -1);

  g_string_append_len(help, line, (gssize)column);
  for (guint i = 0; words[i]; i++) {
    gsize length = strlen(words[i]);

    if (i > 0 && width + 1 + length > HELP_WIDTH) {
      g_string_append_printf(help, "\n%*s", (int)column, "");
      width = column;
    } else if (i > 0) {
      g_string_append_c(help, ' ');
      width++;
    }
    g_string_append(help, words[i]);
    width += length;
  }
}

char *options_make_help(GOptionContext *context)
{
  g_autofree char *text = g_option_context_get_help(context, /* main_help= */ TRUE, NULL);
  g_autofree char *plain = make_plain(text);
  g_auto(GStrv) lines = g_strsplit(plain, "\n", -1);
  GString *help = g_string_new(NULL);

  for (guint i = 0; lines[i]; i++) {
    if (i > 0)
      g_string_append_c(help, '\n');
    append_wrapped(help, lines[i]);
  }
  return g_string_free(help, /* free_segment= */ FALSE);
}

static gboolean wants_help(int argc, char **argv)
{
  for (int i = 1; i < argc && !g_str_equal(argv[i], "--"); i++) {
    if (g_str_equal(argv[i], "--help") || g_str_equal(argv[i], "-h"))
      return TRUE;
  }
  return FALSE;
}

static void print_help_and_exit(GOptionContext *context)
{
  g_autofree char *help = options_make_help(context);

  fputs(help, stdout);
  _exit(fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_INTERNAL); /* the command does not clear what it has */
}

/* ---- Errors ---- */

/* The long option that is nearest to @word, of those that the help lists; or NULL. The caller frees it. */
static char *find_nearest(GOptionContext *context, const char *word)
{
  g_autofree char *help = options_make_help(context);
  g_auto(GStrv) words = g_strsplit_set(help, " \n=,", -1);
  Nearest nearest = NEAREST_INIT(word);

  for (guint i = 0; words[i]; i++) {
    if (g_str_has_prefix(words[i], "--"))
      nearest_try(&nearest, words[i]);
  }
  return g_strdup(nearest.name);
}

static gboolean unknown_option(GOptionContext *context, const char *message, GError **error)
{
  const char *dash = strchr(message, '-');
  g_autofree char *word = g_strndup(dash ? dash : message, strcspn(dash ? dash : message, "= "));
  g_autofree char *nearest = find_nearest(context, word);

  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "unknown option '%s'", word);
  if (nearest)
    return error_add_hint(error, "did you mean '%s'? '%s --help' lists the options", nearest,
                          g_get_prgname());
  return error_add_hint(error, "'%s --help' lists the options", g_get_prgname());
}

gboolean options_parse(GOptionContext *context, int *argc, char ***argv, GError **error)
{
  g_autoptr(GError) cause = NULL;
  g_autofree char *message = NULL;

  if (wants_help(*argc, *argv))
    print_help_and_exit(context);
  if (g_option_context_parse(context, argc, argv, &cause))
    return TRUE;
  if (g_error_matches(cause, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
    return unknown_option(context, cause->message, error);
  message = make_plain(cause->message);
  message[0] = g_ascii_tolower(message[0]);
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s", message);
  return error_add_hint(error, "'%s --help' lists the options", g_get_prgname());
}

gboolean options_check_seconds(const char *option, int *seconds, GError **error)
{
  if (*seconds < 0)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--%s: '%d' is not a number of seconds", option,
                     *seconds);
  *seconds = MIN(*seconds, MAX_SECONDS);
  return TRUE;
}
