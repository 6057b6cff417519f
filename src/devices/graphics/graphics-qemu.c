/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts about -vnc (QEMU's manual, and tried with 7.2): `to` makes QEMU look for a free port by itself, and
 * does not go with a socket; a websocket without a host listens on every address unless there is one address
 * to take it from; what stands before the first comma is the first address unless it has a '='; the servers
 * are called default, vnc2, vnc3, ...
 */
#include "config.h"

#include "devices/graphics/graphics.h"

#include <string.h>

#include "devices/audio.h"
#include "domain/domain.h"

ENUM_TABLE(graphics_connected_qemu_table, GRAPHICS_CONNECTED_LAST, [GRAPHICS_CONNECTED_KEEP] = "keep",
           [GRAPHICS_CONNECTED_FAIL] = "fail", [GRAPHICS_CONNECTED_DISCONNECT] = "disconnect");
ENUM_TABLE(graphics_share_qemu_table,
           GRAPHICS_SHARE_LAST, [GRAPHICS_SHARE_ALLOW_EXCLUSIVE] = "allow-exclusive",
           [GRAPHICS_SHARE_FORCE_SHARED] = "force-shared", [GRAPHICS_SHARE_IGNORE] = "ignore");

enum { VNC_LAST_DISPLAY = 65535 - GRAPHICS_VNC_FIRST_PORT };

static const GraphicsListen *listen_at(const Graphics *graphics, guint index)
{
  return &g_array_index(graphics->listens, GraphicsListen, index);
}

/* "127.0.0.1:4", "[::1]:4", "unix:/run/vnc", "none". The caller frees it. */
static char *vnc_address(const Graphics *graphics, const GraphicsListen *listen)
{
  int port = graphics->port == GRAPHICS_PORT_AUTO ? graphics->preferred_port : graphics->port;
  int display = port == 0 ? 0 : port - GRAPHICS_VNC_FIRST_PORT;

  if (listen->path)
    return g_strdup_printf("unix:%s", listen->path);
  if (!listen->host)
    return g_strdup("none");
  if (strchr(listen->host, ':'))
    return g_strdup_printf("[%s]:%d", listen->host, display);
  return g_strdup_printf("%s:%d", listen->host, display);
}

/* Each address under the same key, which Props has no room for. */
static void append_addresses(const Graphics *graphics, GString *text)
{
  for (guint i = 0; i < graphics->listens->len; i++) {
    const GraphicsListen *listen = listen_at(graphics, i);
    g_autofree char *address = vnc_address(graphics, listen);
    g_autoptr(Props) props = props_new(i == 0 && !listen->path ? NULL : "vnc", address);
    g_autofree char *escaped = props_to_keyval(props);

    g_string_append_printf(text, "%s%s", i ? "," : "", escaped);
  }
}

/* The first host that the server listens on; of sockets alone, this host. */
static const char *first_host(const Graphics *graphics)
{
  for (guint i = 0; i < graphics->listens->len; i++) {
    if (listen_at(graphics, i)->host)
      return listen_at(graphics, i)->host;
  }
  return "127.0.0.1";
}

static void add_websocket(const Graphics *graphics, Props *props)
{
  const char *host = first_host(graphics);

  if (graphics->websocket == GRAPHICS_PORT_NONE)
    return;
  if (graphics->websocket == GRAPHICS_PORT_AUTO) /* the display's number from 5700 on */
    props_add_string(props, "websocket", "on");
  else if (graphics->listens->len == 1 && listen_at(graphics, 0)->host)
    props_add_format(props, "websocket", "%d", graphics->websocket);
  else if (strchr(host, ':'))
    props_add_format(props, "websocket", "[%s]:%d", host, graphics->websocket);
  else
    props_add_format(props, "websocket", "%s:%d", host, graphics->websocket);
}

/* QEMU looks for a free port by itself: as many as one host has guests. */
enum { VNC_PORTS = 512, WEBSOCKET_FIRST_PORT = 5700 };

static void allow_ports(const Graphics *graphics, Plan *plan)
{
  if (graphics->port == GRAPHICS_PORT_AUTO && listen_at(graphics, 0)->host)
    plan_listen(plan, GRAPHICS_VNC_FIRST_PORT, GRAPHICS_VNC_FIRST_PORT + VNC_PORTS - 1);
  if (graphics->websocket == GRAPHICS_PORT_AUTO)
    plan_listen(plan, WEBSOCKET_FIRST_PORT, WEBSOCKET_FIRST_PORT + VNC_PORTS - 1);
  else if (graphics->websocket != GRAPHICS_PORT_NONE)
    plan_listen(plan, (guint)graphics->websocket, (guint)graphics->websocket);
}

static Props *vnc_options(const Domain *domain, const Graphics *graphics)
{
  g_autofree char *audio = audio_id(domain, graphics->audio);
  Props *props = props_new_empty();

  if (graphics->port == GRAPHICS_PORT_AUTO && listen_at(graphics, 0)->host)
    props_add_int(props, "to", VNC_LAST_DISPLAY);
  add_websocket(graphics, props);
  props_add_string(props, "share", enum_to_string(&graphics_share_qemu_table, (int)graphics->share));
  if (graphics->password)
    props_add_bool(props, "password", TRUE);
  if (graphics->has_power_control)
    props_add_bool(props, "power-control", TRUE);
  /* Without it, a viewer that asks for sound would have QEMU open the host's. */
  props_add_string(props, "audiodev", audio);
  return props;
}

/* QEMU lets nobody in until it was told the password, over QMP: never on the command line. */
static void add_password(const Graphics *graphics, const char *protocol, const char *id, Plan *plan)
{
  Props *props = props_new("protocol", protocol);

  props_add_string(props, "password", graphics->password);
  props_add_string(props, "connected",
                   enum_to_string(&graphics_connected_qemu_table, (int)graphics->connected));
  props_add_string(props, "display", id);
  plan_add_command(plan, &graphics->password_place, graphics->password_attribute, "set_password", props,
                   "nobody can connect until QMP's set_password gives it")
      ->is_secret = TRUE;
  if (!graphics->valid_to)
    return;
  props = props_new("protocol", protocol);
  props_add_format(props, "time", "%" G_GINT64_FORMAT, graphics->valid_to);
  props_add_string(props, "display", id);
  plan_add_command(plan, &graphics->password_place, "passwdValidTo", "expire_password", props,
                   "the password does not expire until QMP's expire_password says when");
}

static void require(const Graphics *graphics, Plan *plan)
{
  for (guint i = 0; i < graphics->listens->len; i++) {
    const GraphicsListen *listen = listen_at(graphics, i);

    if (listen->is_generated)
      plan->names_directory = plan->makes_sockets = TRUE;
    else if (listen->path)
      plan_require(plan, PLAN_REQUIRE_LISTEN, &listen->place, "socket", listen->path);
    else if (listen->requirement)
      plan_require(plan, PLAN_REQUIRE_TCP_PORT, &listen->place, NULL, listen->requirement);
    if (listen->tls_requirement)
      plan_require(plan, PLAN_REQUIRE_TCP_PORT, &listen->place, NULL, listen->tls_requirement);
  }
}

static void translate_vnc(const Domain *domain, const Graphics *graphics, Plan *plan)
{
  g_autoptr(GString) text = g_string_new(NULL);
  g_autoptr(Props) options = vnc_options(domain, graphics);
  g_autofree char *escaped = props_to_keyval(options);
  g_autofree char *id = graphics->vnc_index ? g_strdup_printf("vnc%u", graphics->vnc_index + 1) : NULL;

  append_addresses(graphics, text);
  g_string_append_printf(text, ",%s", escaped);
  plan_add(plan, PLAN_BOTH, "-vnc", text->str);
  if (graphics->password && *graphics->password)
    add_password(graphics, "vnc", id, plan);
  allow_ports(graphics, plan);
  require(graphics, plan);
}

/* The number of @port; for one that is to be free, the host is asked when the guest starts. */
static int port_number(const Graphics *graphics, int port, int preferred, gboolean is_tls, Plan *plan)
{
  PlanResource *resource;

  if (port != GRAPHICS_PORT_AUTO)
    return port;
  resource =
      plan_add_resource(plan, PLAN_RESOURCE_PORT, graphics->device.alias, &listen_at(graphics, 0)->place);
  resource->host = listen_at(graphics, 0)->host;
  resource->port = preferred;
  resource->is_tls = is_tls;
  return preferred;
}

/* Where the server is. Without a port it is nowhere: viewers are handed over by QMP's add_client. */
static void add_spice_address(const Graphics *graphics, Props *props, Plan *plan)
{
  const GraphicsListen *listen = listen_at(graphics, 0);
  gboolean has_ports = listen->host && (graphics->port || graphics->tls_port);

  if (listen->path)
    props_add_bool(props, "unix", TRUE);
  else if (!has_ports)
    props_add_int(props, "port", 0);
  if (has_ports && graphics->port)
    props_add_int(props, "port",
                  port_number(graphics, graphics->port, graphics->preferred_port, FALSE, plan));
  if (has_ports && graphics->tls_port)
    props_add_int(props, "tls-port",
                  port_number(graphics, graphics->tls_port, graphics->preferred_tls_port, TRUE, plan));
  if (listen->path || has_ports)
    props_add_string(props, "addr", listen->path ? listen->path : listen->host);
}

static void require_certificates(const Graphics *graphics, Plan *plan)
{
  plan_require(plan, PLAN_REQUIRE_DIRECTORY, &graphics->device.place, "tlsPort",
               graphics->spice.certificates);
}

static void add_protection(const Graphics *graphics, Props *props, Plan *plan)
{
  if (!graphics->password)
    props_add_bool(props, "disable-ticketing", TRUE);
  spice_add_mouse(&graphics->spice, props);
  if (graphics->tls_port && listen_at(graphics, 0)->host) {
    props_add_string(props, "x509-dir", graphics->spice.certificates);
    require_certificates(graphics, plan);
  }
  spice_add_channels(&graphics->spice, props);
}

static void translate_spice(const Graphics *graphics, Plan *plan)
{
  Props *props = props_new_empty();

  plan->has_desktop |= graphics->spice.has_gl;
  add_spice_address(graphics, props, plan);
  add_protection(graphics, props, plan);
  spice_add_options(&graphics->spice, props);
  plan_add_keyval(plan, PLAN_BOTH, "-spice", props);
  plan_require(plan, PLAN_REQUIRE_SPICE, &graphics->device.place, "type", /* path= */ NULL);
  if (graphics->password && *graphics->password)
    add_password(graphics, "spice", /* id= */ NULL, plan);
  if (graphics->spice.has_gl && graphics->spice.render_node)
    plan_require(plan, PLAN_REQUIRE_DEVICE, &graphics->spice.gl_place, "rendernode",
                 graphics->spice.render_node);
  require(graphics, plan);
}

static void translate_egl_headless(const Graphics *graphics, Plan *plan)
{
  Props *display = props_new(/* key= */ NULL, "egl-headless");

  plan->has_desktop = TRUE;
  props_add_string(display, "rendernode", graphics->render_node);
  plan_add_keyval(plan, PLAN_BOTH, "-display", display);
  if (graphics->render_node)
    plan_require(plan, PLAN_REQUIRE_DEVICE, &graphics->device.place, NULL, graphics->render_node);
}

static void translate_sdl(const Graphics *graphics, Plan *plan)
{
  Props *display = props_new(/* key= */ NULL, "sdl");

  plan->has_desktop = TRUE;
  if (graphics->has_gl)
    props_add_bool(display, "gl", TRUE);
  plan_add_keyval(plan, PLAN_BOTH, "-display", display);
  if (graphics->is_fullscreen)
    plan_add(plan, PLAN_BOTH, "-full-screen", NULL);
  /* Where there is no session bus, libdbus starts one when it is asked for it: a program, for which the
   * sandbox ends QEMU. */
  plan_add_variable(plan, "DBUS_SESSION_BUS_ADDRESS", "disabled:");
  if (graphics->display)
    plan_add_variable(plan, "DISPLAY", graphics->display);
  if (graphics->xauth) {
    plan_add_variable(plan, "XAUTHORITY", graphics->xauth);
    plan_require(plan, PLAN_REQUIRE_READ, &graphics->device.place, "xauth", graphics->xauth);
  }
}

static void translate_dbus(const Domain *domain, const Graphics *graphics, Plan *plan)
{
  g_autofree char *audio =
      audio_is_of_type(domain, graphics->audio, AUDIO_DBUS) ? audio_id(domain, graphics->audio) : NULL;

  dbus_translate(&graphics->dbus, graphics->device.alias, audio, plan);
}

gboolean graphics_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Graphics *graphics = (const Graphics *)device;

  if (graphics->type == GRAPHICS_SPICE)
    translate_spice(graphics, plan);
  else if (graphics->type == GRAPHICS_VNC)
    translate_vnc(domain, graphics, plan);
  else if (graphics->type == GRAPHICS_DBUS)
    translate_dbus(domain, graphics, plan);
  else if (graphics->type == GRAPHICS_EGL_HEADLESS)
    translate_egl_headless(graphics, plan);
  else
    translate_sdl(graphics, plan);
  if (graphics == graphics_with_keymap(domain)) /* QEMU has one for all its displays */
    plan_add(plan, PLAN_BOTH, "-k", graphics->keymap);
  return TRUE;
}
