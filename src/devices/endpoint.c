/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/endpoint.h"

#include <string.h>

#include "xml/element.h"

static const char letters_and_digits[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static gboolean is_made_of(const char *text, const char *more)
{
  gsize length = 0;

  while (text[length] && (strchr(letters_and_digits, text[length]) || strchr(more, text[length])))
    length++;
  return length > 0 && !text[length];
}

gboolean endpoint_check_host(xmlNode *node, const char *attribute, const char *host, GError **error)
{
  if (!host || g_hostname_is_ip_address(host) || (is_made_of(host, ".-_") && *host != '-'))
    return TRUE;
  xml_error(error, node, attribute, "'%s' is neither a host name nor an IP address", host);
  if (*host == '[')
    error_add_hint(error, "an IPv6 address is written without brackets, as in ::1");
  return FALSE;
}

/* A number from 0 to 65535, or a name as in /etc/services. */
static gboolean check_service(xmlNode *node, const char *service, GError **error)
{
  guint64 port;

  if (!service || (g_ascii_isalpha(*service) && is_made_of(service, "-_+.")))
    return TRUE;
  if (g_ascii_isdigit(*service) && g_ascii_string_to_unsigned(service, 10, 0, 65535, &port, NULL))
    return TRUE;
  return xml_error(error, node, "service",
                   "'%s' is not a port (expected: a number from 0 to 65535, or the name of a service)",
                   service);
}

gboolean endpoint_parse(xmlNode *node, Endpoint *ret_endpoint, GError **error)
{
  const char *host = xml_attribute_non_empty(node, "host");
  const char *service = xml_attribute_non_empty(node, "service");
  g_autofree char *address = g_strdup_printf("%s %s", host ? host : "", service ? service : "0");

  if (!endpoint_check_host(node, "host", host, error) || !check_service(node, service, error))
    return FALSE;
  *ret_endpoint =
      (Endpoint){ host, service, xml_document_keep(xml_document_of(node), address), xml_place(node) };
  return TRUE;
}

gboolean endpoint_parse_reconnect(xmlNode *node, gboolean is_server, guint32 *ret_seconds, GError **error)
{
  xmlNode *reconnect = NULL;
  gboolean is_enabled = FALSE;
  guint32 seconds = 0;

  if (!xml_child(node, "reconnect", &reconnect, error))
    return FALSE;
  if (!reconnect)
    return TRUE;
  if (!xml_attribute_yes_no(reconnect, "enabled", &is_enabled, error) ||
      !xml_attribute_uint32(reconnect, "timeout", 1, G_MAXINT32, &seconds, error))
    return FALSE;
  if (!is_enabled)
    return TRUE;
  if (seconds == 0)
    return xml_error(error, reconnect, "timeout", "is missing; it is in seconds");
  if (is_server)
    return xml_error(error, reconnect, "enabled", "is for mode 'connect' or 'client'; a server waits");
  *ret_seconds = seconds;
  return TRUE;
}
