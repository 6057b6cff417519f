/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun domifaddr: the addresses of a guest's interfaces, as its agent knows them.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/facts.h"

enum { N_COLUMNS = 4 };

typedef struct {
  char *interface;
  char *source;
  gboolean is_full;
  gboolean is_json;
  int seconds;
} Options;

static gboolean check_options(const GuestCommand *command, Options *options, GError **error)
{
  if (command->arguments[1]) {
    if (options->interface)
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--interface: the interface is given twice");
    options->interface = g_strdup(command->arguments[1]);
  }
  if (!options->source || g_str_equal(options->source, "agent"))
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--source: unknown value '%s' (known: agent)",
            options->source);
  if (g_str_equal(options->source, "lease") || g_str_equal(options->source, "arp"))
    error_add_hint(error, "domrun gives no leases, and looks at nobody's traffic; 'domrun domiflist' has the "
                          "MAC address, for 'ip neighbour'");
  return FALSE;
}

/* The name stands in the first of an interface's lines only, unless --full. */
static void add_rows(Table *table, const Json *interface, gboolean is_full)
{
  g_autofree char *name = agent_words(json_get_string(interface, "name"));
  g_autofree char *mac = agent_words(json_get_string(interface, "hwaddr"));
  const Json *addresses = json_get(interface, "addr");
  const char *none[N_COLUMNS] = { name, mac, "N/A", "N/A" };

  for (gsize i = 0; i < json_length(addresses); i++) {
    const Json *address = json_at(addresses, i);
    g_autofree char *type = agent_words(json_get_string(address, "type"));
    g_autofree char *words = agent_words(json_get_string(address, "addr"));
    g_autofree char *text = NULL;
    gboolean is_named = i == 0 || is_full;
    const char *cells[N_COLUMNS] = { is_named ? name : NULL, is_named ? mac : NULL, type, words };
    gint64 prefix;

    if (words && json_get_int(address, "prefix", &prefix))
      cells[3] = text = g_strdup_printf("%s/%" G_GINT64_FORMAT, words, prefix);
    table_add(table, cells);
  }
  if (json_length(addresses) == 0)
    table_add(table, none);
}

static void print_interfaces(const Json *interfaces, const Options *options)
{
  static const char *const header[N_COLUMNS] = { "Name", "MAC address", "Protocol", "Address" };
  g_autoptr(Table) table = table_new(header, N_COLUMNS);

  for (gsize i = 0; i < json_length(interfaces); i++)
    add_rows(table, json_at(interfaces, i), options->is_full);
  if (options->is_json)
    print_json(interfaces);
  else
    table_print(table);
}

/* Those of that name; NULL with an error where there is none. */
static Json *select_interfaces(const Json *all, const Options *options, GError **error)
{
  g_autoptr(Json) selected = json_new_array();

  for (gsize i = 0; i < json_length(all); i++) {
    Json *interface = json_at(all, i);

    if (!options->interface || g_strcmp0(json_get_string(interface, "name"), options->interface) == 0)
      json_append(selected, json_ref(interface));
  }
  if (json_length(selected) > 0 || !options->interface)
    return g_steal_pointer(&selected);
  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest has no interface '%s'", options->interface);
  error_add_hint(error, "the name is the guest's own, as 'eth0'; without it all are listed");
  return NULL;
}

static Json *ask_agent(GuestCommand *command, const Options *options, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, options->seconds, error);
  g_autoptr(Json) all = agent ? fact_ask(agent, FACT_INTERFACE, error) : NULL;

  return all ? select_interfaces(all, options, error) : NULL;
}

int domifaddr_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  Options options = { .seconds = AGENT_QUICK };
  const GOptionEntry entries[] = {
    { "interface", 0, 0, G_OPTION_ARG_STRING, &options.interface, "another spelling of INTERFACE", "NAME" },
    { "source", 0, 0, G_OPTION_ARG_STRING, &options.source, "ask the guest's agent, as is done anyway",
      "agent" },
    { "full", 0, 0, G_OPTION_ARG_NONE, &options.is_full, "repeat name and MAC address in each line", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, "print a JSON array of objects", NULL },
    AGENT_OPTION(options.seconds, "5"),
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) interfaces = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST [INTERFACE]",
                          "Lists the addresses of a guest's network interfaces, which its agent "
                          "(qemu-guest-agent) knows.",
                          2, argc, argv, &error) &&
      check_options(&command, &options, &error))
    interfaces = ask_agent(&command, &options, &error);
  if (interfaces)
    print_interfaces(interfaces, &options);
  g_free(options.interface);
  g_free(options.source);
  return interfaces ? EXIT_CODE_OK : report_usage_error(error);
}
