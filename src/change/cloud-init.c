/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --cloud-init, --hostname, --ssh-key: a drive for the image that all of them are written to. Its file is
 * named for who carries out the command line by hand; `run` makes none of that name (host/cloud-init.h). So
 * the document that `dumpxml` prints runs later without it, as cloud-init needs it once. It is the last
 * drive: a CD that the guest is to boot from comes before.
 */
#include "config.h"

#include <string.h>

#include "base/file-name.h"
#include "change/change.h"
#include "change/part.h"

static xmlNode *find_drive(xmlNode *devices)
{
  XML_FOREACH_CHILD(devices, disk, "disk") {
    xmlNode *alias = change_child(disk, "alias");

    if (alias && g_str_equal(change_peek(alias, "name"), CHANGE_CLOUD_INIT_ALIAS))
      return disk;
  }
  return NULL;
}

/* "NAME-seed.iso", in the user's directory. The caller frees it. */
static char *make_path(const Change *change)
{
  xmlNode *node = change_child(change->root, "name");
  xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
  g_autofree char *name = g_strstrip(g_strdup(text ? (const char *)text : "guest"));
  g_autofree char *file = NULL;

  xmlFree(text);
  file = file_name_join(g_strdelimit(name, "/", '-'), "-seed.iso");
  return g_canonicalize_filename(file, /* relative_to= */ NULL);
}

/* Each of the options asks for it; the first makes it. */
gboolean change_cloud_init(const Change *change, G_GNUC_UNUSED GError **error)
{
  g_autofree char *path = NULL;
  xmlNode *disk, *driver, *source;

  if (find_drive(change_devices(change)))
    return TRUE;
  path = make_path(change);
  disk = change_add_known_drive(change);
  driver = change_add(change, disk, "driver");
  xml_set_attribute(driver, "name", "qemu");
  xml_set_attribute(driver, "type", "raw");
  xml_set_attribute(disk, "type", "file");
  source = change_add(change, disk, "source");
  xml_set_attribute(source, "file", path);
  xml_set_attribute(source, "startupPolicy", "optional");
  xml_set_attribute(change_add(change, disk, "alias"), "name", CHANGE_CLOUD_INIT_ALIAS);
  return TRUE;
}
