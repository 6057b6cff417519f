/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/osinfo.h"

#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "xml/element.h"

/* What derives from what is a chain, and not a long one. */
enum { CHAIN_MAX = 64 };

static char *find_directory(void)
{
  const char *directory = g_getenv("OSINFO_SYSTEM_DIR");

  return g_build_filename(directory && *directory ? directory : "/usr/share/osinfo", "os", NULL);
}

void osinfo_clear(Osinfo *osinfo)
{
  g_clear_pointer(&osinfo->name, g_free);
  g_clear_pointer(&osinfo->family, g_free);
}

/* ---- Finding it ---- */

/* Looks at all files of one vendor; of those that are not it the nearest is kept. */
static char *find_in(const char *directory, const char *short_id, Nearest *nearest, GStringChunk *names)
{
  g_autoptr(GDir) files = g_dir_open(directory, 0, NULL);
  const char *file;

  while (files && (file = g_dir_read_name(files))) {
    g_autofree char *path = g_build_filename(directory, file, NULL);
    g_autofree char *text = NULL;
    const char *at;

    if (!g_str_has_suffix(file, ".xml") || !g_file_get_contents(path, &text, NULL, NULL))
      continue;
    for (at = text; (at = strstr(at, "<short-id>"));) {
      const char *end = strchr(at += strlen("<short-id>"), '<');
      g_autofree char *id = end ? g_strndup(at, (gsize)(end - at)) : NULL;

      if (id && g_str_equal(id, short_id))
        return g_steal_pointer(&path);
      if (id)
        nearest_try(nearest, g_string_chunk_insert(names, id));
    }
  }
  return NULL;
}

static gboolean no_such_system(const char *directory, const char *short_id, const char *nearest,
                               GError **error)
{
  if (access(directory, R_OK) != 0) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL,
              "nothing is known of the operating system '%s': this host has no osinfo-db", short_id);
    return error_add_hint(
        error, "the package osinfo-db has it; without --os the guest gets what Linux has drivers for");
  }
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "osinfo-db has no operating system '%s'", short_id);
  if (nearest)
    return error_add_hint(error, "did you mean '%s'?", nearest);
  return error_add_hint(error, "'osinfo-query os' (package libosinfo-bin) lists those that it has");
}

static char *find_file(const char *directory, const char *short_id, GError **error)
{
  g_autoptr(GDir) vendors = g_dir_open(directory, 0, NULL);
  GStringChunk *names = g_string_chunk_new(4096);
  Nearest nearest = NEAREST_INIT(short_id);
  char *path = NULL;
  const char *vendor;

  while (!path && vendors && (vendor = g_dir_read_name(vendors))) {
    g_autofree char *folder = g_build_filename(directory, vendor, NULL);

    path = find_in(folder, short_id, &nearest, names);
  }
  if (!path)
    no_such_system(directory, short_id, nearest.name, error);
  g_string_chunk_free(names);
  return path;
}

/* "http://debian.org/debian/11" is debian.org/debian-11.xml. NULL: it is no such name. */
static char *file_of_id(const char *directory, const char *id)
{
  g_auto(GStrv) parts = NULL;
  g_autofree char *name = NULL;

  if (!id || !g_str_has_prefix(id, "http://"))
    return NULL;
  parts = g_strsplit(id + strlen("http://"), "/", 2);
  if (!parts[0] || !parts[1] || parts[0][0] == '.')
    return NULL;
  name = g_strconcat(g_strdelimit(parts[1], "/", '-'), ".xml", NULL);
  return g_build_filename(directory, parts[0], name, NULL);
}

/* ---- Reading it ---- */

static void read_number(xmlNode *resources, const char *name, guint64 *ret_number)
{
  const char *text = NULL;

  if (resources && *ret_number == 0 && xml_child_text(resources, name, &text, NULL) && text)
    g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, ret_number, NULL);
}

static void read_resources(xmlNode *os, Osinfo *osinfo)
{
  static const char *const kinds[] = { "recommended", "minimum" };

  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    XML_FOREACH_CHILD(os, resources, "resources") {
      xmlNode *kind = xml_next_child(resources, kinds[i], NULL);

      read_number(kind, "ram", &osinfo->memory);
      read_number(kind, "n-cpus", &osinfo->n_cpus);
    }
  }
}

/* By their PCI identities, of virtio before 1.0 and since. */
static void read_devices(xmlNode *os, Osinfo *osinfo)
{
  xmlNode *devices = xml_next_child(os, "devices", NULL);

  if (!devices)
    return;
  XML_FOREACH_CHILD(devices, device, "device") {
    const char *id = xml_attribute(device, "id");

    if (!id || g_strcmp0(xml_attribute(device, "supported"), "false") == 0)
      continue;
    if (g_str_has_suffix(id, "/pci/1af4/1001") || g_str_has_suffix(id, "/pci/1af4/1042"))
      osinfo->has_virtio_disk = TRUE;
    if (g_str_has_suffix(id, "/pci/1af4/1000") || g_str_has_suffix(id, "/pci/1af4/1041"))
      osinfo->has_virtio_net = TRUE;
  }
}

static void read_firmware(xmlNode *os, Osinfo *osinfo)
{
  XML_FOREACH_CHILD(os, firmware, "firmware") {
    if (g_strcmp0(xml_attribute(firmware, "type"), "bios") == 0 &&
        g_strcmp0(xml_attribute(firmware, "supported"), "false") == 0)
      osinfo->needs_efi = TRUE;
  }
}

/* What a nearer one says counts. Returns the id of the one that it derives from, or NULL; the caller frees
 * it. */
static char *read_system(xmlNode *os, gboolean is_itself, Osinfo *osinfo)
{
  xmlNode *origin = xml_next_child(os, "derives-from", NULL), *name = xml_next_child(os, "name", NULL);
  const char *family = NULL, *text = NULL;

  if (is_itself && name && xml_text(name, &text, NULL))
    osinfo->name = g_strdup(text);
  if (!osinfo->family && xml_child_text(os, "family", &family, NULL) && family)
    osinfo->family = g_strdup(family);
  if (is_itself)
    read_firmware(os, osinfo);
  read_resources(os, osinfo);
  read_devices(os, osinfo);
  return origin ? g_strdup(xml_attribute(origin, "id")) : NULL;
}

gboolean osinfo_read(const char *short_id, Osinfo *ret_osinfo, GError **error)
{
  g_autofree char *directory = find_directory();
  g_autofree char *path = find_file(directory, short_id, error);

  *ret_osinfo = (Osinfo){ 0 };
  if (!path)
    return FALSE;
  for (int i = 0; path && i < CHAIN_MAX; i++) {
    g_autoptr(XmlDocument) document = xml_document_load(path, i == 0 ? error : NULL);
    xmlNode *os = document ? xml_next_child(xml_document_root(document), "os", NULL) : NULL;
    g_autofree char *origin = os ? read_system(os, i == 0, ret_osinfo) : NULL;

    if (!document && i == 0)
      return FALSE;
    g_free(path);
    path = file_of_id(directory, origin);
  }
  return ret_osinfo->name || no_such_system(directory, short_id, NULL, error);
}
