/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --disk adds a disk, --cdrom puts a CD into a drive. The format of an image is what its name says, or raw:
 * to look into it would let the guest that wrote it choose (docs/differences.md).
 */
#include "config.h"

#include <string.h>

#include "change/part.h"

/* ---- Where it is ---- */

static const char *format_of(const char *path)
{
  static const char *const formats[][2] = { { ".qcow2", "qcow2" }, { ".qcow", "qcow" }, { ".qed", "qed" },
                                            { ".vmdk", "vmdk" },   { ".vdi", "vdi" },   { ".vhdx", "vhdx" },
                                            { ".vhd", "vpc" },     { ".vpc", "vpc" },   { ".dmg", "dmg" } };

  for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
    if (g_str_has_suffix(path, formats[i][0]))
      return formats[i][1];
  }
  return "raw";
}

/* @path is the user's, relative to the user's directory. */
static void set_source(xmlNode *disk, const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename(path, /* relative_to= */ NULL);
  gboolean is_device = g_str_has_prefix(absolute, "/dev/");

  xml_set_attribute(disk, "type", is_device ? "block" : "file");
  xml_set_attribute(xml_set_child(disk, "source"), is_device ? "dev" : "file", absolute);
}

/* ---- Its name in the guest ---- */

static const char *prefix_of(const char *bus)
{
  static const char *const prefixes[][2] = {
    { "virtio", "vd" }, { "ide", "hd" }, { "fdc", "fd" }, { "xen", "xvd" }
  };

  for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
    if (g_str_equal(bus, prefixes[i][0]))
      return prefixes[i][1];
  }
  return "sd";
}

/* a, b, ..., z, aa, ab, ... */
static char *letters_of(guint n)
{
  GString *letters = g_string_new(NULL);

  for (n++; n > 0; n = (n - 1) / 26)
    g_string_prepend_c(letters, (char)('a' + (n - 1) % 26));
  return g_string_free(letters, /* free_segment= */ FALSE);
}

static void note_targets(const Change *change)
{
  ChangeNotes *notes = change->notes;

  if (notes->targets)
    return;
  notes->targets = g_hash_table_new(g_str_hash, g_str_equal);
  notes->nexts = g_hash_table_new(g_str_hash, g_str_equal);
  XML_FOREACH_CHILD(change_devices(change), disk, "disk") {
    xmlNode *target = change_child(disk, "target");

    if (target)
      g_hash_table_add(notes->targets, (gpointer)change_peek(target, "dev"));
  }
}

/* The first name that no disk has. The caller frees it. */
static char *find_target(ChangeNotes *notes, const char *bus)
{
  const char *prefix = prefix_of(bus);

  for (guint n = GPOINTER_TO_UINT(g_hash_table_lookup(notes->nexts, prefix));; n++) {
    g_autofree char *letters = letters_of(n);
    g_autofree char *name = g_strconcat(prefix, letters, NULL);

    g_hash_table_insert(notes->nexts, (gpointer)prefix, GUINT_TO_POINTER(n));
    if (!g_hash_table_contains(notes->targets, name))
      return g_steal_pointer(&name);
  }
}

/* @name NULL: the next one. */
static gboolean set_target(const Change *change, xmlNode *disk, const char *bus, const char *name,
                           GError **error)
{
  g_autofree char *found = NULL;
  xmlNode *target;

  note_targets(change);
  if (name && g_hash_table_contains(change->notes->targets, name))
    return change_error(change, error, "has the target '%s', which is another disk's", name);
  found = name ? g_strdup(name) : find_target(change->notes, bus);
  target = change_add(change, disk, "target");
  xml_set_attribute(target, "dev", found);
  xml_set_attribute(target, "bus", bus);
  g_hash_table_add(change->notes->targets, (gpointer)change_peek(target, "dev"));
  return TRUE;
}

/* ---- --disk ---- */

typedef struct {
  const char *path;
  const char *format; /* NULL: what its name says */
  const char *bus;
  const char *target; /* NULL: the next */
  const char *serial; /* or NULL, as the next */
  const char *cache;
  gboolean is_readonly;
} DiskWords;

static gboolean read_word(const Change *change, const char *word, DiskWords *words, GError **error)
{
  const struct {
    const char *name;
    const char **value;
  } names[] = { { "format=", &words->format },
                { "bus=", &words->bus },
                { "target=", &words->target },
                { "serial=", &words->serial },
                { "cache=", &words->cache } };

  if (g_str_equal(word, "readonly")) {
    words->is_readonly = TRUE;
    return TRUE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (g_str_has_prefix(word, names[i].name) && word[strlen(names[i].name)]) {
      *names[i].value = word + strlen(names[i].name);
      return TRUE;
    }
  }
  change_error(change, error, "has '%s', which is not understood", word);
  return error_add_hint(
      error, "expected FILE[,format=FORMAT][,bus=BUS][,target=NAME][,serial=TEXT][,cache=MODE][,readonly]; "
             "a comma in FILE is written twice");
}

gboolean change_disk(const Change *change, GError **error)
{
  g_auto(GStrv) parts = change_split(change->value);
  DiskWords words = { .path = parts[0], .bus = "virtio" };
  xmlNode *disk, *driver;

  if (!*words.path)
    return change_error(change, error, "names no file");
  for (char **part = parts + 1; *part; part++) {
    if (!read_word(change, *part, &words, error))
      return FALSE;
  }
  disk = change_add(change, change_devices(change), "disk");
  xml_set_attribute(disk, "device", "disk");
  driver = change_add(change, disk, "driver");
  xml_set_attribute(driver, "name", "qemu");
  xml_set_attribute(driver, "type", words.format ? words.format : format_of(words.path));
  if (words.cache)
    xml_set_attribute(driver, "cache", words.cache);
  set_source(disk, words.path);
  if (!set_target(change, disk, words.bus, words.target, error))
    return FALSE;
  if (words.serial)
    xml_set_text(change_add(change, disk, "serial"), words.serial);
  if (words.is_readonly)
    change_add(change, disk, "readonly");
  return TRUE;
}

/* ---- --cloud-init ---- */

static const char *bus_of(xmlNode *disk)
{
  xmlNode *target = change_child(disk, "target");
  const char *bus = target ? change_peek(target, "bus") : "",
             *name = target ? change_peek(target, "dev") : "";

  if (*bus)
    return bus;
  return g_str_has_prefix(name, "vd") ? "virtio" : g_str_has_prefix(name, "hd") ? "ide" : "scsi";
}

/* Where the guest has its first disk: for that bus it has a driver. A kernel for clouds may have one for
 * virtio alone. */
static const char *choose_known_bus(const Change *change)
{
  static const char *const with_drives[] = { "ide", "sata", "scsi", "usb", NULL };

  XML_FOREACH_CHILD(change_devices(change), disk, "disk") {
    const char *device = change_peek(disk, "device");

    if (!*device || g_str_equal(device, "disk") || g_str_equal(device, "lun"))
      return g_strv_contains(with_drives, bus_of(disk)) ? bus_of(disk) : "virtio";
  }
  return "virtio";
}

/* The last name on the first controller that no disk has; NULL: there is none. The caller frees it. */
static char *find_last_target(const Change *change, const char *bus)
{
  guint n = g_str_equal(bus, "ide") ? 4 : g_str_equal(bus, "sata") ? 6 : g_str_equal(bus, "scsi") ? 7 : 0;

  note_targets(change);
  while (n-- > 0) {
    g_autofree char *letters = letters_of(n);
    g_autofree char *name = g_strconcat(prefix_of(bus), letters, NULL);

    if (!g_hash_table_contains(change->notes->targets, name))
      return g_steal_pointer(&name);
  }
  return NULL;
}

xmlNode *change_add_known_drive(const Change *change)
{
  const char *bus = choose_known_bus(change);
  g_autofree char *target = find_last_target(change, bus);
  xmlNode *disk;

  if (g_str_equal(bus, "ide") && !target) /* there is no second controller */
    bus = "virtio";
  disk = change_add(change, change_devices(change), "disk");

  xml_set_attribute(disk, "device", g_str_equal(bus, "virtio") ? "disk" : "cdrom");
  set_target(change, disk, bus, target, /* error= */ NULL);
  change_add(change, disk, "readonly");
  return disk;
}

/* ---- --cdrom ---- */

/* The drive for the CD of the @nth --cdrom; NULL: there are not so many. */
static xmlNode *find_drive(xmlNode *devices, guint nth)
{
  XML_FOREACH_CHILD(devices, disk, "disk") {
    if (g_str_equal(change_peek(disk, "device"), "cdrom") && nth-- == 0)
      return disk;
  }
  return NULL;
}

static gboolean has_virtio_scsi(xmlNode *devices)
{
  XML_FOREACH_CHILD(devices, controller, "controller") {
    if (g_str_equal(change_peek(controller, "type"), "scsi"))
      return TRUE;
  }
  return FALSE;
}

/* The bus of a CD drive: what the machine has, or else SCSI, with virtio's controller. */
static const char *choose_bus(const Change *change)
{
  xmlNode *os = change_child(change->root, "os"), *type = os ? change_child(os, "type") : NULL, *controller;
  const char *machine = change->machine ? change->machine : type ? change_peek(type, "machine") : "";
  const char *arch = type ? change_peek(type, "arch") : "";
  gboolean is_x86 = !*arch || g_str_equal(arch, "x86_64") || g_str_equal(arch, "i686");

  if (strstr(machine, "q35"))
    return "sata";
  if (*machine ? strstr(machine, "pc-") || g_str_has_suffix(machine, "pc") : is_x86)
    return "ide";
  if (!has_virtio_scsi(change_devices(change))) {
    controller = change_add(change, change_devices(change), "controller");
    xml_set_attribute(controller, "type", "scsi");
    xml_set_attribute(controller, "model", "virtio-scsi");
  }
  return "scsi";
}

static xmlNode *add_drive(const Change *change)
{
  const char *bus = choose_bus(change);
  xmlNode *disk = change_add(change, change_devices(change), "disk");

  xml_set_attribute(disk, "device", "cdrom");
  set_target(change, disk, bus, /* name= */ NULL, /* error= */ NULL);
  change_add(change, disk, "readonly");
  return disk;
}

/* What belongs to the CD that was in it. */
static void empty_drive(xmlNode *disk)
{
  static const char *const names[] = { "source", "driver", "backingStore", "mirror", "auth", "encryption" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    xml_remove_child(disk, names[i]);
}

static guint highest_order(xmlNode *devices)
{
  guint highest = 0;

  XML_FOREACH_CHILD(devices, device, NULL) {
    xmlNode *boot = change_child(device, "boot");
    guint64 order;

    if (boot && g_ascii_string_to_unsigned(change_peek(boot, "order"), 10, 1, G_MAXINT32 - 1, &order, NULL))
      highest = MAX(highest, (guint)order);
  }
  return highest;
}

static gboolean boots_from(xmlNode *os, const char *device)
{
  XML_FOREACH_CHILD(os, boot, "boot") {
    if (g_str_equal(change_peek(boot, "dev"), device))
      return TRUE;
  }
  return FALSE;
}

/* Behind whatever boots now: an empty disk leaves the boot to the CD, and one with a system in it does not.
 */
static void let_it_boot(const Change *change, xmlNode *disk)
{
  guint highest = highest_order(change_devices(change));
  xmlNode *os = xml_set_child(change->root, "os");

  if (change_child(disk, "boot"))
    return;
  if (highest > 0) {
    xml_set_attribute_format(change_add(change, disk, "boot"), "order", "%u", highest + 1);
    return;
  }
  if (!change_child(os, "boot"))
    xml_set_attribute(change_add(change, os, "boot"), "dev", "hd");
  if (!boots_from(os, "cdrom"))
    xml_set_attribute(change_add(change, os, "boot"), "dev", "cdrom");
}

gboolean change_cdrom(const Change *change, GError **error)
{
  xmlNode *disk = find_drive(change_devices(change), change->nth), *driver;

  if (!*change->value)
    return change_error(change, error, "names no file");
  if (disk)
    empty_drive(disk);
  else
    disk = add_drive(change);
  driver = change_add(change, disk, "driver");
  xml_set_attribute(driver, "name", "qemu");
  xml_set_attribute(driver, "type", "raw");
  set_source(disk, change->value);
  let_it_boot(change, disk);
  return TRUE;
}
