/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/networks.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "xml/element.h"

static const char directory[] = "/etc/libvirt/qemu/networks";

char *networks_find_bridge(const char *network)
{
  g_autofree char *name = g_strconcat(network, ".xml", NULL);
  g_autofree char *path = g_build_filename(directory, name, NULL);
  g_autoptr(XmlDocument) document = NULL;
  xmlNode *bridge;

  if (!*network || strchr(network, '/') || access(path, R_OK) < 0)
    return NULL;
  document = xml_document_load(path, /* error= */ NULL);
  bridge = document ? xml_next_child(xml_document_root(document), "bridge", /* after= */ NULL) : NULL;
  return bridge ? g_strdup(xml_attribute(bridge, "name")) : NULL;
}

gboolean networks_have_vhost(void)
{
  return faccessat(AT_FDCWD, "/dev/vhost-net", R_OK | W_OK, AT_EACCESS) == 0;
}
