/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/networks.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "xml/element.h"

/* Of networks that run, and of those that are defined. A running one's document has <network> inside of
 * <networkstatus>, and always names the bridge. */
static const char *const directories[] = { "/run/libvirt/network", "/var/lib/libvirt/network",
                                           "/etc/libvirt/qemu/networks" };

static char *find_bridge(const char *directory, const char *file)
{
  g_autofree char *path = g_build_filename(directory, file, NULL);
  g_autoptr(XmlDocument) document = NULL;
  xmlNode *network, *bridge;

  if (access(path, R_OK) < 0)
    return NULL;
  document = xml_document_load(path, /* error= */ NULL);
  if (!document)
    return NULL;
  network = xml_next_child(xml_document_root(document), "network", /* after= */ NULL);
  bridge = xml_next_child(network ? network : xml_document_root(document), "bridge", /* after= */ NULL);
  return bridge ? g_strdup(xml_attribute(bridge, "name")) : NULL;
}

char *networks_find_bridge(const char *network)
{
  g_autofree char *file = g_strconcat(network, ".xml", NULL);
  char *bridge = NULL;

  if (!*network || strchr(network, '/'))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(directories) && !bridge; i++)
    bridge = find_bridge(directories[i], file);
  return bridge;
}

gboolean networks_have_vhost(void)
{
  return faccessat(AT_FDCWD, "/dev/vhost-net", R_OK | W_OK, AT_EACCESS) == 0;
}
