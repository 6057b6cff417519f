/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/network.h"

#include <string.h>

ENUM_TABLE(disk_protocol_driver_table, DISK_PROTOCOL_LAST, [DISK_PROTOCOL_NBD] = "nbd",
           [DISK_PROTOCOL_HTTP] = "http", [DISK_PROTOCOL_HTTPS] = "https", [DISK_PROTOCOL_FTP] = "ftp",
           [DISK_PROTOCOL_FTPS] = "ftps", [DISK_PROTOCOL_SSH] = "ssh", [DISK_PROTOCOL_ISCSI] = "iscsi",
           [DISK_PROTOCOL_RBD] = "rbd", [DISK_PROTOCOL_GLUSTER] = "gluster", [DISK_PROTOCOL_NFS] = "nfs");

static const DiskHost *host_at(const DiskNetwork *network, guint index)
{
  return &g_array_index(network->hosts, DiskHost, index);
}

/* "HOST:PORT", an IPv6 address in brackets. */
static char *join_host(const DiskHost *host)
{
  return g_strdup_printf(strchr(host->name, ':') ? "[%s]:%s" : "%s:%s", host->name, host->port);
}

/* QEMU's SocketAddress; what has to be there, where it is a socket of this host. */
static Props *translate_host(const DiskHost *host, gboolean has_type, Plan *plan)
{
  Props *server = props_new_empty();

  if (host->socket) {
    props_add_string(server, "type", "unix");
    props_add_string(server, "path", host->socket);
    plan_require(plan, PLAN_REQUIRE_SOCKET, &host->place, "socket", host->socket);
    return server;
  }
  if (has_type)
    props_add_string(server, "type", "inet");
  props_add_string(server, "host", host->name);
  props_add_string(server, "port", host->port);
  return server;
}

/* Whose password goes by @key. */
static void add_auth(const DiskNetwork *network, const char *prefix, const char *key, Props *node, Plan *plan)
{
  g_autofree char *id = g_strconcat(prefix, "-auth", NULL);

  if (!network->auth_user)
    return;
  plan_add_secret(plan, &network->auth_secret.place, id, &network->auth_secret.found, /* without= */ NULL);
  props_add_string(node, "user", network->auth_user);
  props_add_string(node, key, id);
}

/* ---- NBD ---- */

static void add_tls(const DiskNetwork *network, const char *prefix, Props *node, Plan *plan)
{
  Props *credentials = props_new("qom-type", "tls-creds-x509");

  props_add_format(credentials, "id", "%s-tls", prefix);
  props_add_string(credentials, "dir", network->certificates);
  props_add_string(credentials, "endpoint", "client");
  props_add_bool(credentials, "verify-peer", TRUE);
  plan_add_json(plan, PLAN_BOTH, "-object", credentials);
  plan_require(plan, PLAN_REQUIRE_DIRECTORY, &network->tls_place, "tls", network->certificates);
  props_add_format(node, "tls-creds", "%s-tls", prefix);
  props_add_string(node, "tls-hostname", network->tls_host);
}

static void translate_nbd(const DiskNetwork *network, const char *prefix, Props *node, Plan *plan)
{
  props_add_props(node, "server", translate_host(host_at(network, 0), /* has_type= */ TRUE, plan));
  props_add_string(node, "export", network->name);
  if (network->has_tls)
    add_tls(network, prefix, node, plan);
  if (network->reconnect)
    props_add_uint(node, "reconnect-delay", network->reconnect);
}

/* ---- What has a URL ---- */

static char *make_url(const DiskNetwork *network)
{
  g_autofree char *host = join_host(host_at(network, 0));
  g_autofree char *path = g_uri_escape_string(network->name, "/;@&=+$,:!*'()", /* allow_utf8= */ FALSE);

  return g_strconcat(enum_to_string(&disk_protocol_table, (int)network->protocol), "://", host,
                     *path == '/' ? "" : "/", path, network->query ? "?" : NULL, network->query, NULL);
}

/* They may be somebody's credentials: they are on no command line. */
static void add_cookies(const DiskNetwork *network, const char *prefix, Props *node, Plan *plan)
{
  g_autofree char *id = g_strconcat(prefix, "-cookies", NULL);
  PlanSecret secret = { .text = network->cookies };

  plan_add_secret(plan, &network->cookies_place, id, &secret, "the server gets no cookies");
  props_add_string(node, "cookie-secret", id);
}

static void translate_url(const DiskNetwork *network, const char *prefix, Props *node, Plan *plan)
{
  g_autofree char *url = make_url(network);

  props_add_string(node, "url", url);
  plan->uses_proxies = TRUE;
  if (network->is_unverified)
    props_add_bool(node, "sslverify", FALSE);
  if (network->cookies)
    add_cookies(network, prefix, node, plan);
  if (network->timeout)
    props_add_uint(node, "timeout", network->timeout);
  if (network->readahead)
    props_add_uint(node, "readahead", network->readahead);
}

/* ---- The others ---- */

static void translate_ssh(const DiskNetwork *network, Props *node, Plan *plan)
{
  props_add_string(node, "path", network->name);
  props_add_props(node, "server", translate_host(host_at(network, 0), /* has_type= */ FALSE, plan));
  props_add_string(node, "user", network->user);
  if (network->is_host_known)
    props_add_props(node, "host-key-check", props_new("mode", "known_hosts"));
  if (!network->agent)
    return;
  plan_add_variable(plan, "SSH_AUTH_SOCK", network->agent);
  plan_require(plan, PLAN_REQUIRE_SOCKET, &network->identity_place, "agentsock", network->agent);
}

static void translate_iscsi(const DiskNetwork *network, const char *prefix, Props *node, Plan *plan)
{
  g_autofree char *portal = join_host(host_at(network, 0));

  props_add_string(node, "portal", portal);
  props_add_string(node, "target", network->directory);
  props_add_uint(node, "lun", network->lun);
  props_add_string(node, "transport", "tcp");
  add_auth(network, prefix, "password-secret", node, plan);
  props_add_string(node, "initiator-name", network->initiator);
}

static Json *translate_hosts(const DiskNetwork *network, gboolean has_type, Plan *plan)
{
  Json *servers = json_new_array();

  for (guint i = 0; i < network->hosts->len; i++)
    json_append(servers, props_steal_json(translate_host(host_at(network, i), has_type, plan)));
  return servers;
}

static Json *make_auth_methods(void)
{
  Json *methods = json_new_array();

  json_append_string(methods, "cephx");
  json_append_string(methods, "none");
  return methods;
}

static void translate_rbd(const DiskNetwork *network, const char *prefix, Props *node, Plan *plan)
{
  props_add_string(node, "pool", network->directory);
  props_add_string(node, "namespace", network->space);
  props_add_string(node, "image", network->image);
  props_add_string(node, "snapshot", network->snapshot);
  props_add_string(node, "conf", network->config);
  if (network->config)
    plan_require(plan, PLAN_REQUIRE_READ, &network->place, "config", network->config);
  if (network->hosts->len)
    props_add_array(node, "server", translate_hosts(network, /* has_type= */ FALSE, plan));
  add_auth(network, prefix, "key-secret", node, plan);
  if (network->auth_user)
    props_add_array(node, "auth-client-required", make_auth_methods());
}

static void translate_gluster(const DiskNetwork *network, Props *node, Plan *plan)
{
  props_add_string(node, "volume", network->directory);
  props_add_string(node, "path", network->image);
  props_add_array(node, "server", translate_hosts(network, /* has_type= */ TRUE, plan));
  props_add_uint(node, "debug", 4);
}

static void translate_nfs(const DiskNetwork *network, Props *node, Plan *plan)
{
  Props *server = props_new("host", host_at(network, 0)->name);

  props_add_string(server, "type", "inet");
  props_add_props(node, "server", server);
  props_add_string(node, "path", network->name);
  if (network->has_uid)
    props_add_uint(node, "user", network->uid);
  if (network->has_gid)
    props_add_uint(node, "group", network->gid);
}

/* A server may send its client to others. With NBD there are none. */
static void connect(const DiskNetwork *network, Plan *plan)
{
  if (network->protocol != DISK_PROTOCOL_NBD)
    plan_connect(plan, /* service= */ NULL);
  else if (!host_at(network, 0)->socket)
    plan_connect(plan, host_at(network, 0)->port);
  if (network->protocol == DISK_PROTOCOL_SSH)
    plan_allow(plan, PLAN_ACCESS_READ, "~/.ssh");
}

Props *disk_network_translate(const DiskNetwork *network, const char *prefix, Plan *plan)
{
  Props *node = props_new("driver", enum_to_string(&disk_protocol_driver_table, (int)network->protocol));

  connect(network, plan);
  switch (network->protocol) {
  case DISK_PROTOCOL_NBD:
    translate_nbd(network, prefix, node, plan);
    break;
  case DISK_PROTOCOL_HTTP:
  case DISK_PROTOCOL_HTTPS:
  case DISK_PROTOCOL_FTP:
  case DISK_PROTOCOL_FTPS:
    translate_url(network, prefix, node, plan);
    break;
  case DISK_PROTOCOL_SSH:
    translate_ssh(network, node, plan);
    break;
  case DISK_PROTOCOL_ISCSI:
    translate_iscsi(network, prefix, node, plan);
    break;
  case DISK_PROTOCOL_RBD:
    translate_rbd(network, prefix, node, plan);
    break;
  case DISK_PROTOCOL_GLUSTER:
    translate_gluster(network, node, plan);
    break;
  case DISK_PROTOCOL_NFS:
    translate_nfs(network, node, plan);
    break;
  case DISK_PROTOCOL_LAST:
    break;
  }
  return node;
}
