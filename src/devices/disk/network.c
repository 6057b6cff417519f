/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/network.h"

#include <string.h>

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(disk_protocol_table, DISK_PROTOCOL_LAST, [DISK_PROTOCOL_NBD] = "nbd",
           [DISK_PROTOCOL_HTTP] = "http", [DISK_PROTOCOL_HTTPS] = "https", [DISK_PROTOCOL_FTP] = "ftp",
           [DISK_PROTOCOL_FTPS] = "ftps", [DISK_PROTOCOL_SSH] = "ssh", [DISK_PROTOCOL_ISCSI] = "iscsi",
           [DISK_PROTOCOL_RBD] = "rbd", [DISK_PROTOCOL_GLUSTER] = "gluster", [DISK_PROTOCOL_NFS] = "nfs");

/* What a protocol asks of a source. */
typedef struct {
  const char *port; /* where none is given; NULL: there is none */
  guint min_hosts, max_hosts;
  gboolean has_sockets; /* a host may be a UNIX socket */
  gboolean needs_name;
} Protocol;

static const Protocol protocols[DISK_PROTOCOL_LAST] = {
  [DISK_PROTOCOL_NBD] = { "10809", 1, 1, TRUE, FALSE },
  [DISK_PROTOCOL_HTTP] = { "80", 1, 1, FALSE, TRUE },
  [DISK_PROTOCOL_HTTPS] = { "443", 1, 1, FALSE, TRUE },
  [DISK_PROTOCOL_FTP] = { "21", 1, 1, FALSE, TRUE },
  [DISK_PROTOCOL_FTPS] = { "990", 1, 1, FALSE, TRUE },
  [DISK_PROTOCOL_SSH] = { "22", 1, 1, FALSE, TRUE },
  [DISK_PROTOCOL_ISCSI] = { "3260", 1, 1, FALSE, TRUE },
  [DISK_PROTOCOL_RBD] = { "0", 0, 64, FALSE, TRUE },
  [DISK_PROTOCOL_GLUSTER] = { "24007", 1, 64, TRUE, TRUE },
  [DISK_PROTOCOL_NFS] = { NULL, 1, 1, FALSE, TRUE },
};

static const char *protocol_name(const DiskNetwork *network)
{
  return enum_to_string(&disk_protocol_table, (int)network->protocol);
}

/* Whether @protocol is among those of @list, which DISK_PROTOCOL_LAST ends. */
static gboolean is_among(DiskProtocol protocol, const DiskProtocol *list)
{
  while (*list != DISK_PROTOCOL_LAST && *list != protocol)
    list++;
  return *list == protocol;
}

static const DiskProtocol of_urls[] = { DISK_PROTOCOL_HTTP, DISK_PROTOCOL_HTTPS, DISK_PROTOCOL_FTP,
                                        DISK_PROTOCOL_FTPS, DISK_PROTOCOL_LAST };
static const DiskProtocol of_web[] = { DISK_PROTOCOL_HTTP, DISK_PROTOCOL_HTTPS, DISK_PROTOCOL_LAST };
static const DiskProtocol of_tls[] = { DISK_PROTOCOL_HTTPS, DISK_PROTOCOL_FTPS, DISK_PROTOCOL_LAST };
static const DiskProtocol of_rbd[] = { DISK_PROTOCOL_RBD, DISK_PROTOCOL_LAST };
static const DiskProtocol of_iscsi[] = { DISK_PROTOCOL_ISCSI, DISK_PROTOCOL_LAST };
static const DiskProtocol of_nbd[] = { DISK_PROTOCOL_NBD, DISK_PROTOCOL_LAST };
static const DiskProtocol of_users[] = { DISK_PROTOCOL_NFS, DISK_PROTOCOL_SSH, DISK_PROTOCOL_LAST };

static gboolean refuse_protocol(const DiskNetwork *network, xmlNode *node, const char *attribute,
                                const DiskProtocol *list, GError **error)
{
  g_autoptr(GString) allowed = g_string_new(NULL);

  if (is_among(network->protocol, list))
    return TRUE;
  for (; *list != DISK_PROTOCOL_LAST; list++)
    g_string_append_printf(allowed, "%s'%s'", allowed->len ? ", " : "",
                           enum_to_string(&disk_protocol_table, (int)*list));
  return xml_error(error, node, attribute, "is for protocol %s; this source is of '%s'", allowed->str,
                   protocol_name(network));
}

/* The child @name, which only some protocols have. */
static gboolean find_child(xmlNode *source, const DiskNetwork *network, const char *name,
                           const DiskProtocol *list, xmlNode **ret_child, GError **error)
{
  return xml_child(source, name, ret_child, error) &&
         (!*ret_child || refuse_protocol(network, *ret_child, NULL, list, error));
}

/* ---- <host> ---- */

typedef enum { TRANSPORT_TCP, TRANSPORT_UNIX, TRANSPORT_LAST } Transport;

ENUM_TABLE(disk_transport_table, TRANSPORT_LAST, [TRANSPORT_TCP] = "tcp", [TRANSPORT_UNIX] = "unix");

static gboolean read_socket(xmlNode *node, const DiskNetwork *network, DiskHost *host, GError **error)
{
  if (!protocols[network->protocol].has_sockets)
    return xml_error(error, node, "transport", "protocol '%s' has no 'unix' (allowed: tcp)",
                     protocol_name(network));
  if (!xml_attribute_path(node, "socket", &host->socket, error))
    return FALSE;
  return host->socket || xml_error(error, node, "socket", "is missing");
}

/* A name of hosts, or an address: what could mean anything else in a URL or a list is none. */
static gboolean is_host(const char *name)
{
  return *name &&
         strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:%") == strlen(name);
}

static gboolean read_tcp(xmlNode *node, const DiskNetwork *network, DiskHost *host, GError **error)
{
  const char *usual = protocols[network->protocol].port;
  guint32 port = 0;

  if (!xml_attribute_required(node, "name", &host->name, error))
    return FALSE;
  if (!is_host(host->name))
    return xml_error(error, node, "name", "'%s' is not the name or address of a host", host->name);
  if (network->protocol == DISK_PROTOCOL_NFS && xml_has_attribute(node, "port"))
    return xml_error(error, node, "port", "protocol 'nfs' has no port to choose");
  host->port = usual;
  if (!xml_attribute_uint32(node, "port", 0, 65535, &port, error))
    return FALSE;
  if (port != 0) { /* as a number: QEMU's own parsers read no hexadecimal one */
    g_autofree char *text = g_strdup_printf("%u", port);

    host->port = xml_document_keep(xml_document_of(node), text);
  }
  return TRUE;
}

static gboolean read_host(xmlNode *node, DiskNetwork *network, GError **error)
{
  DiskHost host = { .place = xml_place(node) };
  Transport transport = TRANSPORT_TCP;

  if (!xml_attribute_enum(node, "transport", &disk_transport_table, XML_ENUM(&transport), error) ||
      !(transport == TRANSPORT_UNIX ? read_socket : read_tcp)(node, network, &host, error))
    return FALSE;
  if (network->hosts->len == protocols[network->protocol].max_hosts)
    return xml_error(error, node, NULL, "protocol '%s' takes at most %u", protocol_name(network),
                     network->hosts->len);
  g_array_append_val(network->hosts, host);
  return TRUE;
}

static gboolean read_hosts(xmlNode *source, DiskNetwork *network, GError **error)
{
  XML_FOREACH_CHILD(source, node, "host") {
    if (!read_host(node, network, error))
      return FALSE;
  }
  return network->hosts->len >= protocols[network->protocol].min_hosts ||
         xml_error(error, source, NULL, "protocol '%s' needs a <host>", protocol_name(network));
}

/* ---- The name ---- */

static const char *keep(xmlNode *node, const char *text, gsize length)
{
  g_autofree char *part = g_strndup(text, length);

  return xml_document_keep(xml_document_of(node), part);
}

/* "TARGET/LUN", or the target alone. */
static gboolean split_iscsi(xmlNode *source, DiskNetwork *network, GError **error)
{
  const char *slash = strchr(network->name, '/');
  guint64 lun = 0;

  network->directory =
      keep(source, network->name, slash ? (gsize)(slash - network->name) : strlen(network->name));
  if (slash && !g_ascii_string_to_unsigned(slash + 1, 10, 0, 16383, &lun, NULL))
    return xml_error(error, source, "name", "'%s' is not the number of a unit (expected: TARGET/LUN)",
                     slash + 1);
  network->lun = (guint32)lun;
  return TRUE;
}

/* Of format 11.6; before, it was a part of the name. */
static gboolean read_namespace(xmlNode *source, DiskNetwork *network, GError **error)
{
  const char *space = xml_attribute(source, "namespace");

  if (!space)
    return TRUE;
  if (!*space || strchr(space, '/'))
    return xml_error(error, source, "namespace", "'%s' is not the name of a namespace", space);
  if (network->space && !g_str_equal(network->space, space))
    return xml_error(error, source, "namespace", "'%s' is not the '%s' of the name '%s'", space,
                     network->space, network->name);
  network->space = space;
  return TRUE;
}

/* "VOLUME/PATH", "POOL/IMAGE", "POOL/NAMESPACE/IMAGE". */
static gboolean split_path(xmlNode *source, DiskNetwork *network, GError **error)
{
  const char *slash = strchr(network->name, '/'), *second;

  if (!slash || slash == network->name || !slash[1])
    return xml_error(error, source, "name", "'%s' is not understood (expected: %s)", network->name,
                     network->protocol == DISK_PROTOCOL_RBD ? "POOL/IMAGE" : "VOLUME/PATH");
  network->directory = keep(source, network->name, (gsize)(slash - network->name));
  network->image = slash + 1;
  second = network->protocol == DISK_PROTOCOL_RBD ? strchr(network->image, '/') : NULL;
  if (second && second > network->image && second[1]) {
    network->space = keep(source, network->image, (gsize)(second - network->image));
    network->image = second + 1;
  }
  return network->protocol != DISK_PROTOCOL_RBD || read_namespace(source, network, error);
}

static gboolean read_name(xmlNode *source, DiskNetwork *network, GError **error)
{
  if (!protocols[network->protocol].needs_name)
    network->name = xml_attribute(source, "name");
  else if (!xml_attribute_required(source, "name", &network->name, error))
    return FALSE;
  if (network->protocol == DISK_PROTOCOL_ISCSI)
    return split_iscsi(source, network, error);
  if (network->protocol == DISK_PROTOCOL_RBD || network->protocol == DISK_PROTOCOL_GLUSTER)
    return split_path(source, network, error);
  return TRUE;
}

/* ---- What only some protocols have ---- */

static gboolean read_query(xmlNode *source, DiskNetwork *network, GError **error)
{
  network->query = xml_attribute(source, "query");
  if (!network->query)
    return TRUE;
  for (const char *c = network->query; *c; c++) {
    if (*c == '#' || g_ascii_iscntrl(*c))
      return xml_error(error, source, "query", "has a '#' or a control character, which no query has");
  }
  return refuse_protocol(network, source, "query", of_web, error);
}

static gboolean read_tls(xmlNode *source, DiskNetwork *network, GError **error)
{
  if (!xml_attribute_yes_no(source, "tls", &network->has_tls, error))
    return FALSE;
  network->tls_place = xml_place(source);
  network->tls_host = xml_attribute(source, "tlsHostname");
  if (network->has_tls && !refuse_protocol(network, source, "tls", of_nbd, error))
    return FALSE;
  return !network->tls_host || network->has_tls || xml_error(error, source, "tlsHostname", "needs tls='yes'");
}

/* RFC 6265: a name is a token, a value has no separator, and may be quoted. */
static gboolean is_cookie_name(const char *name)
{
  for (const char *c = name; *c; c++) {
    if (!g_ascii_isgraph(*c) || strchr("()<>@,;:\\\"/[]?={}", *c))
      return FALSE;
  }
  return *name != '\0';
}

static gboolean is_cookie_value(const char *value)
{
  gsize length = strlen(value);
  gboolean is_quoted = length > 1 && value[0] == '"' && value[length - 1] == '"';

  for (gsize i = is_quoted; i < length - is_quoted; i++) {
    if (!g_ascii_isgraph(value[i]) || strchr("\",;\\", value[i]))
      return FALSE;
  }
  return TRUE;
}

static gboolean read_cookies(xmlNode *source, DiskNetwork *network, GError **error)
{
  g_autoptr(GString) cookies = g_string_new(NULL);
  g_autofree char *encoded = NULL;
  xmlNode *list = NULL;

  if (!find_child(source, network, "cookies", of_web, &list, error))
    return FALSE;
  if (!list)
    return TRUE;
  XML_FOREACH_CHILD(list, cookie, "cookie") {
    const char *name, *value;

    if (!xml_attribute_required(cookie, "name", &name, error) || !xml_text(cookie, &value, error))
      return FALSE;
    if (!is_cookie_name(name))
      return xml_error(error, cookie, "name", "'%s' is not the name of a cookie", name);
    if (!is_cookie_value(value))
      return xml_error(error, cookie, NULL, "the value has a character that cookies have not");
    g_string_append_printf(cookies, "%s%s=%s", cookies->len ? "; " : "", name, value);
  }
  network->cookies_place = xml_place(list);
  if (cookies->len == 0)
    return TRUE;
  encoded = g_base64_encode((const guint8 *)cookies->str, cookies->len);
  network->cookies = keep(list, encoded, strlen(encoded));
  return TRUE;
}

/* Certificates, buffers, patience. */
static gboolean read_transfer(xmlNode *source, DiskNetwork *network, GError **error)
{
  xmlNode *ssl = NULL, *readahead = NULL, *timeout = NULL, *reconnect = NULL;
  gboolean is_verified = TRUE;

  if (!find_child(source, network, "ssl", of_tls, &ssl, error) ||
      (ssl && !xml_attribute_yes_no(ssl, "verify", &is_verified, error)))
    return FALSE;
  network->is_unverified = !is_verified;
  if (!find_child(source, network, "readahead", of_urls, &readahead, error) ||
      (readahead && !xml_attribute_uint(readahead, "size", 0, G_MAXINT32, &network->readahead, error)) ||
      !find_child(source, network, "timeout", of_urls, &timeout, error) ||
      (timeout && !xml_attribute_uint32(timeout, "seconds", 0, 10000, &network->timeout, error)))
    return FALSE;
  return find_child(source, network, "reconnect", of_nbd, &reconnect, error) &&
         (!reconnect || xml_attribute_uint32(reconnect, "delay", 0, G_MAXINT32, &network->reconnect, error));
}

static gboolean read_rbd(xmlNode *source, DiskNetwork *network, GError **error)
{
  xmlNode *snapshot = NULL, *config = NULL;

  if (!find_child(source, network, "snapshot", of_rbd, &snapshot, error) ||
      (snapshot && !xml_attribute_required(snapshot, "name", &network->snapshot, error)) ||
      !find_child(source, network, "config", of_rbd, &config, error))
    return FALSE;
  return !config || (xml_attribute_path(config, "file", &network->config, error) &&
                     (network->config || xml_error(error, config, "file", "is missing")));
}

static gboolean read_iscsi(xmlNode *source, DiskNetwork *network, GError **error)
{
  xmlNode *initiator = NULL, *iqn = NULL;

  return find_child(source, network, "initiator", of_iscsi, &initiator, error) &&
         (!initiator || (xml_child_required(initiator, "iqn", &iqn, error) &&
                         xml_attribute_required(iqn, "name", &network->initiator, error)));
}

/* "+1000". What a name means is known on the host alone, and perhaps to another server differently. */
static gboolean read_id(xmlNode *node, const char *name, gboolean *ret_is_given, guint32 *ret_id,
                        GError **error)
{
  const char *text = xml_attribute(node, name);
  guint64 id;

  if (!text)
    return TRUE;
  if (!g_ascii_string_to_unsigned(*text == '+' ? text + 1 : text, 10, 0, G_MAXINT32, &id, NULL))
    return xml_error(error, node, name, "'%s' is not a number, which NFS wants (expected: '+1000')", text);
  *ret_is_given = TRUE;
  *ret_id = (guint32)id;
  return TRUE;
}

static gboolean read_identity(xmlNode *source, DiskNetwork *network, GError **error)
{
  xmlNode *identity = NULL;

  if (!find_child(source, network, "identity", of_users, &identity, error) ||
      !disk_ssh_parse(source, network->protocol == DISK_PROTOCOL_SSH ? identity : NULL, network, error))
    return FALSE;
  if (!identity || network->protocol == DISK_PROTOCOL_SSH)
    return TRUE;
  return read_id(identity, "user", &network->has_uid, &network->uid, error) &&
         read_id(identity, "group", &network->has_gid, &network->gid, error);
}

gboolean disk_network_parse_auth(xmlNode *node, DiskNetwork *network, GError **error)
{
  static const DiskProtocol of_auth[] = { DISK_PROTOCOL_ISCSI, DISK_PROTOCOL_RBD, DISK_PROTOCOL_LAST };
  xmlNode *auth = NULL, *secret;

  if (!find_child(node, network, "auth", of_auth, &auth, error))
    return FALSE;
  if (!auth)
    return TRUE;
  if (network->auth_user)
    return xml_error(error, auth, NULL, "is in <source>, too, on line %d", network->auth_place.line);
  network->auth_place = xml_place(auth);
  return xml_attribute_required(auth, "username", &network->auth_user, error) &&
         xml_child_required(auth, "secret", &secret, error) &&
         secret_parse(secret, network->protocol == DISK_PROTOCOL_RBD ? SECRET_TYPE_CEPH : SECRET_TYPE_ISCSI,
                      &network->auth_secret, error);
}

void disk_network_complete(const Domain *domain, DiskNetwork *network)
{
  network->certificates = domain_certificates(domain, "qemu");
  if (network->auth_user)
    secret_complete(domain, &network->auth_secret);
}

gboolean disk_network_parse(xmlNode *source, DiskNetwork **ret_network, GError **error)
{
  g_autoptr(DiskNetwork) network = g_new0(DiskNetwork, 1);

  network->place = xml_place(source);
  network->hosts = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(DiskHost));
  if (!xml_attribute_enum_required(source, "protocol", &disk_protocol_table, XML_ENUM(&network->protocol),
                                   error) ||
      !read_name(source, network, error) || !read_hosts(source, network, error) ||
      !read_query(source, network, error) || !read_tls(source, network, error) ||
      !read_cookies(source, network, error) || !read_transfer(source, network, error) ||
      !read_rbd(source, network, error) || !read_iscsi(source, network, error) ||
      !read_identity(source, network, error) || !disk_network_parse_auth(source, network, error))
    return FALSE;
  *ret_network = g_steal_pointer(&network);
  return TRUE;
}

gboolean disk_network_is_read_only(const DiskNetwork *network)
{
  return is_among(network->protocol, of_urls);
}

char *disk_network_identity(const DiskNetwork *network)
{
  const char *name = network->name ? network->name : "";
  const DiskHost *host;

  if (network->hosts->len == 0)
    return g_strdup_printf("%s:%s", protocol_name(network), name);
  host = &g_array_index(network->hosts, DiskHost, 0);
  return g_strdup_printf("%s://%s:%s/%s", protocol_name(network), host->socket ? host->socket : host->name,
                         host->port ? host->port : "", name);
}

void disk_network_free(DiskNetwork *network)
{
  if (!network)
    return;
  g_array_unref(network->hosts);
  g_free(network);
}
