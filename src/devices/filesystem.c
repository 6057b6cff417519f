/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/filesystem.h"

#include <string.h>

#include "base/quote.h"
#include "domain/devices.h"
#include "domain/metadata.h"
#include "domain/shared-memory.h"
#include "xml/element.h"

ENUM_TABLE(filesystem_type_table, FILESYSTEM_TYPE_LAST, [FILESYSTEM_MOUNT] = "mount",
           [FILESYSTEM_TEMPLATE] = "template", [FILESYSTEM_FILE] = "file", [FILESYSTEM_BLOCK] = "block",
           [FILESYSTEM_RAM] = "ram", [FILESYSTEM_BIND] = "bind", [FILESYSTEM_MTP] = "mtp");
ENUM_TABLE(filesystem_driver_table, FILESYSTEM_DRIVER_LAST, [FILESYSTEM_PATH] = "path",
           [FILESYSTEM_HANDLE] = "handle", [FILESYSTEM_VIRTIOFS] = "virtiofs", [FILESYSTEM_LOOP] = "loop",
           [FILESYSTEM_NBD] = "nbd", [FILESYSTEM_PLOOP] = "ploop", [FILESYSTEM_DRIVER_MTP] = "mtp");
ENUM_TABLE(filesystem_access_table, FILESYSTEM_ACCESS_LAST, [FILESYSTEM_PASSTHROUGH] = "passthrough",
           [FILESYSTEM_MAPPED] = "mapped", [FILESYSTEM_SQUASH] = "squash");
ENUM_TABLE(filesystem_model_table, FILESYSTEM_MODEL_LAST, [FILESYSTEM_VIRTIO] = "virtio",
           [FILESYSTEM_VIRTIO_TRANSITIONAL] = "virtio-transitional",
           [FILESYSTEM_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional");
ENUM_TABLE(filesystem_multidevs_table, FILESYSTEM_MULTIDEVS_LAST, [FILESYSTEM_MULTIDEVS_DEFAULT] = "default",
           [FILESYSTEM_MULTIDEVS_REMAP] = "remap", [FILESYSTEM_MULTIDEVS_FORBID] = "forbid",
           [FILESYSTEM_MULTIDEVS_WARN] = "warn");
ENUM_TABLE(filesystem_cache_table,
           FILESYSTEM_CACHE_LAST, [FILESYSTEM_CACHE_NONE] = "none", [FILESYSTEM_CACHE_ALWAYS] = "always");
ENUM_TABLE(filesystem_sandbox_table, FILESYSTEM_SANDBOX_LAST, [FILESYSTEM_SANDBOX_NAMESPACE] = "namespace",
           [FILESYSTEM_SANDBOX_CHROOT] = "chroot");
ENUM_TABLE(filesystem_policy_table, 1, "immediate");

enum {
  TAG_MAX_9P = 31, /* bytes, as the next; of QEMU's 9p.h, and of the specification of virtio */
  TAG_MAX_VIRTIOFS = 36,
  QUEUE_MAX = 1024,
  MODE_MAX = 0777,
};

/* ---- Reading ---- */

/* In octal, as chmod(1) has it. */
static gboolean parse_mode(xmlNode *node, const char *name, int *ret_mode, GError **error)
{
  const char *text = xml_attribute(node, name);
  guint64 mode;

  *ret_mode = FILESYSTEM_MODE_NONE;
  if (!text)
    return TRUE;
  if (!g_ascii_string_to_unsigned(text, 8, 0, MODE_MAX, &mode, NULL))
    return xml_error(error, node, name, "'%s' is not an octal number from 0 to 777", text);
  *ret_mode = (int)mode;
  return TRUE;
}

static gboolean parse_driver(xmlNode *node, Filesystem *fs, GError **error)
{
  xmlNode *driver = NULL;
  int policy = -1;

  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  fs->driver_place = xml_place(driver ? driver : node);
  if (!driver)
    return TRUE;
  if (!xml_attribute_enum(driver, "type", &filesystem_driver_table, XML_ENUM(&fs->driver), error) ||
      !xml_attribute_enum(driver, "wrpolicy", &filesystem_policy_table, &policy, error) ||
      !virtio_options_parse(driver, &fs->options, error))
    return FALSE;
  fs->is_immediate = policy >= 0;
  return fs->driver != FILESYSTEM_VIRTIOFS ||
         xml_attribute_uint32(driver, "queue", 1, QUEUE_MAX, &fs->queue_size, error);
}

static gboolean parse_ends(xmlNode *node, Filesystem *fs, GError **error)
{
  xmlNode *source, *target;

  if (!xml_child_required(node, "source", &source, error) ||
      !xml_child_required(node, "target", &target, error))
    return FALSE;
  fs->source_place = xml_place(source);
  fs->target_place = xml_place(target);
  if (!xml_attribute_required(target, "dir", &fs->tag, error))
    return FALSE;
  if (fs->driver == FILESYSTEM_VIRTIOFS && xml_has_attribute(source, "socket"))
    return xml_attribute_path(source, "socket", &fs->socket, error);
  if (!xml_has_attribute(source, "dir") && xml_has_attribute(source, "socket"))
    return xml_error(error, source, "socket", "is that of a virtiofsd, and needs <driver type='virtiofs'/>");
  if (!xml_has_attribute(source, "dir"))
    return xml_error(error, source, "dir", "is missing");
  return xml_attribute_path(source, "dir", &fs->path, error);
}

static int plan_switch(FeatureState state)
{
  return state == FEATURE_UNSET ? PLAN_VIRTIOFSD_UNSET : state == FEATURE_ON;
}

static gboolean parse_locks(xmlNode *binary, Filesystem *fs, GError **error)
{
  FeatureState posix = FEATURE_UNSET, flock = FEATURE_UNSET;
  xmlNode *lock = NULL;

  if (!xml_child(binary, "lock", &lock, error))
    return FALSE;
  if (lock && (!feature_state_parse(lock, "posix", &posix, error) ||
               !feature_state_parse(lock, "flock", &flock, error)))
    return FALSE;
  fs->plan.posix_lock = plan_switch(posix);
  fs->plan.flock = plan_switch(flock);
  return TRUE;
}

static gboolean parse_numbers(xmlNode *binary, Filesystem *fs, GError **error)
{
  xmlNode *pool = NULL, *files = NULL;
  guint32 threads = 0;

  if (!xml_child(binary, "thread_pool", &pool, error) || !xml_child(binary, "openfiles", &files, error))
    return FALSE;
  if (pool && !xml_attribute_uint32(pool, "size", 0, G_MAXINT32, &threads, error))
    return FALSE;
  if (pool && xml_has_attribute(pool, "size"))
    fs->plan.threads = (int)threads;
  return !files || xml_attribute_uint32(files, "max", 1, G_MAXINT32, &fs->plan.open_files, error);
}

static gboolean parse_binary(xmlNode *node, Filesystem *fs, GError **error)
{
  FilesystemCache cache = FILESYSTEM_CACHE_DEFAULT;
  FilesystemSandbox sandbox = FILESYSTEM_SANDBOX_DEFAULT;
  FeatureState xattr = FEATURE_UNSET;
  xmlNode *binary = NULL, *child = NULL, *box = NULL;

  fs->plan.threads = fs->plan.xattr = fs->plan.posix_lock = fs->plan.flock = PLAN_VIRTIOFSD_UNSET;
  if (!xml_child(node, "binary", &binary, error))
    return FALSE;
  if (!binary)
    return TRUE;
  fs->has_binary = TRUE;
  fs->binary_place = xml_place(binary);
  if (!xml_attribute_path(binary, "path", &fs->plan.program, error) ||
      !feature_state_parse(binary, "xattr", &xattr, error) || !xml_child(binary, "cache", &child, error) ||
      (child && !xml_attribute_enum(child, "mode", &filesystem_cache_table, XML_ENUM(&cache), error)) ||
      !xml_child(binary, "sandbox", &box, error) ||
      (box && !xml_attribute_enum(box, "mode", &filesystem_sandbox_table, XML_ENUM(&sandbox), error)))
    return FALSE;
  fs->plan.xattr = plan_switch(xattr);
  fs->plan.cache = enum_to_string(&filesystem_cache_table, (int)cache);
  fs->plan.sandbox = enum_to_string(&filesystem_sandbox_table, (int)sandbox);
  return parse_locks(binary, fs, error) && parse_numbers(binary, fs, error);
}

static gboolean parse_maps_of(xmlNode *idmap, const char *name, const char *option, Filesystem *fs,
                              GError **error)
{
  XML_FOREACH_CHILD(idmap, map, name) {
    guint32 start = 0, target = 0, count = 0;

    if (!xml_has_attribute(map, "start") || !xml_has_attribute(map, "target") ||
        !xml_has_attribute(map, "count"))
      return xml_error(error, map, NULL, "'start', 'target' and 'count' are needed");
    if (!xml_attribute_uint32(map, "start", 0, G_MAXUINT32 - 1, &start, error) ||
        !xml_attribute_uint32(map, "target", 0, G_MAXUINT32 - 1, &target, error) ||
        !xml_attribute_uint32(map, "count", 1, G_MAXUINT32, &count, error))
      return FALSE;
    g_ptr_array_add(fs->plan.maps, g_strdup_printf("%s=:%u:%u:%u:", option, start, target, count));
  }
  return TRUE;
}

static gboolean parse_idmap(xmlNode *node, Filesystem *fs, GError **error)
{
  xmlNode *idmap = NULL;

  fs->plan.maps = g_ptr_array_new_with_free_func(g_free);
  if (!xml_child(node, "idmap", &idmap, error))
    return FALSE;
  fs->has_idmap = idmap != NULL;
  return !idmap || (parse_maps_of(idmap, "uid", "--uid-map", fs, error) &&
                    parse_maps_of(idmap, "gid", "--gid-map", fs, error));
}

static gboolean refuse_type(xmlNode *node, const Filesystem *fs, GError **error)
{
  if (fs->type == FILESYSTEM_MOUNT)
    return TRUE;
  if (fs->type == FILESYSTEM_MTP) {
    xml_error(error, node, "type", "'mtp' is a driver, and no type (allowed: mount)");
    return error_add_hint(error, "<filesystem type='mount'> with <driver type='mtp'/> shares it by USB");
  }
  return xml_error(error, node, "type",
                   "'%s' is for containers: QEMU's guests mount a directory of the host (allowed: mount)",
                   enum_to_string(&filesystem_type_table, (int)fs->type));
}

static gboolean refuse_driver(xmlNode *node, const Filesystem *fs, GError **error)
{
  const char *name = enum_to_string(&filesystem_driver_table, (int)fs->driver);

  if (fs->driver == FILESYSTEM_PATH || fs->driver == FILESYSTEM_VIRTIOFS ||
      fs->driver == FILESYSTEM_DRIVER_MTP)
    return TRUE;
  if (fs->driver == FILESYSTEM_HANDLE)
    return error_set_document(error, &fs->driver_place, "type",
                              "QEMU has no '%s' any more, since 4.0 (allowed: path, virtiofs, mtp)", name);
  return error_set_document(error, &fs->driver_place, "type",
                            "'%s' is for containers (allowed: path, virtiofs, mtp)", name);
}

static gboolean filesystem_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE }, usb[] = { ADDRESS_USB, ADDRESS_NONE };
  Filesystem *fs = (Filesystem *)device;
  xmlNode *readonly = NULL;

  if (!xml_attribute_enum(node, "type", &filesystem_type_table, XML_ENUM(&fs->type), error) ||
      !refuse_type(node, fs, error) ||
      !xml_attribute_enum(node, "accessmode", &filesystem_access_table, XML_ENUM(&fs->access), error) ||
      !xml_attribute_enum(node, "model", &filesystem_model_table, XML_ENUM(&fs->model), error) ||
      !xml_attribute_enum(node, "multidevs", &filesystem_multidevs_table, XML_ENUM(&fs->multidevs), error) ||
      !parse_mode(node, "fmode", &fs->file_mode, error) ||
      !parse_mode(node, "dmode", &fs->directory_mode, error) ||
      !xml_child(node, "readonly", &readonly, error))
    return FALSE;
  fs->is_readonly = readonly != NULL;
  return parse_driver(node, fs, error) && refuse_driver(node, fs, error) && parse_ends(node, fs, error) &&
         parse_binary(node, fs, error) && parse_idmap(node, fs, error) &&
         device_parse_boot(node, device, error) && device_parse_acpi(node, device, error) &&
         device_parse_alias(node, device, error) &&
         address_parse(node, fs->driver == FILESYSTEM_DRIVER_MTP ? usb : pci, &device->address, error);
}

/* ---- What follows ---- */

static void complete_virtiofs(const Domain *domain, Filesystem *fs)
{
  const char *state = domain->options->state_directory ? domain->options->state_directory : "";
  g_autofree char *program = NULL, *socket = NULL, *source = NULL;

  fs->plan.directory = fs->path;
  fs->plan.is_readonly = fs->is_readonly;
  if (fs->socket)
    return;
  fs->own_socket = xml_document_keep_format(domain->document, "%s/virtiofs/%s-%s.sock", state,
                                            domain->metadata->uuid, fs->device.alias);
  program = quote_for_shell(fs->plan.program ? fs->plan.program : "virtiofsd");
  socket = quote_for_shell(fs->own_socket);
  source = quote_for_shell(fs->path);
  fs->own_command = xml_document_keep_format(
      domain->document, "virtiofsd has to listen there before, as with: %s --socket-path=%s -o source=%s%s",
      program, socket, source, fs->is_readonly ? " --readonly" : "");
}

static gboolean filesystem_complete(Domain *domain, Device *device, GError **error)
{
  Filesystem *fs = (Filesystem *)device;

  device_set_alias(domain, device, "fs%u", device->index);
  if (fs->driver == FILESYSTEM_DRIVER_MTP)
    device->is_usb = TRUE;
  else
    device->pci_plug = fs->model == FILESYSTEM_VIRTIO_TRANSITIONAL ? PCI_PLUG_CONVENTIONAL : PCI_PLUG_VIRTIO;
  if (fs->access == FILESYSTEM_ACCESS_DEFAULT)
    fs->access = FILESYSTEM_PASSTHROUGH;
  if (fs->driver == FILESYSTEM_VIRTIOFS)
    complete_virtiofs(domain, fs);
  return TRUE;
}

/* ---- What cannot be ---- */

/* What is virtiofs's alone. */
static gboolean refuse_virtiofs(const Filesystem *fs, GError **error)
{
  if (fs->has_binary)
    return error_set_document(error, &fs->binary_place, NULL,
                              "is how virtiofsd is started, and needs <driver type='virtiofs'/>");
  return !fs->has_idmap || error_set_document(error, &fs->device.place, NULL,
                                              "<idmap> is virtiofsd's, and needs <driver type='virtiofs'/>");
}

static gboolean validate_9p(const Filesystem *fs, GError **error)
{
  const Place *place = &fs->device.place;

  if ((fs->file_mode != FILESYSTEM_MODE_NONE || fs->directory_mode != FILESYSTEM_MODE_NONE) &&
      fs->access != FILESYSTEM_MAPPED)
    return error_set_document(
        error, place, fs->file_mode != FILESYSTEM_MODE_NONE ? "fmode" : "dmode",
        "is that of files on the host which are not the guest's: it needs accessmode='mapped'");
  if (fs->device.boot_order)
    return error_set_document(error, place, NULL, "no firmware boots from a directory by 9p (virtiofs can)");
  return refuse_virtiofs(fs, error);
}

/* What is 9p's alone. */
static gboolean refuse_9p(const Filesystem *fs, GError **error)
{
  const Place *place = &fs->device.place;

  if (fs->access != FILESYSTEM_PASSTHROUGH)
    return error_set_document(error, place, "accessmode", "virtiofs has 'passthrough' alone, and not '%s'",
                              enum_to_string(&filesystem_access_table, (int)fs->access));
  if (fs->model != FILESYSTEM_MODEL_DEFAULT)
    return error_set_document(error, place, "model", "virtiofs has one model, and is given none");
  if (fs->multidevs != FILESYSTEM_MULTIDEVS_NONE)
    return error_set_document(error, place, "multidevs", "is for 9p: virtiofs tells file systems apart");
  if (fs->file_mode != FILESYSTEM_MODE_NONE || fs->directory_mode != FILESYSTEM_MODE_NONE)
    return error_set_document(error, place, fs->file_mode != FILESYSTEM_MODE_NONE ? "fmode" : "dmode",
                              "is for 9p: with virtiofs files have the mode that the guest gives them");
  if (fs->is_immediate)
    return error_set_document(error, &fs->driver_place, "wrpolicy", "is for 9p");
  return TRUE;
}

static gboolean validate_virtiofs(const Domain *domain, const Filesystem *fs, GError **error)
{
  if (!refuse_9p(fs, error))
    return FALSE;
  if (fs->queue_size & (fs->queue_size - 1))
    return error_set_document(error, &fs->driver_place, "queue", "%u is not a power of two", fs->queue_size);
  if (fs->socket && (fs->has_binary || fs->has_idmap || fs->is_readonly))
    return error_set_document(
        error, &fs->source_place, "socket",
        "a virtiofsd that runs already has been told what it is to do: there can be no <%s>",
        fs->has_binary  ? "binary"
        : fs->has_idmap ? "idmap"
                        : "readonly");
  if (memory_is_shared(domain))
    return TRUE;
  error_set_document(error, &fs->driver_place, "type", "'virtiofs' needs memory that virtiofsd can share");
  return error_add_hint(error,
                        "add to the domain: <memoryBacking><source type='memfd'/><access mode='shared'/>"
                        "</memoryBacking>");
}

/* It is no virtio device, and one of the files' sides alone: the host's user is domrun's. */
static gboolean validate_mtp(const Filesystem *fs, GError **error)
{
  const Place *place = &fs->device.place;
  const char *option = virtio_options_find(&fs->options);

  if (fs->access != FILESYSTEM_PASSTHROUGH)
    return error_set_document(error, place, "accessmode", "mtp has 'passthrough' alone, and not '%s'",
                              enum_to_string(&filesystem_access_table, (int)fs->access));
  if (fs->model != FILESYSTEM_MODEL_DEFAULT)
    return error_set_document(error, place, "model", "mtp has one model, and is given none");
  if (fs->multidevs != FILESYSTEM_MULTIDEVS_NONE || fs->file_mode != FILESYSTEM_MODE_NONE ||
      fs->directory_mode != FILESYSTEM_MODE_NONE)
    return error_set_document(error, place,
                              fs->multidevs != FILESYSTEM_MULTIDEVS_NONE ? "multidevs"
                              : fs->file_mode != FILESYSTEM_MODE_NONE    ? "fmode"
                                                                         : "dmode",
                              "is for 9p, and this is mtp");
  if (fs->is_immediate || option)
    return error_set_document(error, &fs->driver_place, fs->is_immediate ? "wrpolicy" : option,
                              "is not for mtp, which is a device on a USB port");
  if (!refuse_virtiofs(fs, error))
    return FALSE;
  return !fs->device.boot_order ||
         error_set_document(error, place, NULL, "no firmware boots from a directory by mtp (virtiofs can)");
}

static void claim_tag(const Device *device, GPtrArray *claims)
{
  if (device->room == &filesystem_room && !device->is_usb)
    g_ptr_array_add(claims, g_strdup(((const Filesystem *)device)->tag));
}

/* QEMU and libvirt take it; a Linux in the guest finds one of the two. */
static void warn_of_same_tag(const Domain *domain, const Filesystem *fs)
{
  const Device *first = device_first_claimant(domain, claim_tag, fs->tag);

  if (first != &fs->device)
    report_warning(domain->report, &fs->target_place, "dir", "give each a name of its own",
                   "'%s' is that of line %d, too: the guest finds one of the two by it", fs->tag,
                   first->place.line);
}

static gboolean validate_tag(const Domain *domain, const Filesystem *fs, gsize max, GError **error)
{
  gsize length = strlen(fs->tag);

  if (length > max)
    return error_set_document(error, &fs->target_place, "dir",
                              "'%s', by which the guest is to know it, has %" G_GSIZE_FORMAT
                              " bytes, and can have %" G_GSIZE_FORMAT,
                              fs->tag, length, max);
  warn_of_same_tag(domain, fs);
  return TRUE;
}

static gboolean filesystem_validate(const Domain *domain, const Device *device, GError **error)
{
  const Filesystem *fs = (const Filesystem *)device;
  gboolean is_9p = fs->driver == FILESYSTEM_PATH;

  if (fs->driver == FILESYSTEM_DRIVER_MTP)
    return validate_mtp(fs, error);
  return validate_tag(domain, fs, is_9p ? TAG_MAX_9P : TAG_MAX_VIRTIOFS, error) &&
         (is_9p ? validate_9p(fs, error) : validate_virtiofs(domain, fs, error));
}

static void filesystem_clear(Device *device)
{
  g_clear_pointer(&((Filesystem *)device)->plan.maps, g_ptr_array_unref);
}

const DeviceRoom filesystem_room = {
  .element = "filesystem",
  .size = sizeof(Filesystem),
  .pci_order = DEVICE_PCI_ORDER_FILESYSTEM,
  .usb_order = DEVICE_USB_ORDER_FILESYSTEM,
  .parse = filesystem_parse,
  .complete = filesystem_complete,
  .validate = filesystem_validate,
  .translate = filesystem_translate,
  .annotate = device_annotate_nothing,
  .clear = filesystem_clear,
};
