/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk is two block nodes, the file and the format on it, and the device; two more for each backing file,
 * which come first, the lowest one first; one between the two where the image is a part of the file; and one
 * on top of all that copies what is read. What is written to a transient disk goes to an overlay that QEMU
 * makes and unlinks at once, in $TMPDIR or /var/tmp. The nodes are named by the disk's number: QEMU allows
 * them 31 bytes, and an alias may be longer.
 */
#include "config.h"

#include "devices/disk/disk.h"

ENUM_TABLE(disk_format_driver_table, DISK_FORMAT_LAST, [DISK_FORMAT_RAW] = "raw",
           [DISK_FORMAT_BOCHS] = "bochs", [DISK_FORMAT_CLOOP] = "cloop", [DISK_FORMAT_DMG] = "dmg",
           [DISK_FORMAT_FAT] = "raw", [DISK_FORMAT_PARALLELS] = "parallels", [DISK_FORMAT_QCOW] = "qcow",
           [DISK_FORMAT_QCOW2] = "qcow2", [DISK_FORMAT_QED] = "qed", [DISK_FORMAT_VDI] = "vdi",
           [DISK_FORMAT_VHDX] = "vhdx", [DISK_FORMAT_VMDK] = "vmdk", [DISK_FORMAT_VPC] = "vpc");
ENUM_TABLE(
    disk_aio_table,
    DISK_IO_LAST, [DISK_IO_THREADS] = "threads", [DISK_IO_NATIVE] = "native", [DISK_IO_URING] = "io_uring");
ENUM_TABLE(disk_discard_driver_table,
           DISK_DISCARD_LAST, [DISK_DISCARD_UNMAP] = "unmap", [DISK_DISCARD_IGNORE] = "ignore");
ENUM_TABLE(
    disk_zeroes_table,
    DISK_ZEROES_LAST, [DISK_ZEROES_OFF] = "off", [DISK_ZEROES_ON] = "on", [DISK_ZEROES_UNMAP] = "unmap");

/* What a cache mode is made of, beside the write cache of the device (QEMU's manual, -drive cache=). */
typedef struct {
  gboolean is_direct;    /* past the host's page cache */
  gboolean has_no_flush; /* the guest's flushes are ignored */
} CacheMode;

static const CacheMode cache_modes[DISK_CACHE_LAST] = {
  [DISK_CACHE_NONE] = { TRUE, FALSE },       [DISK_CACHE_WRITETHROUGH] = { FALSE, FALSE },
  [DISK_CACHE_WRITEBACK] = { FALSE, FALSE }, [DISK_CACHE_DIRECTSYNC] = { TRUE, FALSE },
  [DISK_CACHE_UNSAFE] = { FALSE, TRUE },
};

static void add_cache(const DiskDriver *driver, Props *node)
{
  Props *cache;

  if (driver->cache == DISK_CACHE_DEFAULT)
    return;
  cache = props_new_empty();
  props_add_bool(cache, "direct", cache_modes[driver->cache].is_direct);
  props_add_bool(cache, "no-flush", cache_modes[driver->cache].has_no_flush);
  props_add_props(node, "cache", cache);
}

/* An image of the chain, the disk's own at depth 0, its backing file at 1, and so on; and what its nodes'
 * names begin with. */
typedef struct {
  const Disk *disk;
  guint depth;
  const DiskImage *image;
  char *prefix;
} Link;

static Link link_at(const Disk *disk, guint depth)
{
  if (depth == 0)
    return (Link){ disk, depth, &disk->image, g_strdup_printf("disk-%u", disk->device.index) };
  return (Link){ disk, depth, &g_array_index(disk->backing, DiskImage, depth - 1),
                 g_strdup_printf("disk-%u-backing-%u", disk->device.index, depth) };
}

static gboolean is_read(const Link *link)
{
  return link->depth > 0 || link->disk->is_readonly || link->disk->is_transient;
}

static void add_name(Props *node, const char *key, const Link *link, const char *what)
{
  props_add_format(node, key, "%s-%s", link->prefix, what);
}

static void add_storage(const Link *link, Props *storage, const char *name, PlanForm form, Plan *plan)
{
  props_add_string(storage, "node-name", name);
  add_cache(&link->disk->driver, storage);
  props_add_bool(storage, "auto-read-only", TRUE);
  props_add_string(storage, "discard", "unmap");
  plan_add_json(plan, form, "-blockdev", storage);
}

/* Of the image, or of its data. */
static void translate_storage(const Link *link, const DiskSource *source, const char *prefix,
                              const char *name, PlanForm form, Plan *plan)
{
  const DiskDriver *driver = &link->disk->driver;

  add_storage(link,
              disk_source_translate(source, prefix, enum_to_string(&disk_aio_table, (int)driver->io), plan),
              name, form, plan);
}

/* The image that `run` makes, and the file that a person has made of it: the file's name is the shell's
 * alone.
 */
static void translate_cloud_init(const Link *link, const DiskSource *source, const char *name, Plan *plan)
{
  PlanResource *resource =
      plan_add_resource(plan, PLAN_RESOURCE_CLOUD_INIT, link->disk->device.alias, &source->place);
  Props *storage = props_new("driver", "file");

  resource->cloud_init = &source->cloud_init;
  resource->path = source->path;
  plan_add_format(plan, PLAN_RUN, "-add-fd", "set=%d,fd=%d", resource->fd, resource->fd);
  props_add_format(storage, "filename", "/dev/fdset/%d", resource->fd);
  props_add_bool(storage, "read-only", TRUE);
  add_storage(link, storage, name, PLAN_RUN, plan);
  translate_storage(link, source, link->prefix, name, PLAN_SHELL, plan);
  plan_lack(plan, &source->place, "file",
            "the file has to be made before, as 'domrun cloud-init' does, with the same options");
}

static void add_slice(const DiskSource *source, Props *node)
{
  props_add_uint(node, "offset", source->slice_offset);
  props_add_uint(node, "size", source->slice_size);
}

/* By QEMU itself. */
static gboolean is_encrypted(const DiskImage *image)
{
  const DiskEncryption *encryption = &image->source.encryption;

  return encryption->format != DISK_ENCRYPTION_NONE && encryption->engine == DISK_ENGINE_QEMU;
}

static const char *format_driver(const DiskImage *image)
{
  if (image->format == DISK_FORMAT_RAW && is_encrypted(image))
    return "luks";
  return enum_to_string(&disk_format_driver_table, (int)image->format);
}

/* A raw image takes its part of the file by itself. */
static gboolean has_slice_node(const DiskImage *image)
{
  return image->source.has_slice && (image->format != DISK_FORMAT_RAW || is_encrypted(image));
}

static void add_key(const Link *link, Props *format, Plan *plan)
{
  const DiskImage *image = link->image;
  const Secret *secret = &image->source.encryption.secret;
  g_autofree char *id = g_strconcat(link->prefix, "-key", NULL);
  Props *encrypt;

  if (!is_encrypted(image))
    return;
  plan_add_secret(plan, &secret->place, id, &secret->found, /* without= */ NULL);
  if (image->format == DISK_FORMAT_RAW) {
    props_add_string(format, "key-secret", id);
    return;
  }
  encrypt = props_new("format", "luks");
  props_add_string(encrypt, "key-secret", id);
  props_add_props(format, "encrypt", encrypt);
}

static void translate_slice(const DiskSource *source, const char *name, const char *under, Plan *plan)
{
  Props *slice = props_new("driver", "raw");

  props_add_string(slice, "node-name", name);
  add_slice(source, slice);
  props_add_string(slice, "file", under);
  props_add_bool(slice, "auto-read-only", TRUE);
  props_add_string(slice, "discard", "unmap");
  plan_add_json(plan, PLAN_BOTH, "-blockdev", slice);
}

/* Zeroes become holes only where discarding is allowed. */
static const char *detect_zeroes_of(const DiskDriver *driver)
{
  if (driver->detect_zeroes == DISK_ZEROES_UNMAP && driver->discard != DISK_DISCARD_UNMAP)
    return enum_to_string(&disk_zeroes_table, DISK_ZEROES_ON);
  return enum_to_string(&disk_zeroes_table, (int)driver->detect_zeroes);
}

static gboolean has_own_chain(const Link *link)
{
  return link->depth < link->disk->backing->len || link->disk->is_chain_ended;
}

/* What is under an image: the next of the chain, or nothing, or what its header says. */
static void add_backing(const Link *link, Props *node)
{
  if (link->depth < link->disk->backing->len)
    props_add_format(node, "backing", "disk-%u-backing-%u-format", link->disk->device.index, link->depth + 1);
  else if (link->disk->is_chain_ended && disk_format_has_backing(link->image->format))
    props_add_null(node, "backing");
}

static void translate_bytes(const Link *link, Plan *plan)
{
  const DiskSource *source = &link->image->source;
  g_autofree char *storage = g_strconcat(link->prefix, "-storage", NULL);
  g_autofree char *slice = g_strconcat(link->prefix, "-slice", NULL);

  if (source->cloud_init.instance)
    translate_cloud_init(link, source, storage, plan);
  else
    translate_storage(link, source, link->prefix, storage, PLAN_BOTH, plan);
  if (has_slice_node(link->image))
    translate_slice(source, slice, storage, plan);
}

/* The names are short: they come after those of a long chain. */
static void translate_data(const Link *link, Plan *plan)
{
  const DiskSource *data = link->image->source.data;
  g_autofree char *name = g_strconcat(link->prefix, "-data", NULL);
  g_autofree char *part = g_strconcat(link->prefix, "-part", NULL);

  translate_storage(link, data, name, name, PLAN_BOTH, plan);
  if (data->has_slice)
    translate_slice(data, part, name, plan);
}

/* What <driver> says holds for the whole chain, but for the detection of zeroes: libvirt has it so. */
static void translate_format(const Link *link, Plan *plan)
{
  const DiskDriver *driver = &link->disk->driver;
  const DiskImage *image = link->image;
  Props *format = props_new("driver", format_driver(image));

  add_name(format, "node-name", link, "format");
  props_add_bool(format, "read-only", is_read(link));
  props_add_string(format, "discard", enum_to_string(&disk_discard_driver_table, (int)driver->discard));
  if (image->format == DISK_FORMAT_QCOW2)
    feature_state_add(format, "discard-no-unref", driver->discard_no_unref);
  if (link->depth == 0)
    props_add_string(format, "detect-zeroes", detect_zeroes_of(driver));
  add_cache(driver, format);
  if (image->source.has_slice && !has_slice_node(image))
    add_slice(&image->source, format);
  add_key(link, format, plan);
  if (image->metadata_cache)
    props_add_uint(format, "cache-size", image->metadata_cache);
  add_name(format, "file", link, has_slice_node(image) ? "slice" : "storage");
  if (image->source.data)
    add_name(format, "data-file", link, image->source.data->has_slice ? "part" : "data");
  add_backing(link, format);
  plan_add_json(plan, PLAN_BOTH, "-blockdev", format);
}

/* What has to be on the host. */
static void require(const Link *link, const DiskSource *source, const char *format, Plan *plan)
{
  PlanRequirement *requirement;

  if (!source->path)
    return;
  if (source->is_pool_unknown) {
    plan_require(plan, PLAN_REQUIRE_POOL, &source->place, "pool", source->pool);
    plan_allow(plan, PLAN_ACCESS_WRITE, source->path);
    return;
  }
  if (source->cloud_init.instance) {
    plan_require(plan, PLAN_REQUIRE_CLOUD_INIT, &source->place, /* attribute= */ NULL, /* path= */ NULL)
        ->cloud_init = &source->cloud_init;
    return;
  }
  if (source->type == DISK_TYPE_DIR) {
    plan_require(plan, PLAN_REQUIRE_DIRECTORY, &source->place, disk_source_attribute(source), source->path);
    return;
  }
  if (source->type == DISK_TYPE_VHOSTVDPA) {
    plan_require(plan, PLAN_REQUIRE_DEVICE, &source->place, disk_source_attribute(source), source->path);
    return;
  }
  requirement = plan_require(plan, is_read(link) ? PLAN_REQUIRE_READ : PLAN_REQUIRE_WRITE, &source->place,
                             disk_source_attribute(source), source->path);
  requirement->is_shared = link->depth == 0 && link->disk->is_shareable;
  requirement->has_own_chain = has_own_chain(link);
  requirement->has_own_data = source->data != NULL;
  if (!source->has_slice) /* else the header is somewhere in it */
    requirement->format = format;
}

static void translate_image(const Disk *disk, guint depth, Plan *plan)
{
  Link link = link_at(disk, depth);
  const DiskSource *source = &link.image->source;

  if (source->data)
    translate_data(&link, plan);
  translate_bytes(&link, plan);
  translate_format(&link, plan);
  require(&link, source, format_driver(link.image), plan);
  if (source->data)
    require(&link, source->data, /* format= */ "raw", plan);
  g_free(link.prefix);
}

static void translate_copy(const Disk *disk, Plan *plan)
{
  Props *copy = props_new("driver", "copy-on-read");

  props_add_format(copy, "node-name", "disk-%u-copy", disk->device.index);
  props_add_format(copy, "file", "disk-%u-format", disk->device.index);
  props_add_string(copy, "discard", "unmap");
  plan_add_json(plan, PLAN_BOTH, "-blockdev", copy);
}

void disk_images_add(const Domain *domain, const Disk *disk, const char *top, Props *drive, Plan *plan)
{
  if (disk->is_transient) {
    props_add_bool(drive, "snapshot", TRUE);
    plan_allow(plan, PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE, PLAN_TEMPORARY);
  }
  props_add_format(drive, "file", "json:{\"driver\":\"raw\",\"file\":\"%s\"}", top);
  if (disk->is_transient && disk_iotune_is_set(domain, disk))
    disk_iotune_add(domain, disk, drive);
}

/* -blockdev cannot make an overlay, and -drive can. */
static void translate_overlay(const Domain *domain, const Disk *disk, const char *under, Plan *plan)
{
  Props *drive = props_new("if", "none");

  props_add_format(drive, "id", "disk-%u-overlay", disk->device.index);
  disk_images_add(domain, disk, under, drive, plan);
  plan_add_keyval(plan, PLAN_BOTH, "-drive", drive);
}

static gboolean has_throttle_node(const Domain *domain, const Disk *disk)
{
  return disk_iotune_is_set(domain, disk) && !disk->is_transient && disk->kind != DISK_DEVICE_LUN;
}

static void replace(char **top, const Disk *disk, const char *role)
{
  g_free(*top);
  *top = g_strdup_printf("disk-%u-%s", disk->device.index, role);
}

char *disk_images_translate(const Domain *domain, const Disk *disk, Plan *plan)
{
  g_autofree char *top = g_strdup_printf("disk-%u-format", disk->device.index);

  for (guint depth = disk->backing->len + 1; depth > 0; depth--)
    translate_image(disk, depth - 1, plan);
  if (disk->driver.copy_on_read == FEATURE_ON) {
    translate_copy(disk, plan);
    replace(&top, disk, "copy");
  }
  if (disk->filters && disk->kind != DISK_DEVICE_LUN) {
    char *filter = disk_filters_translate(disk, top, plan);

    g_free(top);
    top = filter;
  }
  if (disk->is_transient && disk->bus != DISK_BUS_SD) {
    translate_overlay(domain, disk, top, plan);
    replace(&top, disk, "overlay");
  }
  if (has_throttle_node(domain, disk)) {
    disk_iotune_filter(domain, disk, top, plan);
    replace(&top, disk, "throttle");
  }
  return g_steal_pointer(&top);
}
