/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/source.h"

#include <string.h>

#include "devices/endpoint.h"
#include "domain/domain.h"
#include "domain/memory.h"
#include "domain/pools.h"
#include "xml/element.h"

ENUM_TABLE(disk_type_table,
           DISK_TYPE_LAST, [DISK_TYPE_FILE] = "file", [DISK_TYPE_BLOCK] = "block", [DISK_TYPE_DIR] = "dir",
           [DISK_TYPE_NETWORK] = "network", [DISK_TYPE_NVME] = "nvme", [DISK_TYPE_VHOSTUSER] = "vhostuser",
           [DISK_TYPE_VHOSTVDPA] = "vhostvdpa", [DISK_TYPE_VOLUME] = "volume");
ENUM_TABLE(disk_startup_table, DISK_STARTUP_LAST, [DISK_STARTUP_MANDATORY] = "mandatory",
           [DISK_STARTUP_REQUISITE] = "requisite", [DISK_STARTUP_OPTIONAL] = "optional");
ENUM_TABLE(disk_format_table, DISK_FORMAT_LAST, [DISK_FORMAT_RAW] = "raw", [DISK_FORMAT_BOCHS] = "bochs",
           [DISK_FORMAT_CLOOP] = "cloop", [DISK_FORMAT_DMG] = "dmg", [DISK_FORMAT_FAT] = "fat",
           [DISK_FORMAT_PARALLELS] = "parallels", [DISK_FORMAT_QCOW] = "qcow", [DISK_FORMAT_QCOW2] = "qcow2",
           [DISK_FORMAT_QED] = "qed", [DISK_FORMAT_VDI] = "vdi", [DISK_FORMAT_VHDX] = "vhdx",
           [DISK_FORMAT_VMDK] = "vmdk", [DISK_FORMAT_VPC] = "vpc");

static const char *const attributes[DISK_TYPE_LAST] = {
  [DISK_TYPE_FILE] = "file",        [DISK_TYPE_BLOCK] = "dev",     [DISK_TYPE_DIR] = "dir",
  [DISK_TYPE_NETWORK] = "protocol", [DISK_TYPE_NVME] = "type",     [DISK_TYPE_VHOSTUSER] = "path",
  [DISK_TYPE_VHOSTVDPA] = "dev",    [DISK_TYPE_VOLUME] = "volume",
};

const char *disk_source_attribute(const DiskSource *source)
{
  return source->volume ? "volume" : attributes[source->type];
}

/* One of another type's would be what the user means, or not: nobody knows. */
static gboolean refuse_other_types(xmlNode *node, DiskType type, GError **error)
{
  for (guint i = 0; i < DISK_TYPE_LAST; i++) {
    if (g_str_equal(attributes[i], attributes[type]) || !xml_has_attribute(node, attributes[i]) ||
        (i == DISK_TYPE_NVME && type == DISK_TYPE_VHOSTUSER)) /* both have a type */
      continue;
    return xml_error(error, node, attributes[i], "is not that of type '%s' (expected: '%s')",
                     enum_to_string(&disk_type_table, (int)type), attributes[type]);
  }
  return TRUE;
}

/* ---- <slices> ---- */

static gboolean read_slice(xmlNode *node, DiskSource *source, GError **error)
{
  static const char storage[] = "storage";
  const char *type;

  if (!xml_attribute_required(node, "type", &type, error))
    return FALSE;
  if (!g_str_equal(type, storage))
    return xml_error(error, node, "type", "unknown value '%s' (known: %s)", type, storage);
  for (const char *const *name = (const char *const[]){ "offset", "size", NULL }; *name; name++) {
    if (!xml_has_attribute(node, *name))
      return xml_error(error, node, *name, "is missing");
  }
  source->has_slice = TRUE;
  return xml_attribute_uint(node, "offset", 0, G_MAXINT64, &source->slice_offset, error) &&
         xml_attribute_uint(node, "size", 1, G_MAXINT64, &source->slice_size, error);
}

static gboolean read_slices(xmlNode *node, DiskSource *source, GError **error)
{
  xmlNode *slices = NULL, *slice = NULL;

  return xml_child(node, "slices", &slices, error) &&
         (!slices ||
          (xml_child_required(slices, "slice", &slice, error) && read_slice(slice, source, error)));
}

/* ---- <reservations> ---- */

/* Where the packages of QEMU have the socket of the helper that the host shares. */
static const char shared_helper[] = "/run/qemu-pr-helper.sock";

ENUM_TABLE(disk_helper_type_table, 1, "unix");
ENUM_TABLE(disk_helper_mode_table, 1, "client");

static gboolean read_helper(xmlNode *node, DiskReservations *reservations, GError **error)
{
  xmlNode *source;
  int only = 0;

  if (!xml_child_required(node, "source", &source, error) ||
      !xml_attribute_enum(source, "type", &disk_helper_type_table, &only, error) ||
      !xml_attribute_enum(source, "mode", &disk_helper_mode_table, &only, error) ||
      !xml_attribute_path(source, "path", &reservations->path, error))
    return FALSE;
  reservations->place = xml_place(source);
  return reservations->path || xml_error(error, source, "path", "is missing");
}

static gboolean read_reservations(xmlNode *node, DiskReservations *reservations, GError **error)
{
  xmlNode *child = NULL;
  gboolean is_managed = FALSE, is_enabled = TRUE;

  if (!xml_child(node, "reservations", &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  if (!xml_attribute_yes_no(child, "enabled", &is_enabled, error) ||
      !xml_attribute_yes_no(child, "managed", &is_managed, error))
    return FALSE;
  reservations->is_given = is_enabled;
  reservations->place = xml_place(child);
  if (!is_managed && is_enabled)
    return read_helper(child, reservations, error);
  xml_ignore(child);
  reservations->path = shared_helper;
  return TRUE;
}

/* ---- The kinds ---- */

static gboolean read_nvme(xmlNode *node, DiskSource *source, GError **error)
{
  const char *type;

  if (!xml_attribute_required(node, "type", &type, error))
    return FALSE;
  if (!g_str_equal(type, "pci"))
    return xml_error(error, node, "type", "unknown value '%s' (known: pci)", type);
  if (!xml_has_attribute(node, "namespace"))
    return xml_error(error, node, "namespace", "is missing");
  source->is_there = TRUE;
  return xml_attribute_uint32(node, "namespace", 1, G_MAXUINT32, &source->nvme_namespace, error) &&
         host_pci_parse(node, node, &source->nvme, error);
}

static gboolean has_path(DiskType type)
{
  return type == DISK_TYPE_FILE || type == DISK_TYPE_BLOCK || type == DISK_TYPE_DIR;
}

/* No medium, as tools write it. */
static gboolean is_empty(xmlNode *node, const DiskSource *source)
{
  return has_path(source->type) && g_strcmp0(xml_attribute(node, attributes[source->type]), "") == 0;
}

static gboolean read_path(xmlNode *node, DiskSource *source, GError **error)
{
  if (!xml_attribute_path(node, attributes[source->type], &source->path, error) ||
      !xml_attribute_enum(node, "startupPolicy", &disk_startup_table, XML_ENUM(&source->startup), error))
    return FALSE;
  source->is_there = source->path != NULL;
  return TRUE;
}

static gboolean read_network(xmlNode *node, DiskSource *source, GError **error)
{
  source->is_there = disk_network_parse(node, &source->network, error);
  return source->is_there;
}

static gboolean read_vhostuser(xmlNode *node, DiskSource *source, GError **error)
{
  int type = 0;

  if (!xml_attribute_enum_required(node, "type", &disk_helper_type_table, &type, error) ||
      !xml_attribute_path(node, "path", &source->path, error) ||
      !endpoint_parse_reconnect(node, /* is_server= */ FALSE, &source->reconnect, error))
    return FALSE;
  source->is_there = TRUE;
  return source->path || xml_error(error, node, "path", "is missing");
}

static gboolean read_vdpa(xmlNode *node, DiskSource *source, GError **error)
{
  if (!xml_attribute_path(node, "dev", &source->path, error))
    return FALSE;
  source->is_there = TRUE;
  return source->path || xml_error(error, node, "dev", "is missing");
}

ENUM_TABLE(disk_volume_mode_table, 2, "host", "direct");

/* The name is that of a file in the pool's directory, and of nothing beyond it. */
static gboolean read_volume(xmlNode *node, DiskSource *source, GError **error)
{
  int mode = 0;

  if (!xml_attribute_required(node, "pool", &source->pool, error) ||
      !xml_attribute_required(node, "volume", &source->volume, error) ||
      !xml_attribute_enum(node, "mode", &disk_volume_mode_table, &mode, error) ||
      !xml_attribute_enum(node, "startupPolicy", &disk_startup_table, XML_ENUM(&source->startup), error))
    return FALSE;
  if (strchr(source->volume, '/') || g_str_equal(source->volume, ".") || g_str_equal(source->volume, ".."))
    return xml_error(error, node, "volume", "'%s' is not the name of a volume", source->volume);
  if (mode == 1) {
    xml_error(error, node, "mode", "'direct' needs a pool of iSCSI, which domrun does not look into");
    return error_add_hint(error, "type='network' with protocol='iscsi' is the same disk");
  }
  source->is_there = TRUE;
  return TRUE;
}

static gboolean (*const readers[DISK_TYPE_LAST])(xmlNode *node, DiskSource *source, GError **error) = {
  [DISK_TYPE_FILE] = read_path,      [DISK_TYPE_BLOCK] = read_path,
  [DISK_TYPE_DIR] = read_path,       [DISK_TYPE_NETWORK] = read_network,
  [DISK_TYPE_NVME] = read_nvme,      [DISK_TYPE_VHOSTUSER] = read_vhostuser,
  [DISK_TYPE_VHOSTVDPA] = read_vdpa, [DISK_TYPE_VOLUME] = read_volume,
};

/* The file keeps the label that it has, which is what relabel='no' asks for. */
static void read_labels(xmlNode *node, DiskSource *source)
{
  XML_FOREACH_CHILD(node, label, "seclabel") {
    xml_ignore(label);
    if (g_strcmp0(xml_attribute(label, "relabel"), "no") == 0)
      continue;
    source->has_label = TRUE;
    source->label_place = xml_place(label);
  }
}

static void ignore_private_data(xmlNode *node)
{
  XML_FOREACH_CHILD(node, data, "privateData") /* of a running guest */
    xml_ignore(data);
}

gboolean disk_source_parse(xmlNode *node, gboolean may_be_empty, DiskSource *ret_source, GError **error)
{
  ret_source->place = xml_place(node);
  xml_attribute(node, "index"); /* of a running guest's block nodes */
  if (!refuse_other_types(node, ret_source->type, error))
    return FALSE;
  read_labels(node, ret_source);
  if (may_be_empty && is_empty(node, ret_source)) {
    xml_attribute(node, "startupPolicy");
    return TRUE;
  }
  if (!readers[ret_source->type](node, ret_source, error))
    return FALSE;
  ignore_private_data(node);
  return read_slices(node, ret_source, error) && read_reservations(node, &ret_source->reservations, error) &&
         disk_encryption_parse(node, &ret_source->encryption, error) &&
         disk_data_store_parse(node, &ret_source->data, error);
}

gboolean disk_source_parse_old(xmlNode *disk, DiskSource *source, GError **error)
{
  if (!source->is_there) /* an empty drive: what is there is reported by whoever looks for what nobody read */
    return TRUE;
  return disk_encryption_parse(disk, &source->encryption, error) &&
         (!source->network || disk_network_parse_auth(disk, source->network, error));
}

/* Where nobody knows it, the path is one that is nowhere. */
static void find_volume(const Domain *domain, DiskSource *source)
{
  gboolean is_block = FALSE;
  g_autofree char *path = pools_find(domain, source->pool, source->volume, &is_block);

  source->is_pool_unknown = path == NULL;
  if (!path)
    path = g_strdup_printf("/nonexistent/%s/%s", source->pool, source->volume);
  source->type = is_block ? DISK_TYPE_BLOCK : DISK_TYPE_FILE;
  source->path = xml_document_keep(domain->document, path);
}

void disk_source_complete(const Domain *domain, DiskSource *source)
{
  if (source->type == DISK_TYPE_VOLUME && source->volume)
    find_volume(domain, source);
  disk_encryption_complete(domain, &source->encryption);
  if (source->network)
    disk_network_complete(domain, source->network);
  if (source->data)
    disk_source_complete(domain, source->data);
}

void disk_source_clear(DiskSource *source)
{
  disk_network_free(source->network);
  if (source->data)
    disk_source_clear(source->data);
  g_free(source->data);
  *source = (DiskSource){ .type = source->type, .place = source->place };
}

char *disk_source_identity(const DiskSource *source)
{
  if (source->network)
    return disk_network_identity(source->network);
  return source->path ? g_strdup(source->path) : NULL;
}

/* ---- The image ---- */

/* What has no unit are bytes. */
static gboolean read_size(xmlNode *node, guint64 *ret_bytes, GError **error)
{
  const char *unit = xml_attribute(node, "unit");
  guint64 kib = 0;

  if (!unit || g_str_equal(unit, "bytes") || g_str_equal(unit, "b"))
    return xml_text_uint(node, 1, G_MAXINT64, ret_bytes, error);
  if (!memory_read_kib(node, &kib, error))
    return FALSE;
  *ret_bytes = kib * 1024;
  return TRUE;
}

gboolean disk_metadata_cache_parse(xmlNode *node, DiskImage *image, GError **error)
{
  xmlNode *cache = NULL, *size = NULL;

  if (!xml_child(node, "metadata_cache", &cache, error) ||
      (cache && !xml_child(cache, "max_size", &size, error)))
    return FALSE;
  if (!size)
    return TRUE;
  image->metadata_cache_place = xml_place(size);
  return read_size(size, &image->metadata_cache, error);
}

static gboolean validate_nvme(const DiskImage *image, const Place *format_place, GError **error)
{
  if (image->source.type == DISK_TYPE_NVME && image->format != DISK_FORMAT_RAW)
    return error_set_document(error, format_place, "type", "what is on an NVMe controller must be 'raw'");
  return TRUE;
}

static gboolean validate_vdpa(const DiskImage *image, const Place *format_place, GError **error)
{
  if (image->source.type != DISK_TYPE_VHOSTVDPA)
    return TRUE;
  if (image->format != DISK_FORMAT_RAW)
    return error_set_document(error, format_place, "type", "what is on a vDPA device must be 'raw'");
  if (image->source.has_slice)
    return error_set_document(error, &image->source.place, NULL, "<slices>: a vDPA device has no parts");
  return TRUE;
}

static gboolean validate_encryption(const DiskImage *image, GError **error)
{
  const DiskEncryption *encryption = &image->source.encryption;
  const DiskNetwork *network = image->source.network;

  if (encryption->format == DISK_ENCRYPTION_NONE)
    return TRUE;
  if (encryption->engine == DISK_ENGINE_LIBRBD) {
    if (network && network->protocol == DISK_PROTOCOL_RBD)
      return TRUE;
    return error_set_document(error, &encryption->place, "engine", "'librbd' needs protocol='rbd'");
  }
  if (encryption->format != DISK_ENCRYPTION_LUKS)
    return error_set_document(error, &encryption->place, "format",
                              "QEMU itself has no '%s' (allowed: luks; with engine='librbd' luks2, too)",
                              enum_to_string(&disk_encryption_table, (int)encryption->format));
  if (image->format == DISK_FORMAT_RAW || image->format == DISK_FORMAT_QCOW2)
    return TRUE;
  return error_set_document(error, &encryption->place, NULL,
                            "images of format '%s' are never encrypted with LUKS (allowed: raw, qcow2)",
                            enum_to_string(&disk_format_table, (int)image->format));
}

static gboolean validate_directory(const DiskImage *image, const Place *format_place, GError **error)
{
  const DiskSource *source = &image->source;

  if ((image->format == DISK_FORMAT_FAT) != (source->type == DISK_TYPE_DIR))
    return error_set_document(error, format_place, "type",
                              source->type == DISK_TYPE_DIR
                                  ? "'%s' is not what QEMU makes of a directory (allowed: fat)"
                                  : "'%s' is what QEMU makes of a directory: it needs type='dir'",
                              enum_to_string(&disk_format_table, (int)image->format));
  if (source->type == DISK_TYPE_DIR && source->has_slice)
    return error_set_document(error, &source->place, NULL, "<slices>: a directory has no parts");
  return TRUE;
}

gboolean disk_image_validate(const DiskImage *image, const Place *format_place, GError **error)
{
  const DiskSource *source = &image->source;

  if (image->metadata_cache && image->format != DISK_FORMAT_QCOW2)
    return error_set_document(error, &image->metadata_cache_place, NULL,
                              "is for images of format 'qcow2'; this one is '%s'",
                              enum_to_string(&disk_format_table, (int)image->format));
  if (source->reservations.is_given && source->type != DISK_TYPE_BLOCK)
    return error_set_document(error, &source->reservations.place, NULL,
                              "is for type='block'; this source is of type '%s'",
                              enum_to_string(&disk_type_table, (int)source->type));
  return validate_encryption(image, error) && validate_nvme(image, format_place, error) &&
         validate_vdpa(image, format_place, error) && validate_directory(image, format_place, error) &&
         disk_data_store_validate(image, error);
}
