/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit-code.h"
#include "base/nearest.h"
#include "commands/help.h"

/* The longest time that an option takes, in seconds. */
enum { MAX_SECONDS = 1000 * 1000 };

static gboolean has_word(int argc, char **argv, const char *word)
{
  for (int i = 1; i < argc && !g_str_equal(argv[i], "--"); i++) {
    if (g_str_equal(argv[i], word))
      return TRUE;
  }
  return FALSE;
}

static gboolean wants_help(int argc, char **argv)
{
  return has_word(argc, argv, "--help") || has_word(argc, argv, "-h") || has_word(argc, argv, "--help-all");
}

static void print_help_and_exit(GOptionContext *context, gboolean is_all)
{
  g_autofree char *help = help_make(context, is_all);

  fputs(help, stdout);
  _exit(fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_INTERNAL); /* the command does not clear what it has */
}

/* ---- Errors ---- */

/* The long option that is nearest to @word, of those that the help lists; or NULL. The caller frees it. */
static char *find_nearest(GOptionContext *context, const char *word)
{
  g_autofree char *help = help_make(context, /* is_all= */ TRUE);
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
    print_help_and_exit(context, has_word(*argc, *argv, "--help-all"));
  if (g_option_context_parse(context, argc, argv, &cause))
    return TRUE;
  if (g_error_matches(cause, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
    return unknown_option(context, cause->message, error);
  message = help_make_plain(cause->message);
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
