/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun send-key: keys pressed together. They have QEMU's names or Linux's, or names and numbers of another
 * codeset of virsh's. A name that is in no table is left to QEMU, which may be newer than the table.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"
#include "commands/keys.h"

typedef struct {
  char *codeset_text;
  Codeset codeset; /* of numbers, and with has_codeset of names */
  gboolean has_codeset;
  int holdtime; /* milliseconds; -1: QEMU's own */
  gboolean is_list;
} SendKeyOptions;

/* ---- The list ---- */

static char *print_number(const Key *key, Codeset codeset)
{
  return key->numbers[codeset] < 0 ? NULL : g_strdup_printf("%d", key->numbers[codeset]);
}

/* QEMU's and Linux's names, and the numbers and names of the codeset. */
static void print_list(const SendKeyOptions *options)
{
  const char *text = options->has_codeset ? options->codeset_text : "linux";
  gboolean has_names = options->codeset == CODESET_OS_X || options->codeset == CODESET_WIN32;
  g_autofree char *number_title = g_strconcat("Number (", text, ")", NULL);
  g_autofree char *name_title = g_strconcat("Name (", text, ")", NULL);
  const char *header[] = { "Name", "Linux", number_title, name_title };
  g_autoptr(Table) table = table_new(header, has_names ? 4 : 3);
  guint count;
  const Key *keys = keys_all(&count);

  for (guint i = 0; i < count; i++) {
    g_autofree char *number = print_number(&keys[i], options->codeset);
    const char *cells[] = { key_qemu_name(&keys[i]), key_name(&keys[i], CODESET_LINUX), number,
                            key_name(&keys[i], options->codeset) };

    if (number || !options->has_codeset)
      table_add(table, cells);
  }
  table_print(table);
}

/* ---- The keys ---- */

/* "ctrl-alt-delete": several keys, as other programs take them. The words, or NULL. */
static char *split_keys(const char *word)
{
  g_auto(GStrv) parts = g_strsplit_set(word, "+-", -1);

  if (g_strv_length(parts) < 2)
    return NULL;
  for (guint i = 0; parts[i]; i++) {
    const char *usual = key_find_name(parts[i]) ? NULL : key_suggest(CODESET_LAST, parts[i]);

    if (!key_find_name(parts[i]) && !usual)
      return NULL;
    if (usual) {
      g_free(parts[i]);
      parts[i] = g_strdup(usual);
    }
  }
  return g_strjoinv(" ", parts);
}

static gboolean unknown_key(const SendKeyOptions *options, const char *word, int code, GError **error)
{
  g_autofree char *several = options->has_codeset ? NULL : split_keys(word);
  const char *nearest = key_suggest(options->has_codeset ? options->codeset : CODESET_LAST, word);

  if (options->has_codeset)
    error_set(error, code, NULL, NULL, "the codeset '%s' has no key '%s'", options->codeset_text, word);
  else
    error_set(error, code, NULL, NULL, "there is no key '%s'", word);
  if (several)
    return error_add_hint(error, "keys that are pressed together are words of their own: %s", several);
  if (nearest)
    return error_add_hint(error, "did you mean '%s'? 'domrun send-key --list' lists all keys", nearest);
  return error_add_hint(error, "'domrun send-key --list%s%s' lists those that there are",
                        options->has_codeset ? " --codeset=" : "",
                        options->has_codeset ? options->codeset_text : "");
}

/* Digits alone are a number, but for a single one, which is the key of that digit. */
static gboolean is_number(const char *word)
{
  return g_ascii_isdigit(word[0]) && word[1] != '\0';
}

/* What QEMU is to be given for @word. */
static gboolean add_key(const SendKeyOptions *options, const char *word, Json *array, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid(word, -1);
  gboolean is_code = options->has_codeset || is_number(word);
  const Key *key = is_code ? key_find(options->codeset, word) : key_find_name(word);

  if (is_code && !key)
    return unknown_key(options, valid, DOMRUN_ERROR_USAGE, error);
  if (is_code || (key && !key_qemu_name(key)))
    json_append_int(array, key->numbers[CODESET_QNUM]);
  else
    json_append_string(array, key ? key_qemu_name(key) : valid);
  return TRUE;
}

static Json *make_arguments(const SendKeyOptions *options, char *const *words, GError **error)
{
  g_autoptr(Json) arguments = json_new_object();
  Json *array = json_new_array();

  json_set(arguments, "keys", array);
  for (; *words; words++) {
    if (!add_key(options, *words, array, error))
      return NULL;
  }
  if (options->holdtime >= 0)
    json_set_int(arguments, "holdtime", options->holdtime);
  return g_steal_pointer(&arguments);
}

/* QEMU has refused: because of the first name that nobody knows, if there is one. */
static gboolean explain(const SendKeyOptions *options, char *const *words, GError **error)
{
  if (!g_error_matches(*error, DOMRUN_ERROR, DOMRUN_ERROR_REFUSED) || options->has_codeset)
    return FALSE;
  for (; *words; words++) {
    g_autofree char *valid = g_utf8_make_valid(*words, -1);

    if (is_number(*words) || key_find_name(*words))
      continue;
    g_clear_error(error);
    return unknown_key(options, valid, DOMRUN_ERROR_REFUSED, error);
  }
  return FALSE;
}

/* ---- The command ---- */

static gboolean parse_codeset(SendKeyOptions *options, GError **error)
{
  g_autofree char *known = codeset_known();

  options->has_codeset = options->codeset_text != NULL;
  return !options->has_codeset || codeset_parse(options->codeset_text, &options->codeset) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--codeset: unknown value '%s' (known: %s)",
                   options->codeset_text, known);
}

static gboolean press(GuestCommand *command, const SendKeyOptions *options, GError **error)
{
  char *const *words = command->arguments + 1;
  Json *arguments = make_arguments(options, words, error);
  g_autoptr(Json) result = NULL;

  if (arguments)
    command->guest = guests_find(command->root, command->arguments[0], error);
  if (command->guest)
    result = guest_command_call(command, "send-key", g_steal_pointer(&arguments), error);
  g_clear_pointer(&arguments, json_unref);
  return result || explain(options, words, error);
}

static gboolean send_key(GuestCommand *command, SendKeyOptions *options, int argc, char **argv,
                         GError **error)
{
  const GOptionEntry entries[] = {
    { "codeset", 0, 0, G_OPTION_ARG_STRING, &options->codeset_text,
      "what the numbers and names are: linux (the default for numbers), xt, atset1, atset2, atset3, os_x, "
      "xt_kbd, "
      "usb, win32, qnum, rfb",
      "NAME" },
    { "holdtime", 0, 0, G_OPTION_ARG_INT, &options->holdtime, "how long the keys are held down (100)",
      "MILLISECONDS" },
    { "list", 0, 0, G_OPTION_ARG_NONE, &options->is_list, "list the keys; GUEST and KEY are left out", NULL },
    G_OPTION_ENTRY_NULL,
  };

  if (!guest_command_parse(
          command, entries, "GUEST KEY...",
          "Presses keys together. KEY is a name of QEMU's (ctrl, alt, delete) or Linux's "
          "(KEY_LEFTCTRL), or a number of a codeset; a digit alone is the key of that digit.",
          0, G_MAXUINT, argc, argv, error) ||
      !parse_codeset(options, error))
    return FALSE;
  if (options->is_list && !command->arguments[0]) {
    print_list(options);
    return TRUE;
  }
  if (!options->is_list && command->arguments[0] && command->arguments[1])
    return press(command, options, error);
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
            options->is_list ? "--list takes no GUEST and no KEY" : "expected GUEST KEY...");
  return error_add_hint(error, "%s --help tells how it is used", g_get_prgname());
}

int send_key_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  SendKeyOptions options = { .holdtime = -1 };
  GError *error = NULL;
  gboolean is_done = send_key(&command, &options, argc, argv, &error);

  g_free(options.codeset_text);
  return is_done ? EXIT_CODE_OK : report_usage_error(error);
}
