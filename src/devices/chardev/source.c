/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev/source.h"

#include <string.h>

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(
    chardev_type_table, CHARDEV_LAST, [CHARDEV_NULL] = "null", [CHARDEV_VC] = "vc", [CHARDEV_PTY] = "pty",
    [CHARDEV_DEV] = "dev", [CHARDEV_FILE] = "file", [CHARDEV_PIPE] = "pipe", [CHARDEV_STDIO] = "stdio",
    [CHARDEV_UDP] = "udp", [CHARDEV_TCP] = "tcp", [CHARDEV_UNIX] = "unix", [CHARDEV_SPICEVMC] = "spicevmc",
    [CHARDEV_SPICEPORT] = "spiceport", [CHARDEV_VDAGENT] = "qemu-vdagent");
ENUM_TABLE(chardev_mouse_table,
           CHARDEV_MOUSE_LAST, [CHARDEV_MOUSE_SERVER] = "server", [CHARDEV_MOUSE_CLIENT] = "client");
ENUM_TABLE(chardev_mode_table, CHARDEV_MODE_LAST, [CHARDEV_CONNECT] = "connect", [CHARDEV_BIND] = "bind");
ENUM_TABLE(chardev_protocol_table, CHARDEV_PROTOCOL_LAST, [CHARDEV_RAW] = "raw", [CHARDEV_TELNET] = "telnet");

/* The elements that can be what is SPICE's; NULL: all. */
static const char *const elements[CHARDEV_LAST][4] = {
  [CHARDEV_SPICEVMC] = { "channel", "redirdev", "smartcard" },
  [CHARDEV_VDAGENT] = { "channel" },
};

/* An example for who left the element out; NULL where none is needed. */
static const char *const examples[CHARDEV_LAST] = {
  [CHARDEV_DEV] = "<source path='/dev/ttyS0'/>",
  [CHARDEV_FILE] = "<source path='/var/log/guest.log'/>",
  [CHARDEV_PIPE] = "<source path='/run/guest.fifo'/>",
  [CHARDEV_UDP] = "<source mode='connect' host='127.0.0.1' service='4555'/>",
  [CHARDEV_TCP] = "<source mode='bind' host='127.0.0.1' service='4555'/>",
  [CHARDEV_UNIX] = "<source mode='bind' path='/run/guest.sock'/>",
  [CHARDEV_SPICEPORT] = "<source channel='org.example.guest.0'/>",
};
static const char parallel_example[] = "<source path='/dev/parport0'/>";

static gboolean check_source(xmlNode *node, const xmlNode *source, const ChardevSource *parsed,
                             GError **error)
{
  ChardevType type = parsed->type;

  if (source || !examples[type] || (type == CHARDEV_UNIX && xml_is_element(node, "channel")))
    return TRUE;
  xml_error(error, node, NULL, "element <source> is missing");
  return error_add_hint(error, "type '%s' needs one: %s", enum_to_string(&chardev_type_table, (int)type),
                        type == CHARDEV_DEV && parsed->is_parallel ? parallel_example : examples[type]);
}

static gboolean parse_path(xmlNode *node, const char *attribute, const char **ret_path, GError **error)
{
  if (!xml_attribute(node, attribute))
    return xml_error(error, node, attribute, "is missing");
  return xml_attribute_path(node, attribute, ret_path, error);
}

gboolean chardev_source_parse_socket(xmlNode *node, const char *attribute, const char **ret_path,
                                     GError **error)
{
  const char *path;

  if (!parse_path(node, attribute, &path, error))
    return FALSE;
  if (strlen(path) > UNIX_SOCKET_PATH_MAX)
    return xml_error(error, node, attribute,
                     "the path has %" G_GSIZE_FORMAT " bytes, and that of a UNIX socket at most %d",
                     strlen(path), UNIX_SOCKET_PATH_MAX);
  *ret_path = path;
  return TRUE;
}

static gboolean refuse_clear(xmlNode *node, const char *attribute, const char *what, GError **error)
{
  xml_error(error, node, attribute, "%s is not supported", what);
  return error_add_hint(error,
                        "without it, data would cross the network in clear: <source tls='yes'> encrypts it");
}

/* <protocol>; <wiremode> in documents of 2008. */
static gboolean parse_protocol(xmlNode *node, ChardevProtocol *ret_protocol, GError **error)
{
  xmlNode *protocol = NULL;
  const char *type;

  if (!xml_child(node, "protocol", &protocol, error) ||
      (!protocol && !xml_child(node, "wiremode", &protocol, error)))
    return FALSE;
  if (!protocol)
    return TRUE;
  type = xml_attribute(protocol, "type");
  if (g_strcmp0(type, "telnets") == 0 || g_strcmp0(type, "tls") == 0) /* of other hypervisors */
    return refuse_clear(protocol, "type", type, error);
  return xml_attribute_enum(protocol, "type", &chardev_protocol_table, XML_ENUM(ret_protocol), error);
}

/* A connection that is made again is made by the supervisor, which has no TLS. */
static gboolean parse_tls(xmlNode *source, ChardevSource *ret_source, GError **error)
{
  if (!xml_attribute_yes_no(source, "tls", &ret_source->has_tls, error))
    return FALSE;
  if (!ret_source->has_tls || ret_source->reconnect == 0)
    return TRUE;
  xml_error(error, source, "tls",
            "'yes' goes with no <reconnect>: domrun makes that connection, and has no TLS");
  return error_add_hint(error, "remove <reconnect>, and QEMU makes the connection, once");
}

static gboolean parse_tcp(xmlNode *node, xmlNode *source, ChardevSource *ret_source, GError **error)
{
  Endpoint endpoint = { 0 };

  if (!xml_attribute_enum(source, "mode", &chardev_mode_table, XML_ENUM(&ret_source->mode), error) ||
      !endpoint_parse(source, &endpoint, error))
    return FALSE;
  if (!endpoint.host || !endpoint.service)
    return xml_error(error, source, endpoint.host ? "service" : "host", "is missing");
  if (ret_source->mode == CHARDEV_BIND)
    ret_source->local = endpoint;
  else
    ret_source->remote = endpoint;
  return parse_protocol(node, &ret_source->protocol, error) &&
         endpoint_parse_reconnect(source, ret_source->mode == CHARDEV_BIND, &ret_source->reconnect, error) &&
         parse_tls(source, ret_source, error);
}

/* One <source> tells where to send, another may tell where to receive. */
static gboolean parse_udp(xmlNode *node, ChardevSource *ret_source, GError **error)
{
  XML_FOREACH_CHILD(node, source, "source") {
    ChardevMode mode = CHARDEV_CONNECT;
    Endpoint *endpoint;

    if (!xml_attribute_enum(source, "mode", &chardev_mode_table, XML_ENUM(&mode), error))
      return FALSE;
    endpoint = mode == CHARDEV_BIND ? &ret_source->local : &ret_source->remote;
    if (endpoint->address)
      return xml_error(error, source, "mode", "'%s' is that of the <source> on line %d, too",
                       enum_to_string(&chardev_mode_table, (int)mode), endpoint->place.line);
    if (!endpoint_parse(source, endpoint, error))
      return FALSE;
    if (mode == CHARDEV_CONNECT && !endpoint->service)
      return xml_error(error, source, "service", "is missing");
  }
  if (ret_source->remote.address)
    return TRUE;
  xml_error(error, node, NULL, "a <source mode='connect'> is missing");
  return error_add_hint(error, "QEMU has to know where to send: %s", examples[CHARDEV_UDP]);
}

/* libvirt's own choice, in a document of a running guest. */
static gboolean is_path_of_libvirt(const char *path)
{
  return strstr(path, "/libvirt/qemu/channel/") || strstr(path, "/libvirt/qemu/run/channel/");
}

/* A channel is found by its name: nobody has to choose a path. */
static gboolean parse_unix(xmlNode *node, xmlNode *source, ChardevSource *ret_source, GError **error)
{
  const char *path = source ? xml_attribute(source, "path") : NULL;
  gboolean is_channel = xml_is_element(node, "channel");

  if (is_channel && !path)
    ret_source->mode = CHARDEV_BIND;
  if (source && !xml_attribute_enum(source, "mode", &chardev_mode_table, XML_ENUM(&ret_source->mode), error))
    return FALSE;
  ret_source->is_generated =
      is_channel && ret_source->mode == CHARDEV_BIND && (!path || is_path_of_libvirt(path));
  if (ret_source->is_generated)
    return TRUE;
  return chardev_source_parse_socket(source, "path", &ret_source->path, error) &&
         endpoint_parse_reconnect(source, ret_source->mode == CHARDEV_BIND, &ret_source->reconnect, error);
}

/* What of the agent's work QEMU does. */
static gboolean parse_vdagent(xmlNode *source, ChardevSource *ret_source, GError **error)
{
  xmlNode *clipboard = NULL, *mouse = NULL;
  ChardevMouse mode = CHARDEV_MOUSE_SERVER;
  gboolean is_one = FALSE;

  if (!source)
    return TRUE;
  if (!xml_child(source, "clipboard", &clipboard, error) || !xml_child(source, "mouse", &mouse, error))
    return FALSE;
  if (clipboard && !xml_attribute_yes_no(clipboard, "copypaste", &is_one, error))
    return FALSE;
  if (clipboard && xml_has_attribute(clipboard, "copypaste"))
    ret_source->clipboard = is_one ? FEATURE_ON : FEATURE_OFF;
  if (mouse && !xml_attribute_enum_required(mouse, "mode", &chardev_mouse_table, XML_ENUM(&mode), error))
    return FALSE;
  ret_source->has_mouse = mode == CHARDEV_MOUSE_CLIENT;
  return TRUE;
}

static gboolean parse_by_type(xmlNode *node, xmlNode *source, ChardevSource *ret_source, GError **error)
{
  switch (ret_source->type) {
  case CHARDEV_PTY:
    if (source) /* where the terminal of a running guest was: a new one is made */
      xml_attribute(source, "path");
    return TRUE;
  case CHARDEV_FILE:
    return parse_path(source, "path", &ret_source->path, error) &&
           xml_attribute_on_off(source, "append", &ret_source->append, error);
  case CHARDEV_DEV:
  case CHARDEV_PIPE:
    return parse_path(source, "path", &ret_source->path, error);
  case CHARDEV_TCP:
    return parse_tcp(node, source, ret_source, error);
  case CHARDEV_UDP:
    return parse_udp(node, ret_source, error);
  case CHARDEV_UNIX:
    return parse_unix(node, source, ret_source, error);
  case CHARDEV_SPICEPORT:
    return xml_attribute_required(source, "channel", &ret_source->name, error);
  case CHARDEV_VDAGENT:
    return parse_vdagent(source, ret_source, error);
  case CHARDEV_SPICEVMC:
  case CHARDEV_NULL:
  case CHARDEV_VC:
  case CHARDEV_STDIO:
  case CHARDEV_LAST:
    break;
  }
  return TRUE;
}

static gboolean check_element(xmlNode *node, ChardevType type, GError **error)
{
  gboolean is_limited = elements[type][0] != NULL;

  for (gsize i = 0; i < G_N_ELEMENTS(elements[type]) && elements[type][i]; i++) {
    if (xml_is_element(node, elements[type][i]))
      return TRUE;
  }
  return !is_limited ||
         xml_error(error, node, "type", "'%s' is what %s can be",
                   enum_to_string(&chardev_type_table, (int)type),
                   type == CHARDEV_VDAGENT ? "a <channel>" : "<channel>, <redirdev> and <smartcard>");
}

static gboolean parse_log(xmlNode *node, ChardevSource *ret_source, GError **error)
{
  xmlNode *log = NULL;

  if (!xml_child(node, "log", &log, error))
    return FALSE;
  if (!log)
    return TRUE;
  ret_source->log_place = xml_place(log);
  return parse_path(log, "file", &ret_source->log_path, error) &&
         xml_attribute_on_off(log, "append", &ret_source->log_append, error);
}

/* What it is connected to keeps the label that it has, which is what relabel='no' asks for. Others are
 * reported. */
static void ignore_labels(xmlNode *node)
{
  XML_FOREACH_CHILD(node, source, "source") {
    XML_FOREACH_CHILD(source, label, NULL) {
      if (xml_is_element(label, "seclabel") && g_strcmp0(xml_attribute(label, "relabel"), "no") == 0)
        xml_ignore(label);
    }
  }
}

gboolean chardev_source_parse(xmlNode *node, ChardevSource *ret_source, GError **error)
{
  xmlNode *source;

  ret_source->type = CHARDEV_PTY;
  ret_source->is_parallel = xml_is_element(node, "parallel");
  if (!xml_attribute_enum(node, "type", &chardev_type_table, XML_ENUM(&ret_source->type), error))
    return FALSE;
  if (!check_element(node, ret_source->type, error))
    return FALSE;
  ignore_labels(node);
  source = xml_next_child(node, "source", NULL);
  if (ret_source->type != CHARDEV_UDP && !xml_child(node, "source", &source, error))
    return FALSE;
  ret_source->place = xml_place(source ? source : node);
  return check_source(node, source, ret_source, error) && parse_by_type(node, source, ret_source, error) &&
         parse_log(node, ret_source, error);
}

void chardev_source_complete(const Domain *domain, ChardevSource *source)
{
  if (source->has_tls) /* where disks have them, too */
    source->certificates = domain_certificates(domain, "qemu");
}

char *chardev_source_claim_of(const ChardevSource *source)
{
  switch (source->type) {
  case CHARDEV_STDIO:
    return g_strdup("stdio (standard input and output)");
  case CHARDEV_DEV:
  case CHARDEV_FILE:
  case CHARDEV_PIPE:
    return g_str_equal(source->path, "/dev/null") ? NULL : g_strdup_printf("the file '%s'", source->path);
  case CHARDEV_UNIX:
    return source->mode == CHARDEV_BIND && source->path ? g_strdup_printf("the socket '%s'", source->path)
                                                        : NULL;
  case CHARDEV_TCP:
    if (source->mode == CHARDEV_CONNECT || g_str_equal(source->local.service, "0"))
      return NULL;
    return g_strdup_printf("TCP port '%s' of '%s'", source->local.service, source->local.host);
  case CHARDEV_UDP:
    if (!source->local.service || g_str_equal(source->local.service, "0"))
      return NULL;
    return g_strdup_printf("UDP port '%s' of '%s'", source->local.service,
                           source->local.host ? source->local.host : "");
  case CHARDEV_NULL:
  case CHARDEV_VC:
  case CHARDEV_PTY:
  case CHARDEV_SPICEVMC:
  case CHARDEV_SPICEPORT:
  case CHARDEV_VDAGENT:
  case CHARDEV_LAST:
    break;
  }
  return NULL;
}

gboolean chardev_source_needs_spice(const ChardevSource *source)
{
  return source->type == CHARDEV_SPICEVMC || source->type == CHARDEV_SPICEPORT;
}

char *chardev_source_log_claim_of(const ChardevSource *source)
{
  return source->log_path ? g_strdup_printf("the file '%s'", source->log_path) : NULL;
}

void chardev_source_claim(const ChardevSource *source, GPtrArray *claims)
{
  char *claim = chardev_source_claim_of(source), *log_claim = chardev_source_log_claim_of(source);

  if (claim)
    g_ptr_array_add(claims, claim);
  if (log_claim)
    g_ptr_array_add(claims, log_claim);
}
