/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/networks.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Of networks that run, and of those that are defined. */
static const char *const directories[] = { "/run/libvirt/network", "/var/lib/libvirt/network",
                                           "/etc/libvirt/qemu/networks" };

XmlDocument *networks_open(const char *network)
{
  XmlDocument *document = NULL;

  if (!*network || strchr(network, '/'))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(directories) && !document; i++) {
    g_autofree char *path = g_strconcat(directories[i], "/", network, ".xml", NULL);

    if (access(path, R_OK) == 0)
      document = xml_document_load(path, /* error= */ NULL);
  }
  return document;
}

gboolean networks_have_vhost(void)
{
  return faccessat(AT_FDCWD, "/dev/vhost-net", R_OK | W_OK, AT_EACCESS) == 0;
}
