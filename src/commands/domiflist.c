/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"
#include "xml/element.h"

enum { N_COLUMNS = 5 };

static const char *child_attribute(xmlNode *node, const char *child, const char *attribute)
{
  xmlNode *found = xml_next_child(node, child, NULL);

  return found ? xml_attribute(found, attribute) : NULL;
}

static void read_interface(xmlNode *interface, const char *ret_cells[N_COLUMNS])
{
  static const char *const sources[] = { "network", "bridge", "dev", "address" };

  ret_cells[0] = child_attribute(interface, "target", "dev");
  ret_cells[1] = xml_attribute(interface, "type");
  ret_cells[2] = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(sources) && !ret_cells[2]; i++)
    ret_cells[2] = child_attribute(interface, "source", sources[i]);
  ret_cells[3] = child_attribute(interface, "model", "type");
  ret_cells[4] = child_attribute(interface, "mac", "address");
}

static void print_interfaces(const XmlDocument *document, gboolean is_json)
{
  static const char *const header[N_COLUMNS] = { "Interface", "Type", "Source", "Model", "MAC" };
  static const char *const members[N_COLUMNS] = { "interface", "type", "source", "model", "mac" };
  g_autoptr(Table) table = table_new(header, N_COLUMNS);
  g_autoptr(Json) array = json_new_array();
  xmlNode *devices = xml_next_child(xml_document_root(document), "devices", NULL);

  XML_FOREACH_CHILD(devices, interface, "interface") {
    Json *object = json_new_object();
    const char *cells[N_COLUMNS];

    read_interface(interface, cells);
    table_add(table, cells);
    for (gsize i = 0; i < N_COLUMNS; i++)
      json_set_string(object, members[i], cells[i]);
    json_append(array, object);
  }
  if (is_json)
    print_json(array);
  else
    table_print(table);
}

int domiflist_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print a JSON array of objects", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(XmlDocument) document = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST", "Lists the network interfaces of a guest.", 1, argc,
                          argv, &error))
    document = guest_command_load_xml(&command, &error);
  if (!document)
    return report_usage_error(error);
  print_interfaces(document, is_json);
  return EXIT_CODE_OK;
}
