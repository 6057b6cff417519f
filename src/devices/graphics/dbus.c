/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/graphics/dbus.h"

#include <string.h>

#include "xml/annotate.h"
#include "xml/element.h"

/* What comes before the colon, of the first of the addresses. */
static gboolean check_address(xmlNode *node, const char *address, GError **error)
{
  const char *colon = strchr(address, ':');

  return (colon && colon != address) ||
         xml_error(error, node, "address",
                   "'%s' is not an address of D-Bus (expected: as in unix:path=/run/user/1000/bus)", address);
}

/* One that was made for a guest while it ran is gone. */
static gboolean is_of_last_run(xmlNode *node, const char *address)
{
  return xml_is_of_running(node) && (strstr(address, "/libvirt/qemu/dbus/") || strstr(address, DBUS_SOCKET));
}

static gboolean parse_address(xmlNode *node, Dbus *dbus, GError **error)
{
  const char *address = xml_attribute(node, "address");

  if (address && is_of_last_run(node, address))
    address = NULL;
  if (address && !check_address(node, address, error))
    return FALSE;
  if (address && dbus->is_p2p)
    return xml_error(error, node, "address", "p2p='yes' is without a bus, which an address is that of");
  dbus->address = address;
  dbus->path = address || dbus->is_p2p ? NULL : DBUS_SOCKET;
  return TRUE;
}

gboolean dbus_parse(xmlNode *node, Dbus *dbus, GError **error)
{
  xmlNode *gl = NULL;

  dbus->place = xml_place(node);
  if (!xml_attribute_yes_no(node, "p2p", &dbus->is_p2p, error) || !parse_address(node, dbus, error) ||
      !xml_child(node, "gl", &gl, error))
    return FALSE;
  dbus->gl_place = xml_place(gl ? gl : node);
  return !gl || (feature_state_parse_yes_no(gl, "enable", &dbus->gl, error) &&
                 xml_attribute_path(gl, "rendernode", &dbus->render_node, error));
}

void dbus_set_directory(Dbus *dbus, const char *directory, xmlNode *node)
{
  g_autofree char *path = dbus->path ? g_build_filename(directory, DBUS_SOCKET, NULL) : NULL;

  if (path)
    dbus->path = xml_document_keep(xml_document_of(node), path);
}

void dbus_annotate(const Dbus *dbus, xmlNode *node)
{
  g_autofree char *address = NULL;

  if (!dbus->path || !g_path_is_absolute(dbus->path))
    return;
  address = dbus_address(dbus);
  xml_set_attribute(node, "address", address);
}
