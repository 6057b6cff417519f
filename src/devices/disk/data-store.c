/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <dataStore>: where the guest's bytes are of a qcow2 image that holds only the tables for them. What the
 * document says is opened, whatever the header of the image says. Of format 10.10.
 */
#include "config.h"

#include "devices/disk/source.h"
#include "domain/domain.h"
#include "xml/element.h"

/* QEMU lays the bytes out by itself: there is no other. */
ENUM_TABLE(disk_data_format_table, 1, "raw");

static gboolean check_type(xmlNode *node, DiskType type, GError **error)
{
  if (type == DISK_TYPE_FILE || type == DISK_TYPE_BLOCK || type == DISK_TYPE_NETWORK ||
      type == DISK_TYPE_VOLUME)
    return TRUE;
  return xml_error(error, node, "type", "'%s' cannot have the data of an image (allowed: %s)",
                   enum_to_string(&disk_type_table, (int)type), "file, block, network, volume");
}

static gboolean read_format(xmlNode *node, GError **error)
{
  xmlNode *format;
  int only = 0;

  return xml_child_required(node, "format", &format, error) &&
         xml_attribute_enum_required(format, "type", &disk_data_format_table, &only, error);
}

/* What belongs to the image, and not to its bytes. */
static gboolean check_traits(xmlNode *node, const DiskSource *data, GError **error)
{
  if (data->data)
    return xml_error(error, node, NULL, "the data of an image has no <dataStore> of its own");
  if (data->encryption.format != DISK_ENCRYPTION_NONE) {
    xml_error(error, node, NULL, "the data is encrypted by the image that it is of");
    return error_add_hint(error, "move <encryption> to the <source> around <dataStore>");
  }
  if (data->reservations.is_given && data->type != DISK_TYPE_BLOCK)
    return error_set_document(error, &data->reservations.place, NULL,
                              "is for type='block'; this source is of type '%s'",
                              enum_to_string(&disk_type_table, (int)data->type));
  return TRUE;
}

static gboolean read_source(xmlNode *node, DiskSource *data, GError **error)
{
  xmlNode *source;

  if (!xml_child_required(node, "source", &source, error) ||
      !disk_source_parse(source, /* may_be_empty= */ FALSE, data, error))
    return FALSE;
  if (!data->is_there)
    return xml_error(error, source, disk_source_attribute(data), "is missing");
  data->startup = DISK_STARTUP_MANDATORY;
  return check_traits(node, data, error);
}

gboolean disk_data_store_parse(xmlNode *source, DiskSource **ret_data, GError **error)
{
  xmlNode *node = NULL;
  DiskSource *data;

  if (!xml_child(source, "dataStore", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  *ret_data = data = g_new0(DiskSource, 1);
  xml_attribute(node, "index"); /* of a running guest's block nodes */
  return xml_attribute_enum_required(node, "type", &disk_type_table, XML_ENUM(&data->type), error) &&
         check_type(node, data->type, error) && read_format(node, error) && read_source(node, data, error);
}

gboolean disk_data_store_validate(const DiskImage *image, GError **error)
{
  if (!image->source.data || image->format == DISK_FORMAT_QCOW2)
    return TRUE;
  error_set_document(error, &image->source.place, NULL,
                     "<dataStore>: an image of format '%s' holds its data itself (allowed: qcow2)",
                     enum_to_string(&disk_format_table, (int)image->format));
  return FALSE;
}
