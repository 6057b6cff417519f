/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/graphics/graphics.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "devices/audio.h"
#include "devices/chardev/source.h"
#include "devices/endpoint.h"
#include "domain/devices.h"
#include "xml/element.h"

ENUM_TABLE(graphics_type_table, GRAPHICS_LAST, [GRAPHICS_SDL] = "sdl", [GRAPHICS_VNC] = "vnc",
           [GRAPHICS_SPICE] = "spice", [GRAPHICS_EGL_HEADLESS] = "egl-headless", [GRAPHICS_DBUS] = "dbus");
ENUM_TABLE(graphics_share_table, GRAPHICS_SHARE_LAST, [GRAPHICS_SHARE_ALLOW_EXCLUSIVE] = "allow-exclusive",
           [GRAPHICS_SHARE_FORCE_SHARED] = "force-shared", [GRAPHICS_SHARE_IGNORE] = "ignore");
ENUM_TABLE(graphics_connected_table, GRAPHICS_CONNECTED_LAST, [GRAPHICS_CONNECTED_KEEP] = "keep",
           [GRAPHICS_CONNECTED_FAIL] = "fail", [GRAPHICS_CONNECTED_DISCONNECT] = "disconnect");
ENUM_TABLE(graphics_vnc_connected_table, 1, "keep");

/* More would be cut off: the protocol's challenge is encrypted with eight bytes (RFC 6143, 7.2.2). */
enum { VNC_PASSWORD_MAX = 8 };

/* From where on libvirt looks for one. */
enum { WEBSOCKET_FIRST_PORT = 5700 };

/* The protocol's own bound. */
enum { SPICE_PASSWORD_MAX = 60 };

/* -1 is a port that is free. */
static gboolean parse_port(xmlNode *node, const char *attribute, guint min, int *ret_port, GError **error)
{
  const char *text = xml_attribute(node, attribute);
  guint64 port = 0;

  if (!text)
    return TRUE;
  if (g_str_equal(text, "-1")) {
    *ret_port = GRAPHICS_PORT_AUTO;
    return TRUE;
  }
  if (!g_ascii_string_to_unsigned(text, 10, min, 65535, &port, NULL))
    return xml_error(error, node, attribute,
                     "'%s' is not a port (expected: a number from %u to 65535, or -1 for one that is free)",
                     text, min);
  *ret_port = (int)port;
  return TRUE;
}

static gboolean parse_vnc_port(xmlNode *node, Graphics *graphics, GError **error)
{
  gboolean is_auto = FALSE;

  graphics->port = GRAPHICS_PORT_AUTO;
  if (!xml_attribute_yes_no(node, "autoport", &is_auto, error))
    return FALSE;
  if (is_auto) { /* the number is that of a guest that ran */
    xml_attribute(node, "port");
    return TRUE;
  }
  return parse_port(node, "port", GRAPHICS_VNC_FIRST_PORT, &graphics->port, error);
}

static gboolean parse_valid_to(xmlNode *node, gint64 *ret_time, GError **error)
{
  const char *text = xml_attribute(node, "passwdValidTo");
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
  g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, utc) : NULL;

  if (!text)
    return TRUE;
  if (!time || g_date_time_to_unix(time) <= 0)
    return xml_error(error, node, "passwdValidTo",
                     "'%s' is not a time (expected: UTC, as in 2030-12-31T23:59:59)", text);
  *ret_time = g_date_time_to_unix(time);
  return TRUE;
}

static gboolean parse_password(xmlNode *node, Graphics *graphics, GError **error)
{
  const char *password = xml_attribute(node, "passwd");
  const char *old = xml_attribute(node, "password"); /* its name in 2008 */
  gboolean is_spice = graphics->type == GRAPHICS_SPICE;
  int keep = 0, max = is_spice ? SPICE_PASSWORD_MAX : VNC_PASSWORD_MAX;

  graphics->password_attribute = password ? "passwd" : "password";
  graphics->password = password ? password : old;
  graphics->password_place = xml_place(node);
  if (password && old && !g_str_equal(password, old))
    return xml_error(error, node, "password", "is not the same as 'passwd'");
  if (is_spice ? !xml_attribute_enum(node, "connected", &graphics_connected_table,
                                     XML_ENUM(&graphics->connected), error)
               : !xml_attribute_enum(node, "connected", &graphics_vnc_connected_table, &keep, error))
    return FALSE;
  if (!parse_valid_to(node, &graphics->valid_to, error))
    return FALSE;
  if (!graphics->password && graphics->valid_to) {
    xml_error(error, node, "passwdValidTo", "there is no password that it could end");
    return error_add_hint(error, "'virsh dumpxml' leaves passwords out: --security-info has them in");
  }
  if (graphics->password && strlen(graphics->password) > (gsize)max)
    return xml_error(error, node, graphics->password_attribute,
                     is_spice ? "has %" G_GSIZE_FORMAT " characters, and SPICE takes %d at most"
                              : "has %" G_GSIZE_FORMAT " characters, and VNC looks at %d only",
                     strlen(graphics->password), max);
  return TRUE;
}

/* A keymap becomes a file name in QEMU's own directory. */
static gboolean parse_keymap(xmlNode *node, Graphics *graphics, GError **error)
{
  const char *keymap = xml_attribute_non_empty(node, "keymap");

  if (keymap &&
      strspn(keymap, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != strlen(keymap))
    return xml_error(error, node, "keymap", "'%s' is not the name of a keymap (as in en-us, de, fr-ch)",
                     keymap);
  graphics->keymap = keymap;
  return TRUE;
}

/* With a port that is found, the document of a running guest has the one for websockets that was found, too.
 */
static void forget_websocket(xmlNode *node, Graphics *graphics)
{
  if (graphics->port == GRAPHICS_PORT_AUTO && graphics->websocket >= WEBSOCKET_FIRST_PORT &&
      graphics->listens->len == 1 && xml_is_of_running(node))
    graphics->websocket = GRAPHICS_PORT_AUTO;
}

static gboolean parse_listens(xmlNode *node, Graphics *graphics, GError **error)
{
  graphics->listens = graphics_listens_parse(node, error);
  return graphics->listens != NULL;
}

static GraphicsListen *listen_at(const Graphics *graphics, guint index)
{
  return &g_array_index(graphics->listens, GraphicsListen, index);
}

static gboolean parse_vnc(xmlNode *node, Graphics *graphics, GError **error)
{
  if (!parse_vnc_port(node, graphics, error) || !parse_listens(node, graphics, error) ||
      !parse_port(node, "websocket", 1, &graphics->websocket, error) ||
      !parse_password(node, graphics, error) || !parse_keymap(node, graphics, error) ||
      !xml_attribute_enum(node, "sharePolicy", &graphics_share_table, XML_ENUM(&graphics->share), error) ||
      !audio_parse_reference(node, &graphics->audio, error) ||
      !xml_attribute_yes_no(node, "powerControl", &graphics->has_power_control, error))
    return FALSE;
  forget_websocket(node, graphics);
  graphics_listens_require(node, graphics->listens, graphics->port, graphics->tls_port);
  return TRUE;
}

/* libvirt's rules: with autoport, or two ports of -1, the ports are those that the channels need; a number is
 * then that of a guest that ran. Else there is what is named. */
static gboolean parse_spice_ports(xmlNode *node, Graphics *graphics, GError **error)
{
  gboolean is_auto = FALSE;

  if (!xml_attribute_yes_no(node, "autoport", &is_auto, error))
    return FALSE;
  if (is_auto) {
    xml_attribute(node, "port");
    xml_attribute(node, "tlsPort");
  } else if (!parse_port(node, "port", 0, &graphics->port, error) ||
             !parse_port(node, "tlsPort", 0, &graphics->tls_port, error)) {
    return FALSE;
  }
  if (graphics->port == GRAPHICS_PORT_AUTO && graphics->tls_port == GRAPHICS_PORT_AUTO)
    is_auto = TRUE;
  if (!is_auto)
    return TRUE;
  graphics->port = spice_needs_clear(&graphics->spice) ? GRAPHICS_PORT_AUTO : GRAPHICS_PORT_NONE;
  graphics->tls_port = spice_needs_tls(&graphics->spice) ? GRAPHICS_PORT_AUTO : GRAPHICS_PORT_NONE;
  return TRUE;
}

static gboolean parse_spice(xmlNode *node, Graphics *graphics, GError **error)
{
  if (!spice_parse(node, &graphics->spice, error) || !parse_spice_ports(node, graphics, error) ||
      !parse_listens(node, graphics, error) || !parse_password(node, graphics, error) ||
      !parse_keymap(node, graphics, error))
    return FALSE;
  graphics_listens_require(node, graphics->listens, graphics->port, graphics->tls_port);
  return TRUE;
}

static gboolean parse_sdl(xmlNode *node, Graphics *graphics, GError **error)
{
  xmlNode *gl = NULL;

  graphics->display = xml_attribute_non_empty(node, "display");
  if (!xml_attribute_path(node, "xauth", &graphics->xauth, error) ||
      !xml_attribute_yes_no(node, "fullscreen", &graphics->is_fullscreen, error) ||
      !xml_child(node, "gl", &gl, error))
    return FALSE;
  return !gl || xml_attribute_yes_no(gl, "enable", &graphics->has_gl, error);
}

static gboolean parse_egl_headless(xmlNode *node, Graphics *graphics, GError **error)
{
  xmlNode *gl = NULL;
  gboolean is_enabled = TRUE;

  graphics->has_gl = TRUE;
  if (!xml_child(node, "gl", &gl, error))
    return FALSE;
  if (!gl)
    return TRUE;
  if (!xml_attribute_yes_no(gl, "enable", &is_enabled, error) ||
      !xml_attribute_path(gl, "rendernode", &graphics->render_node, error))
    return FALSE;
  return is_enabled || xml_error(error, gl, "enable", "OpenGL is all that type 'egl-headless' is for");
}

static gboolean parse_dbus(xmlNode *node, Graphics *graphics, GError **error)
{
  return dbus_parse(node, &graphics->dbus, error) && audio_parse_reference(node, &graphics->audio, error);
}

/* libvirt starts qemu-rdp, which shows a guest's display of type dbus. */
static gboolean refuse_rdp(xmlNode *node, GError **error)
{
  if (g_strcmp0(xml_attribute(node, "type"), "rdp") != 0)
    return TRUE;
  xml_error(
      error, node, "type",
      "domrun does not carry out 'rdp', which is a program of its own, qemu-rdp, beside a display of type "
      "'dbus' (allowed: sdl, vnc, spice, egl-headless, dbus)");
  return error_add_hint(error,
                        "vnc and spice are servers, too; or start qemu-rdp by yourself: with <graphics "
                        "type='dbus'/>, 'domrun dumpxml' has the address of the bus");
}

/* What virt-manager's documents have of a window. */
static const char *find_window_attribute(xmlNode *node)
{
  const char *display = xml_attribute(node, "display"), *xauth = xml_attribute(node, "xauth");

  return display ? "display" : xauth ? "xauth" : NULL;
}

static gboolean graphics_parse(xmlNode *node, Device *device, GError **error)
{
  static gboolean (*const parsers[])(xmlNode *, Graphics *, GError **) = {
    [GRAPHICS_SDL] = parse_sdl,     [GRAPHICS_VNC] = parse_vnc,
    [GRAPHICS_SPICE] = parse_spice, [GRAPHICS_EGL_HEADLESS] = parse_egl_headless,
    [GRAPHICS_DBUS] = parse_dbus,
  };
  Graphics *graphics = (Graphics *)device;

  if (!refuse_rdp(node, error) ||
      !xml_attribute_enum_required(node, "type", &graphics_type_table, XML_ENUM(&graphics->type), error) ||
      !device_parse_alias(node, device, error))
    return FALSE;
  if (graphics->type != GRAPHICS_SDL)
    graphics->window_attribute = find_window_attribute(node);
  return parsers[graphics->type](node, graphics, error);
}

static void claim_window(const Device *device, GPtrArray *claims)
{
  if (device->room == &graphics_room && ((const Graphics *)device)->type == GRAPHICS_SDL)
    g_ptr_array_add(claims, g_strdup("window"));
}

static const Graphics *first_window(const Domain *domain)
{
  return (const Graphics *)device_first_claimant(domain, claim_window, "window");
}

/* Behind all that the document names for itself. */
static int first_free_port(const Domain *domain)
{
  int first = GRAPHICS_VNC_FIRST_PORT;

  DOMAIN_FOREACH_OF(domain, &graphics_room, device, i) {
    const Graphics *other = (const Graphics *)device;

    first = MAX(first, MAX(other->port, MAX(other->tls_port, other->websocket)) + 1);
  }
  return MIN(first, GRAPHICS_LAST_FIRST_PORT);
}

/* In the working directory, where whoever types the command has a right to make it. */
static void name_sockets(const Domain *domain, Graphics *graphics)
{
  g_autofree char *name = graphics->type == GRAPHICS_VNC ? g_strdup_printf("vnc%u.sock", graphics->vnc_index)
                                                         : g_strdup("spice.sock");

  for (guint i = 0; graphics->listens && i < graphics->listens->len; i++) {
    if (listen_at(graphics, i)->is_generated)
      listen_at(graphics, i)->path = xml_document_keep(domain->document, name);
  }
}

static gboolean graphics_complete(Domain *domain, Device *device, GError **error)
{
  Graphics *graphics = (Graphics *)device;
  const Graphics *before =
      device->index ? g_ptr_array_index(domain_devices_of(domain, &graphics_room), device->index - 1) : NULL;

  graphics->vnc_index = before ? before->vnc_index + (before->type == GRAPHICS_VNC) : 0;
  name_sockets(domain, graphics);
  if (graphics == graphics_spice_of(domain)) { /* further ones are refused */
    graphics->spice.certificates = domain_certificates(domain, "libvirt-spice");
    graphics->preferred_port = first_free_port(domain);
    graphics->preferred_tls_port = graphics->preferred_port + (graphics->port == GRAPHICS_PORT_AUTO);
  }
  device_set_alias(domain, device, "graphics%u", device->index);
  return TRUE;
}

static void claim_keymap(const Device *device, GPtrArray *claims)
{
  if (device->room == &graphics_room && ((const Graphics *)device)->keymap)
    g_ptr_array_add(claims, g_strdup("keymap"));
}

const Graphics *graphics_with_keymap(const Domain *domain)
{
  return (const Graphics *)device_first_claimant(domain, claim_keymap, "keymap");
}

/* QEMU has one keymap for all. */
static gboolean validate_keymap(const Domain *domain, const Graphics *graphics, GError **error)
{
  const Graphics *first = graphics->keymap ? graphics_with_keymap(domain) : graphics;

  if (first == graphics || g_str_equal(first->keymap, graphics->keymap))
    return TRUE;
  return error_set_document(error, &graphics->device.place, "keymap",
                            "'%s' is not the '%s' of line %d, and a guest has one keymap", graphics->keymap,
                            first->keymap, first->device.place.line);
}

/* "/run/socket" or "HOST PORT"; NULL: any that is free. */
static const char *claim_of(const GraphicsListen *listen, gboolean is_tls)
{
  if (is_tls)
    return listen->path ? NULL : listen->tls_requirement;
  return listen->path ? listen->path : listen->requirement;
}

static void claim_listens(const Device *device, GPtrArray *claims)
{
  const Graphics *graphics = (const Graphics *)device;

  if (device->room != &graphics_room || !graphics->listens)
    return;
  for (guint i = 0; i < 2 * graphics->listens->len; i++) {
    const char *claim = claim_of(listen_at(graphics, i / 2), i % 2);

    if (claim)
      g_ptr_array_add(claims, g_strdup(claim));
  }
}

/* Two cannot listen on one address. */
static gboolean refuse_listen(const Graphics *graphics, const GraphicsListen *listen, gboolean is_tls,
                              int line, GError **error)
{
  if (listen->path)
    return error_set_document(error, &listen->place, "socket",
                              "'%s' is that of the <graphics> on line %d, too", listen->path, line);
  return error_set_document(error, &listen->place, NULL,
                            "port %d of '%s' is that of the <graphics> on line %d, too",
                            is_tls ? graphics->tls_port : graphics->port, listen->host, line);
}

static gboolean validate_addresses(const Domain *domain, const Graphics *graphics, GError **error)
{
  g_autoptr(GHashTable) own = g_hash_table_new(g_str_hash, g_str_equal);

  for (guint i = 0; i < 2 * graphics->listens->len; i++) {
    const GraphicsListen *listen = listen_at(graphics, i / 2);
    const char *claim = claim_of(listen, i % 2);
    const Device *first = claim ? device_first_claimant(domain, claim_listens, claim) : NULL;

    if (first && (first != &graphics->device || !g_hash_table_add(own, (gpointer)claim)))
      return refuse_listen(graphics, listen, i % 2, first->place.line, error);
  }
  return TRUE;
}

static gboolean has_listen(const Graphics *graphics, GraphicsListenType type)
{
  for (guint i = 0; i < graphics->listens->len; i++) {
    if (listen_at(graphics, i)->type == type)
      return TRUE;
  }
  return FALSE;
}

static gboolean validate_listens(const Graphics *graphics, GError **error)
{
  const Place *place = &graphics->device.place;

  if (graphics->listens->len > 1 && has_listen(graphics, GRAPHICS_LISTEN_NONE))
    return error_set_document(error, place, NULL, "a <listen> of type 'none' goes with no other");
  if (graphics->type == GRAPHICS_SPICE)
    return TRUE;
  if (graphics->listens->len > 1 && graphics->port == GRAPHICS_PORT_AUTO &&
      has_listen(graphics, GRAPHICS_LISTEN_SOCKET)) {
    error_set_document(error, place, "port",
                       "a server that listens on a socket, too, needs a port of its own");
    return error_add_hint(error, "name it (port='5900'), or make two <graphics> of it");
  }
  if (graphics->websocket == GRAPHICS_PORT_AUTO &&
      (graphics->listens->len > 1 || listen_at(graphics, 0)->type == GRAPHICS_LISTEN_SOCKET)) {
    error_set_document(error, place, "websocket", "-1 goes with a single address to listen on");
    return error_add_hint(error, "name the port: websocket='5700'");
  }
  return TRUE;
}

static gboolean is_loopback(const char *host)
{
  struct in_addr ipv4;
  struct in6_addr ipv6;

  if (inet_pton(AF_INET, host, &ipv4) == 1)
    return ntohl(ipv4.s_addr) >> 24 == 127;
  if (inet_pton(AF_INET6, host, &ipv6) == 1)
    return IN6_IS_ADDR_LOOPBACK(&ipv6);
  return g_ascii_strcasecmp(host, "localhost") == 0;
}

/* Whoever reaches the host could use the guest. */
static void warn_of_open_display(const Domain *domain, const Graphics *graphics)
{
  if (!domain->options->has_advice || graphics->password)
    return;
  for (guint i = 0; i < graphics->listens->len; i++) {
    const GraphicsListen *listen = listen_at(graphics, i);

    if (listen->host && !is_loopback(listen->host))
      report_warning(
          domain->report, &listen->place, NULL,
          graphics->type == GRAPHICS_SPICE
              ? "passwd='...' asks for a password; <listen type='socket'> or 127.0.0.1 let in this host only"
              : "passwd='...' asks for a password, which VNC does not encrypt; <listen type='socket'> or "
                "127.0.0.1 let in this host only",
          "the display is open to everybody who reaches '%s'", listen->host);
  }
}

static void claim_spice(const Device *device, GPtrArray *claims)
{
  if (device->room == &graphics_room && ((const Graphics *)device)->type == GRAPHICS_SPICE)
    g_ptr_array_add(claims, g_strdup("spice"));
}

Graphics *graphics_spice_of(const Domain *domain)
{
  return (Graphics *)device_first_claimant(domain, claim_spice, "spice");
}

gboolean graphics_check_spice(const Domain *domain, const Place *place, const char *type, GError **error)
{
  if (graphics_spice_of(domain))
    return TRUE;
  error_set_document(error, place, "type", "'%s' needs a display of type 'spice', and the guest has none",
                     type);
  return error_add_hint(
      error, "<graphics type='spice' autoport='yes'/> is one; --graphics=vnc leaves out what needs it");
}

void graphics_set_spice_ports(const Domain *domain, int port, int tls_port)
{
  Graphics *graphics = graphics_spice_of(domain);

  if (graphics && port)
    graphics->preferred_port = port;
  if (graphics && tls_port)
    graphics->preferred_tls_port = tls_port;
}

void graphics_set_directory(const Domain *domain, const char *directory)
{
  DOMAIN_FOREACH_OF(domain, &graphics_room, device, i) {
    Graphics *graphics = (Graphics *)device;

    if (graphics->type == GRAPHICS_DBUS)
      dbus_set_directory(&graphics->dbus, directory, device->node);
    for (guint j = 0; graphics->listens && j < graphics->listens->len; j++) {
      GraphicsListen *listen = listen_at(graphics, j);
      g_autofree char *name = listen->is_generated ? g_path_get_basename(listen->path) : NULL;
      g_autofree char *path = name ? g_build_filename(directory, name, NULL) : NULL;

      if (path)
        listen->path = xml_document_keep(domain->document, path);
    }
  }
}

/* A channel without the port that it is to use would be open to nobody. */
static gboolean validate_spice_ports(const Domain *domain, const Graphics *graphics, GError **error)
{
  const Place *place = &graphics->device.place;
  gboolean has_ports = listen_at(graphics, 0)->host && (graphics->port || graphics->tls_port);

  if (has_ports && !graphics->tls_port && spice_needs_tls(&graphics->spice)) {
    error_set_document(error, place, "tlsPort", "there is none for the channels of mode 'secure'");
    return error_add_hint(error, "autoport='yes' gives them one");
  }
  if (has_ports && !graphics->port && spice_has_clear(&graphics->spice)) {
    error_set_document(error, place, "port", "there is none for the channels of mode 'insecure'");
    return error_add_hint(error, "autoport='yes' gives them one");
  }
  if (listen_at(graphics, 0)->host && !has_ports)
    report_warning(domain->report, place, "port", "autoport='yes' gives it one",
                   "the display has none, so that no viewer can connect");
  return TRUE;
}

static gboolean validate_spice(const Domain *domain, const Graphics *graphics, GError **error)
{
  const Graphics *first = graphics_spice_of(domain);

  if (first != graphics)
    return error_set_document(error, &graphics->device.place, "type",
                              "a guest has one SPICE server: that of the <graphics> on line %d",
                              first->device.place.line);
  if (graphics->listens->len > 1)
    return error_set_document(error, &listen_at(graphics, 1)->place, NULL,
                              "QEMU's SPICE server listens at one address: that on line %d",
                              listen_at(graphics, 0)->place.line);
  if (graphics->spice.has_gl && listen_at(graphics, 0)->host && (graphics->port || graphics->tls_port)) {
    error_set_document(error, &graphics->spice.gl_place, NULL,
                       "OpenGL goes to viewers on this host only, and the server has a port");
    return error_add_hint(error, "<listen type='none'/> or <listen type='socket' socket='...'/> has none");
  }
  return validate_spice_ports(domain, graphics, error);
}

static void claim_main_display(const Device *device, GPtrArray *claims)
{
  if (device->room == &graphics_room && !((const Graphics *)device)->listens)
    g_ptr_array_add(claims, g_strdup("main"));
}

static gboolean validate_main_display(const Domain *domain, const Device *device, GError **error)
{
  const Device *first = device_first_claimant(domain, claim_main_display, "main");

  return first == device || error_set_document(error, &device->place, "type",
                                               "'dbus', 'egl-headless' and 'sdl' are one each, and exclude "
                                               "each other: there is the <graphics> on line %d",
                                               first->place.line);
}

/* QMP's add_client takes a descriptor, which no verb hands over. */
static void warn_of_p2p(const Domain *domain, const Graphics *graphics)
{
  if (graphics->type == GRAPHICS_DBUS && graphics->dbus.is_p2p)
    report_warning(domain->report, &graphics->device.place, "p2p",
                   "without it, the display is on a bus of the guest's own",
                   "no viewer can connect: domrun hands none over to QEMU");
}

/* The sound of the display goes with it, and nowhere else. */
static gboolean validate_dbus_audio(const Domain *domain, const Graphics *graphics, GError **error)
{
  const Device *device = &graphics->device;

  if (graphics->type != GRAPHICS_DBUS || graphics->audio == 0)
    return TRUE;
  if (!audio_validate_reference(domain, device, graphics->audio, error))
    return FALSE;
  if (audio_is_of_type(domain, graphics->audio, AUDIO_DBUS))
    return TRUE;
  error_set_document(error, &device->place, NULL, "its <audio id='%u'> has to be one of type 'dbus'",
                     graphics->audio);
  return error_add_hint(error, "<audio id='%u' type='dbus'/> is one", graphics->audio);
}

static gboolean graphics_validate(const Domain *domain, const Device *device, GError **error)
{
  const Graphics *graphics = (const Graphics *)device;
  const Graphics *first = first_window(domain);

  if (graphics->type == GRAPHICS_SDL && first != graphics)
    return error_set_document(error, &device->place, "type",
                              "a guest has one window: that of the <graphics> on line %d",
                              first->device.place.line);
  if (graphics->window_attribute)
    report_warning(domain->report, &device->place, graphics->window_attribute, NULL,
                   graphics->listens ? "it is for type 'sdl', and means nothing to a server"
                                     : "it is for type 'sdl', and there is no window");
  warn_of_p2p(domain, graphics);
  if (!graphics->listens)
    return validate_main_display(domain, device, error) && validate_dbus_audio(domain, graphics, error);
  warn_of_open_display(domain, graphics);
  if (graphics->type == GRAPHICS_SPICE && !validate_spice(domain, graphics, error))
    return FALSE;
  return audio_validate_reference(domain, device, graphics->audio, error) &&
         validate_keymap(domain, graphics, error) && validate_listens(graphics, error) &&
         validate_addresses(domain, graphics, error);
}

static void graphics_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Graphics *graphics = (const Graphics *)device;

  if (graphics->type == GRAPHICS_DBUS)
    dbus_annotate(&graphics->dbus, node);
}

static void graphics_clear(Device *device)
{
  g_clear_pointer(&((Graphics *)device)->listens, g_array_unref);
}

static void claim_display(const Device *device, GPtrArray *claims)
{
  const Graphics *graphics = (const Graphics *)device;

  if (device->room == &graphics_room && graphics->type == GRAPHICS_VNC)
    g_ptr_array_add(claims, g_strdup_printf("%u", graphics->vnc_index));
}

Graphics *graphics_of_display(const Domain *domain, guint index)
{
  g_autofree char *claim = g_strdup_printf("%u", index);

  return (Graphics *)device_first_claimant(domain, claim_display, claim);
}

void graphics_prefer(const Domain *domain, const LiveDisplay *display)
{
  Graphics *graphics = display->is_spice ? NULL : graphics_of_display(domain, display->index);

  if (graphics) /* SPICE's is kept by the host */
    graphics->preferred_port = display->port;
}

gboolean graphics_has_window(const Domain *domain)
{
  return first_window(domain) != NULL;
}

gboolean graphics_has_server(const Domain *domain)
{
  DOMAIN_FOREACH_OF(domain, &graphics_room, device, i) {
    if (((const Graphics *)device)->listens)
      return TRUE;
  }
  return FALSE;
}

gboolean graphics_has_spice(const Domain *domain)
{
  DOMAIN_FOREACH_OF(domain, &graphics_room, device, i) {
    if (((const Graphics *)device)->type == GRAPHICS_SPICE)
      return TRUE;
  }
  return FALSE;
}

static void claim_dbus(const Device *device, GPtrArray *claims)
{
  if (device->room == &graphics_room && ((const Graphics *)device)->type == GRAPHICS_DBUS)
    g_ptr_array_add(claims, g_strdup("dbus"));
}

static const Graphics *first_dbus(const Domain *domain)
{
  return (const Graphics *)device_first_claimant(domain, claim_dbus, "dbus");
}

gboolean graphics_has_dbus(const Domain *domain)
{
  return first_dbus(domain) != NULL;
}

static void claim_headless(const Device *device, GPtrArray *claims)
{
  if (device->room == &graphics_room && ((const Graphics *)device)->type == GRAPHICS_EGL_HEADLESS)
    g_ptr_array_add(claims, g_strdup("headless"));
}

gboolean graphics_is_headless(const Domain *domain)
{
  return device_first_claimant(domain, claim_headless, "headless") != NULL;
}

gboolean graphics_has_gl(const Domain *domain)
{
  const Graphics *window = first_window(domain), *spice = graphics_spice_of(domain),
                 *dbus = first_dbus(domain);

  return graphics_is_headless(domain) || (window && window->has_gl) || (spice && spice->spice.has_gl) ||
         (dbus && dbus->dbus.gl == FEATURE_ON);
}

const DeviceRoom graphics_room = {
  .element = "graphics",
  .size = sizeof(Graphics),
  .parse = graphics_parse,
  .complete = graphics_complete,
  .validate = graphics_validate,
  .translate = graphics_translate,
  .annotate = graphics_annotate,
  .clear = graphics_clear,
};
