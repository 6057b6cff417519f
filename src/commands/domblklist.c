/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"
#include "xml/element.h"

typedef struct {
  const char *type, *device, *target, *source;
} Block;

static const char *child_attribute(xmlNode *node, const char *child, const char *attribute)
{
  xmlNode *found = xml_next_child(node, child, NULL);

  return found ? xml_attribute(found, attribute) : NULL;
}

static Block read_block(xmlNode *disk)
{
  static const char *const sources[] = { "file", "dev", "dir", "name", "volume" };
  Block block = { .type = xml_attribute(disk, "type"),
                  .device = xml_attribute(disk, "device"),
                  .target = child_attribute(disk, "target", "dev") };

  for (gsize i = 0; i < G_N_ELEMENTS(sources) && !block.source; i++)
    block.source = child_attribute(disk, "source", sources[i]);
  if (!block.device)
    block.device = "disk";
  return block;
}

static Json *block_to_json(const Block *block)
{
  Json *object = json_new_object();

  json_set_string(object, "type", block->type);
  json_set_string(object, "device", block->device);
  json_set_string(object, "target", block->target);
  json_set_string(object, "source", block->source); /* NULL: null, an empty drive */
  return object;
}

static void print_blocks(const XmlDocument *document, gboolean has_details, gboolean is_json)
{
  static const char *const header[] = { "Type", "Device", "Target", "Source" };
  guint skipped = has_details ? 0 : 2;
  g_autoptr(Table) table = table_new(header + skipped, G_N_ELEMENTS(header) - skipped);
  g_autoptr(Json) array = json_new_array();
  xmlNode *devices = xml_next_child(xml_document_root(document), "devices", NULL);

  XML_FOREACH_CHILD(devices, disk, "disk") {
    const Block block = read_block(disk);
    const char *cells[] = { block.type, block.device, block.target, block.source };

    table_add(table, cells + skipped);
    json_append(array, block_to_json(&block));
  }
  if (is_json)
    print_json(array);
  else
    table_print(table);
}

int domblklist_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean has_details = FALSE, is_json = FALSE;
  const GOptionEntry entries[] = {
    { "details", 0, 0, G_OPTION_ARG_NONE, &has_details, "also print type and device", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print a JSON array of objects", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(XmlDocument) document = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST", "Lists the disks of a guest.", 1, argc, argv, &error))
    document = guest_command_load_xml(&command, &error);
  if (!document)
    return report_usage_error(error);
  print_blocks(document, has_details, is_json);
  return EXIT_CODE_OK;
}
