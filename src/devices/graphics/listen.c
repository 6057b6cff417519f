/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/graphics/listen.h"

#include <string.h>

#include "devices/chardev/source.h"
#include "devices/endpoint.h"
#include "xml/element.h"

ENUM_TABLE(graphics_listen_table,
           GRAPHICS_LISTEN_LAST, [GRAPHICS_LISTEN_NONE] = "none", [GRAPHICS_LISTEN_ADDRESS] = "address",
           [GRAPHICS_LISTEN_NETWORK] = "network", [GRAPHICS_LISTEN_SOCKET] = "socket");

/* Nobody but this host, where the document does not say otherwise. */
static const char default_host[] = "127.0.0.1";

static GraphicsListen *listen_at(const GArray *listens, guint index)
{
  return &g_array_index(listens, GraphicsListen, index);
}

static gboolean parse_listen_network(xmlNode *node, GraphicsListen *listen, GError **error)
{
  const char *network;

  if (!xml_attribute_required(node, "network", &network, error))
    return FALSE;
  if (listen->host)
    return TRUE;
  xml_error(error, node, "network", "the address of network '%s' is not known", network);
  return error_add_hint(error, "name it: <listen type='address' address='192.168.122.1'/>");
}

/* Nobody has to choose a path. One that libvirt chose is in the document of a running guest, and in a
 * directory that ended with that. */
static gboolean parse_socket(xmlNode *node, GraphicsListen *listen, GError **error)
{
  const char *path = xml_attribute(node, "socket");

  listen->is_generated = !path || (strstr(path, "/libvirt/qemu/") && xml_is_of_running(node));
  return listen->is_generated || chardev_source_parse_socket(node, "socket", &listen->path, error);
}

static gboolean parse_listen(xmlNode *node, GraphicsListen *listen, GError **error)
{
  listen->place = xml_place(node);
  if (!xml_attribute_enum_required(node, "type", &graphics_listen_table, XML_ENUM(&listen->type), error))
    return FALSE;
  if (listen->type == GRAPHICS_LISTEN_SOCKET)
    return parse_socket(node, listen, error);
  if (listen->type == GRAPHICS_LISTEN_NONE)
    return TRUE;
  xml_attribute(node, "fromConfig"); /* where libvirt had a running guest's address from */
  listen->host = xml_attribute_non_empty(node, "address");
  if (!endpoint_check_host(node, "address", listen->host, error))
    return FALSE;
  return listen->type == GRAPHICS_LISTEN_ADDRESS || parse_listen_network(node, listen, error);
}

static gboolean parse_listen_elements(xmlNode *node, GArray *listens, GError **error)
{
  XML_FOREACH_CHILD(node, element, "listen") {
    GraphicsListen listen = { 0 };

    if (!parse_listen(element, &listen, error))
      return FALSE;
    g_array_append_val(listens, listen);
  }
  return TRUE;
}

/* The attribute `listen` says again what the first element says; without elements, it says it. */
static gboolean merge_listen_attribute(xmlNode *node, GArray *listens, GError **error)
{
  const char *host = xml_attribute_non_empty(node, "listen");
  GraphicsListen listen = { GRAPHICS_LISTEN_ADDRESS, host, .place = xml_place(node) };

  if (!endpoint_check_host(node, "listen", host, error))
    return FALSE;
  if (listens->len == 0) {
    g_array_append_val(listens, listen);
  } else if (host && listen_at(listens, 0)->type == GRAPHICS_LISTEN_ADDRESS) {
    GraphicsListen *first = listen_at(listens, 0);

    if (first->host && !g_str_equal(first->host, host))
      return xml_error(error, node, "listen", "'%s' is not the '%s' of the first <listen>, on line %d", host,
                       first->host, first->place.line);
    first->host = host;
  }
  for (guint i = 0; i < listens->len; i++) {
    if (listen_at(listens, i)->type == GRAPHICS_LISTEN_ADDRESS && !listen_at(listens, i)->host)
      listen_at(listens, i)->host = default_host;
  }
  return TRUE;
}

/* The attribute `socket` stands for all there is to listen on. */
static gboolean merge_socket_attribute(xmlNode *node, GArray *listens, GError **error)
{
  GraphicsListen listen = { GRAPHICS_LISTEN_SOCKET, .place = xml_place(node) };

  if (!xml_attribute(node, "socket"))
    return TRUE;
  if (!parse_socket(node, &listen, error))
    return FALSE;
  g_array_set_size(listens, 0);
  g_array_append_val(listens, listen);
  return TRUE;
}

GArray *graphics_listens_parse(xmlNode *node, GError **error)
{
  g_autoptr(GArray) listens = g_array_new(FALSE, FALSE, sizeof(GraphicsListen));

  if (!parse_listen_elements(node, listens, error) || !merge_listen_attribute(node, listens, error) ||
      !merge_socket_attribute(node, listens, error))
    return NULL;
  return g_steal_pointer(&listens);
}

/* "HOST PORT" for a port that is fixed: whether it is free can be looked up. */
static const char *requirement_of(xmlNode *node, const GraphicsListen *listen, int port)
{
  g_autofree char *requirement = g_strdup_printf("%s %d", listen->host, port);

  return listen->host && port > 0 ? xml_document_keep(xml_document_of(node), requirement) : NULL;
}

void graphics_listens_require(xmlNode *node, GArray *listens, int port, int tls_port)
{
  for (guint i = 0; i < listens->len; i++) {
    GraphicsListen *listen = listen_at(listens, i);

    listen->requirement = requirement_of(node, listen, port);
    listen->tls_requirement = requirement_of(node, listen, tls_port);
  }
}
