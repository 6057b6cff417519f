/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "commands/command.h"
#include "commands/guest.h"
#include "xml/element.h"

static void print_field(const char *name, const char *value)
{
  g_autofree char *safe = make_cell(value);

  if (value)
    printf("%-16s%s\n", name, safe);
}

static void print_number(const char *name, gint64 value)
{
  g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

  print_field(name, text);
}

static void print_time(const char *name, gint64 milliseconds)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(milliseconds / 1000);
  g_autofree char *text = time ? g_date_time_format_iso8601(time) : NULL;

  print_field(name, text);
}

static void print_state(const Guest *guest)
{
  const GuestState *state = &guest->state;

  if (guest->is_supervised)
    print_number("Id:", state->supervisor_pid);
  print_field("Name:", state->name);
  print_field("UUID:", state->uuid);
  print_field("State:", enum_to_string(&guest_state_table, (int)state->state));
  print_field("Reason:", state->reason);
  print_field("Message:", state->message);
  print_time("Since:", state->since);
  print_time("Started:", state->started);
  if (state->emulator_pid > 0)
    print_number("QEMU pid:", state->emulator_pid);
  print_field("Sandbox:", state->sandbox && !*state->sandbox ? "none" : state->sandbox);
  print_field("User:", state->user);
  print_number("Restarts:", state->restarts);
  print_number("Resets:", state->resets);
  if (state->exit_code >= 0)
    print_number("Exit code:", state->exit_code);
}

/* What the live XML says, in its own units. */
static void print_resources(const XmlDocument *document)
{
  xmlNode *root = xml_document_root(document);
  xmlNode *memory = xml_next_child(root, "memory", NULL);
  const char *unit = memory ? xml_attribute(memory, "unit") : NULL;
  const char *amount = NULL, *cpus = NULL;

  xml_child_text(root, "vcpu", &cpus, NULL);
  xml_child_text(root, "memory", &amount, NULL);
  print_field("CPU(s):", cpus ? cpus : "1");
  if (amount) {
    g_autofree char *text = g_strdup_printf("%s %s", amount, unit ? unit : "KiB");

    print_field("Max memory:", text);
  }
}

int dominfo_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autoptr(XmlDocument) document = NULL;
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print a JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;

  if (!guest_command_begin(&command, entries, "GUEST", "Prints what is known of a guest.", 1, argc, argv,
                           &error))
    return report_usage_error(error);
  if (is_json) {
    print_guest_state(&command.guest->state);
    return EXIT_CODE_OK;
  }
  print_state(command.guest);
  document = guest_command_load_xml(&command, NULL);
  if (document)
    print_resources(document);
  print_field("Directory:", runtime_dir_path(command.guest->directory));
  return EXIT_CODE_OK;
}
