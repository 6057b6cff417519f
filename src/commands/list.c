/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun list: the guests of this user, from what their supervisors wrote; nobody is asked who could write.
 */
#include "config.h"

#include <string.h>

#include "commands/command.h"
#include "commands/guest.h"
#include "xml/element.h"

/* What virsh tells apart. */
typedef enum {
  SHOWN_RUNNING = 1 << 0,
  SHOWN_PAUSED = 1 << 1,
  SHOWN_SHUTOFF = 1 << 2, /* it has ended */
  SHOWN_OTHER = 1 << 3,
  SHOWN_ACTIVE = SHOWN_RUNNING | SHOWN_PAUSED | SHOWN_OTHER,
} Shown;

typedef struct {
  gboolean is_all, is_inactive;
  gboolean is_running, is_paused, is_shutoff, is_other;
  gboolean is_names, is_uuids, is_ids, has_title, is_table;
  gboolean is_json;
} ListOptions;

static char *id_of(const Guest *guest)
{
  return guest->is_supervised ? g_strdup_printf("%" G_GINT64_FORMAT, guest->state.supervisor_pid) : NULL;
}

/* Of the document; NULL where it has none, or is not kept. */
static char *title_of(const Guest *guest)
{
  g_autofree char *text = guest_file_read(runtime_dir_fd(guest->directory), CONTROL_LIVE_FILE, NULL);
  g_autoptr(XmlDocument) document = text ? xml_document_load_bytes(text, strlen(text), CONTROL_LIVE_FILE,
                                                                   runtime_dir_path(guest->directory), NULL)
                                         : NULL;
  const char *title = NULL;

  return document && xml_child_text(xml_document_root(document), "title", &title, NULL) ? g_strdup(title)
                                                                                        : NULL;
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

static void print_table(const GPtrArray *guests, gboolean has_title)
{
  static const char *const header[] = { "Id", "Name", "State", "Title" };
  g_autoptr(Table) table = table_new(header, has_title ? 4 : 3);

  for (guint i = 0; i < guests->len; i++) {
    const Guest *guest = g_ptr_array_index(guests, i);
    g_autofree char *id = id_of(guest);
    g_autofree char *title = has_title ? title_of(guest) : NULL;
    const char *cells[] = { id, guest->state.name, enum_to_string(&guest_state_table, guest->state.state),
                            title };

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
    print_table(guests, options->has_title);
  }
}

static Shown class_of(const Guest *guest)
{
  if ((!guest->is_supervised && !guest->is_unsupervised) || guest_is_trace(guest))
    return SHOWN_SHUTOFF;
  if (guest->state.state == GUEST_RUNNING)
    return SHOWN_RUNNING;
  return guest->state.state == GUEST_PAUSED ? SHOWN_PAUSED : SHOWN_OTHER;
}

/* A state that is asked for decides alone, as it does in virsh, where only those that run have one unless all
 * are wanted. */
static guint what_is_shown(const ListOptions *options)
{
  guint states = (options->is_running ? SHOWN_RUNNING : 0U) | (options->is_paused ? SHOWN_PAUSED : 0U) |
                 (options->is_shutoff ? SHOWN_SHUTOFF : 0U) | (options->is_other ? SHOWN_OTHER : 0U);

  if (states)
    return states;
  if (options->is_all)
    return SHOWN_ACTIVE | SHOWN_SHUTOFF;
  return options->is_inactive ? SHOWN_SHUTOFF : SHOWN_ACTIVE;
}

static void remove_others(GPtrArray *guests, guint shown)
{
  for (guint i = guests->len; i-- > 0;) {
    if (!(class_of(g_ptr_array_index(guests, i)) & shown))
      g_ptr_array_remove_index(guests, i);
  }
}

static gboolean check_options(const ListOptions *options, GError **error)
{
  gboolean has_words = options->is_names || options->is_uuids || options->is_ids;

  return !has_words || (!options->is_table && !options->has_title) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                   "--%s is a column of the table, which --name, --uuid and --id print none of",
                   options->has_title ? "title" : "table");
}

int list_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  ListOptions options = { 0 };
  const GOptionEntry entries[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &options.is_all,
      "also guests that have ended, as long as it is known how", NULL },
    { "inactive", 0, 0, G_OPTION_ARG_NONE, &options.is_inactive, "only guests that have ended", NULL },
    { "state-running", 0, 0, G_OPTION_ARG_NONE, &options.is_running, "only those that run", NULL },
    { "state-paused", 0, 0, G_OPTION_ARG_NONE, &options.is_paused, "only those that are paused", NULL },
    { "state-shutoff", 0, 0, G_OPTION_ARG_NONE, &options.is_shutoff, "only those that have ended", NULL },
    { "state-other", 0, 0, G_OPTION_ARG_NONE, &options.is_other,
      "only those in another state: starting, shutting-down, restarting, preserved, unsupervised", NULL },
    { "title", 0, 0, G_OPTION_ARG_NONE, &options.has_title, "print titles, too", NULL },
    { "name", 0, 0, G_OPTION_ARG_NONE, &options.is_names, "print names only", NULL },
    { "uuid", 0, 0, G_OPTION_ARG_NONE, &options.is_uuids, "print uuids only", NULL },
    { "id", 0, 0, G_OPTION_ARG_NONE, &options.is_ids, "print ids only", NULL },
    { "table", 0, 0, G_OPTION_ARG_NONE, &options.is_table, "print the table, as without this option", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, "print a JSON array of objects", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GPtrArray) guests = NULL;
  GError *error = NULL;

  if (guest_command_parse(&command, entries, "",
                          "Lists the guests of this user. Of several --state-... each is shown.", 0, 0, argc,
                          argv, &error) &&
      check_options(&options, &error))
    guests = guests_list(command.root, &error);
  if (!guests)
    return report_usage_error(error);
  remove_others(guests, what_is_shown(&options));
  print_guests(guests, &options);
  return EXIT_CODE_OK;
}
