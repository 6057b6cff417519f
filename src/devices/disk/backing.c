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

static gboolean parse_image(xmlNode *node, DiskImage *image, GError **error)
{
  xmlNode *format = NULL, *source = NULL;

  xml_attribute(node, "index"); /* of a running guest's block nodes */
  if (!xml_attribute_enum_required(node, "type", &disk_type_table, XML_ENUM(&image->source.type), error) ||
      !xml_child_required(node, "format", &format, error) ||
      !xml_attribute_enum_required(format, "type", &disk_format_table, XML_ENUM(&image->format), error) ||
      !disk_metadata_cache_parse(format, image, error) || !xml_child_required(node, "source", &source, error))
    return FALSE;
  if (!disk_source_parse(source, /* may_be_empty= */ FALSE, &image->source, error))
    return FALSE;
  if (!image->source.is_there)
    return xml_error(error, source, disk_source_attribute(&image->source), "is missing");
  if (image->source.type == DISK_TYPE_VHOSTUSER)
    return xml_error(error, node, "type", "'vhostuser' is a disk, and no image that another could be over");
  image->source.startup = DISK_STARTUP_MANDATORY; /* libvirt has no other for these */
  return TRUE;
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

static void clear_image(gpointer image)
{
  disk_source_clear(&((DiskImage *)image)->source);
}

gboolean disk_backing_parse(xmlNode *disk_node, Disk *disk, GError **error)
{
  DiskFormat upper = disk->image.format;
  xmlNode *node = NULL, *first;

  disk->backing = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ TRUE, sizeof(DiskImage));
  g_array_set_clear_func(disk->backing, clear_image);
  if (!xml_child(disk_node, "backingStore", &node, error))
    return FALSE;
  first = node;
  while (node && !is_end(node)) {
    DiskImage image = { 0 };
    xmlNode *next = NULL;
    gboolean is_read;

    if (disk->backing->len == MAX_DEPTH)
      return xml_error(error, first, NULL, "the chain has more than %d backing files", MAX_DEPTH);
    is_read = check_upper(node, upper, error) && parse_image(node, &image, error) &&
              xml_child(node, "backingStore", &next, error);
    g_array_append_val(disk->backing, image); /* which owns it from now on */
    if (!is_read)
      return FALSE;
    upper = image.format;
    node = next;
  }
  disk->is_chain_ended = node != NULL;
  return TRUE;
}

/* A file that stands twice in a chain would be its own backing file, or its own data. */
static gboolean check_loop(const DiskSource *source, GHashTable *lines, GError **error)
{
  char *identity = disk_source_identity(source);

  if (!identity)
    return TRUE;
  if (g_hash_table_contains(lines, identity)) {
    error_set_document(error, &source->place, disk_source_attribute(source),
                       "'%s' is in the chain already, on line %d", identity,
                       GPOINTER_TO_INT(g_hash_table_lookup(lines, identity)));
    g_free(identity);
    return FALSE;
  }
  g_hash_table_insert(lines, identity, GINT_TO_POINTER(source->place.line));
  return !source->data || check_loop(source->data, lines, error);
}

gboolean disk_backing_validate(const Disk *disk, GError **error)
{
  g_autoptr(GHashTable) lines = NULL;

  if (disk->backing->len == 0 && !disk->image.source.data)
    return TRUE;
  if (!disk->image.source.is_there)
    return error_set_document(error, &g_array_index(disk->backing, DiskImage, 0).source.place, NULL,
                              "an empty drive has no backing file");
  lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!check_loop(&disk->image.source, lines, error))
    return FALSE;
  for (guint i = 0; i < disk->backing->len; i++) {
    const DiskImage *image = &g_array_index(disk->backing, DiskImage, i);

    if (!check_loop(&image->source, lines, error) || !disk_image_validate(image, &image->source.place, error))
      return FALSE;
  }
  return TRUE;
}
