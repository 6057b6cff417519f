/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <backingStore>: the images that a disk's own image is written over, one within the other. What the document
 * says is what the guest reads, whatever the headers of the images say. An empty one ends the chain; where it
 * just stops, QEMU goes on by the header of the last image.
 */
#include "config.h"

#include "devices/disk/disk.h"

#include "xml/element.h"

/* As many as libvirt takes. */
enum { MAX_DEPTH = 200 };

gboolean disk_format_has_backing(DiskFormat format)
{
  return format == DISK_FORMAT_QCOW || format == DISK_FORMAT_QCOW2 || format == DISK_FORMAT_QED ||
         format == DISK_FORMAT_VMDK;
}

/* Of the terminator there is nothing but its name. */
static gboolean is_end(xmlNode *node)
{
  return !xml_has_attribute(node, "type") && !xml_next_child(node, NULL, NULL);
}

static gboolean parse_image(xmlNode *node, DiskBacking *image, GError **error)
{
  xmlNode *format = NULL, *source = NULL;

  xml_attribute(node, "index"); /* of a running guest's block nodes */
  if (!xml_attribute_enum_required(node, "type", &disk_type_table, XML_ENUM(&image->type), error) ||
      !xml_child_required(node, "format", &format, error) ||
      !xml_attribute_enum_required(format, "type", &disk_format_table, XML_ENUM(&image->format), error) ||
      !xml_child_required(node, "source", &source, error))
    return FALSE;
  image->place = xml_place(source);
  if (!disk_source_parse(source, image->type, &image->source, error))
    return FALSE;
  return image->source || xml_error(error, source, disk_source_attribute(image->type), "is missing");
}

/* Only some formats say that what they do not hold is in another file. */
static gboolean check_upper(xmlNode *node, DiskFormat upper, GError **error)
{
  if (disk_format_has_backing(upper))
    return TRUE;
  xml_error(error, node, NULL,
            "an image of format '%s' has no backing file (allowed: qcow, qcow2, qed, vmdk)",
            enum_to_string(&disk_format_table, (int)upper));
  return error_add_hint(error, xml_is_element(node->parent, "disk")
                                   ? "the disk's format is that of <driver type='...'/>"
                                   : "the format is that of the <format> beside it");
}

gboolean disk_backing_parse(xmlNode *disk_node, Disk *disk, GError **error)
{
  DiskFormat upper = disk->driver.format;
  xmlNode *node = NULL, *first;

  disk->backing = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ TRUE, sizeof(DiskBacking));
  if (!xml_child(disk_node, "backingStore", &node, error))
    return FALSE;
  first = node;
  while (node && !is_end(node)) {
    DiskBacking image = { 0 };
    xmlNode *next = NULL;

    if (disk->backing->len == MAX_DEPTH)
      return xml_error(error, first, NULL, "the chain has more than %d backing files", MAX_DEPTH);
    if (!check_upper(node, upper, error) || !parse_image(node, &image, error) ||
        !xml_child(node, "backingStore", &next, error))
      return FALSE;
    g_array_append_val(disk->backing, image);
    upper = image.format;
    node = next;
  }
  disk->is_chain_ended = node != NULL;
  return TRUE;
}

/* A file that stands twice in a chain would be its own backing file. */
gboolean disk_backing_validate(const Disk *disk, GError **error)
{
  g_autoptr(GHashTable) lines = NULL;

  if (disk->backing->len == 0)
    return TRUE;
  if (!disk->source)
    return error_set_document(error, &g_array_index(disk->backing, DiskBacking, 0).place, NULL,
                              "an empty drive has no backing file");
  lines = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(lines, (gpointer)disk->source, GINT_TO_POINTER(disk->source_place.line));
  for (guint i = 0; i < disk->backing->len; i++) {
    const DiskBacking *image = &g_array_index(disk->backing, DiskBacking, i);

    if (g_hash_table_contains(lines, image->source))
      return error_set_document(error, &image->place, disk_source_attribute(image->type),
                                "'%s' is in the chain already, on line %d", image->source,
                                GPOINTER_TO_INT(g_hash_table_lookup(lines, image->source)));
    g_hash_table_insert(lines, (gpointer)image->source, GINT_TO_POINTER(image->place.line));
  }
  return TRUE;
}
