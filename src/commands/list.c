/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun list: the guests of this user, from what their supervisors wrote; nobody is asked.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

typedef struct {
  gboolean has_remains;
  gboolean is_names;
  gboolean is_uuids;
  gboolean is_ids;
  gboolean is_json;
} ListOptions;

static char *id_of(const Guest *guest)
{
  return guest->is_supervised ? g_strdup_printf("%" G_GINT64_FORMAT, guest->state.supervisor_pid) : NULL;
}

static void print_words(const Guest *guest, const ListOptions *options)
{
  g_autoptr(GString) words = g_string_new(NULL);
  g_autofree char *id = id_of(guest);

  if (options->is_ids)
    g_string_append_printf(words, "%s ", id ? id : "-");
  if (options->is_uuids)
    g_string_append_printf(words, "%s ", guest->state.uuid ? guest->state.uuid : "-");
  if (options->is_names)
    g_string_append_printf(words, "%s ", guest->state.name);
  g_string_truncate(words, words->len - 1);
  print_line(words->str);
}

static void print_table(const GPtrArray *guests)
{
  static const char *const header[] = { "Id", "Name", "State" };
  g_autoptr(Table) table = table_new(header, G_N_ELEMENTS(header));

  for (guint i = 0; i < guests->len; i++) {
    const Guest *guest = g_ptr_array_index(guests, i);
    g_autofree char *id = id_of(guest);
    const char *cells[] = { id, guest->state.name, enum_to_string(&guest_state_table, guest->state.state) };

    table_add(table, cells);
  }
  table_print(table);
}

static void print_guests(const GPtrArray *guests, const ListOptions *options)
{
  if (options->is_json) {
    g_autoptr(Json) array = json_new_array();

    for (guint i = 0; i < guests->len; i++) {
      const Guest *guest = g_ptr_array_index(guests, i);

      json_append(array, guest_state_to_json(&guest->state));
    }
    print_json(array);
  } else if (options->is_names || options->is_uuids || options->is_ids) {
    for (guint i = 0; i < guests->len; i++)
      print_words(g_ptr_array_index(guests, i), options);
  } else {
    print_table(guests);
  }
}

static void remove_remains(GPtrArray *guests)
{
  for (guint i = guests->len; i-- > 0;) {
    const Guest *guest = g_ptr_array_index(guests, i);

    if ((!guest->is_supervised && !guest->is_orphaned) || guest_is_trace(guest))
      g_ptr_array_remove_index(guests, i);
  }
}

int list_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  ListOptions options = { 0 };
  const GOptionEntry entries[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &options.has_remains,
      "also guests that have ended, as long as it is known how", NULL },
    { "name", 0, 0, G_OPTION_ARG_NONE, &options.is_names, "print names only", NULL },
    { "uuid", 0, 0, G_OPTION_ARG_NONE, &options.is_uuids, "print uuids only", NULL },
    { "id", 0, 0, G_OPTION_ARG_NONE, &options.is_ids, "print ids only", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, "print a JSON array of objects", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GPtrArray) guests = NULL;
  GError *error = NULL;

  if (guest_command_parse(&command, entries, "", "Lists the guests of this user.", 0, 0, argc, argv, &error))
    guests = guests_list(command.root, &error);
  if (!guests)
    return report_usage_error(error);
  if (!options.has_remains)
    remove_remains(guests);
  print_guests(guests, &options);
  return EXIT_CODE_OK;
}
