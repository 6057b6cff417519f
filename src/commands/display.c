/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun vncdisplay and domdisplay: where the guest's display is to be seen, with the ports as they are.
 */
#include "config.h"

#include <string.h>

#include "commands/command.h"
#include "commands/guest.h"
#include "xml/element.h"

enum { VNC_FIRST_PORT = 5900 };

/* A wildcard is no address to connect to. */
static const char *host_of(Json *display)
{
  const char *host = json_get_string(display, "host");

  return !host || g_str_equal(host, "0.0.0.0") || g_str_equal(host, "::") ? "" : host;
}

static char *bracket(const char *host)
{
  return strchr(host, ':') ? g_strdup_printf("[%s]", host) : g_strdup(host);
}

/* As virsh has it: ADDRESS:DISPLAY, and only the display where it listens everywhere. */
static char *make_vnc_address(Json *display)
{
  g_autofree char *host = bracket(host_of(display));
  const char *path = json_get_string(display, "path");
  gint64 port;

  if (path)
    return g_strdup(path);
  if (!json_get_int(display, "port", &port))
    return NULL;
  return g_strdup_printf("%s:%" G_GINT64_FORMAT, host, port - VNC_FIRST_PORT);
}

static gboolean is_spice(Json *display)
{
  return g_strcmp0(json_get_string(display, "kind"), "spice") == 0;
}

static char *escape_password(Json *display)
{
  const char *password = json_get_string(display, "password");

  return password ? g_uri_escape_string(password, NULL, /* allow_utf8= */ FALSE) : NULL;
}

/* ":SECRET@", as virsh has it. */
static char *make_user(Json *display)
{
  g_autofree char *escaped = is_spice(display) ? NULL : escape_password(display);

  return escaped ? g_strdup_printf(":%s@", escaped) : g_strdup("");
}

/* "?tls-port=5901&password=SECRET", of SPICE, as virsh has it. */
static char *make_query(Json *display)
{
  g_autofree char *escaped = is_spice(display) ? escape_password(display) : NULL;
  GString *query = g_string_new(NULL);
  gint64 port;

  if (json_get_int(display, "tls-port", &port))
    g_string_append_printf(query, "?tls-port=%" G_GINT64_FORMAT, port);
  if (escaped)
    g_string_append_printf(query, "%cpassword=%s", query->len ? '&' : '?', escaped);
  return g_string_free(query, /* free_segment= */ FALSE);
}

static char *make_uri(Json *display)
{
  const char *kind = json_get_string(display, "kind"), *path = json_get_string(display, "path");
  const char *address = host_of(display);
  g_autofree char *host = bracket(*address ? address : "localhost");
  g_autofree char *user = make_user(display), *query = make_query(display);
  gint64 port, tls_port;

  if (!kind)
    return NULL;
  if (path)
    return g_strdup_printf("%s+unix://%s%s%s", kind, user, path, query);
  if (!json_get_int(display, "port", &port))
    return json_get_int(display, "tls-port", &tls_port)
               ? g_strdup_printf("%s://%s%s%s", kind, user, host, query)
               : NULL;
  return g_strdup_printf("%s://%s%s:%" G_GINT64_FORMAT "%s", kind, user, host,
                         g_str_equal(kind, "vnc") ? port - VNC_FIRST_PORT : port, query);
}

/* Prints the first display of @kind (any, where it is NULL), or all. Returns how many. */
static guint print_displays(Json *displays, const char *kind, gboolean is_all, char *(*make)(Json *display))
{
  guint count = 0;

  for (guint i = 0; i < json_length(displays) && (is_all || count == 0); i++) {
    Json *display = json_at(displays, i);
    g_autofree char *text = NULL;

    if (json_is(display, JSON_OBJECT) && (!kind || g_strcmp0(json_get_string(display, "kind"), kind) == 0))
      text = make(display);
    if (text) {
      print_line(text);
      count++;
    }
  }
  return count;
}

/* ---- Passwords ---- */

static gboolean is_socket_of(xmlNode *graphics, const char *path)
{
  const char *name = xml_attribute(graphics, "socket");

  if (g_strcmp0(name, path) == 0)
    return TRUE;
  XML_FOREACH_CHILD(graphics, listen, "listen") {
    if (g_strcmp0(xml_attribute(listen, "socket"), path) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Whether the live XML's @graphics is seen at @display. */
static gboolean is_display_of(xmlNode *graphics, Json *display)
{
  const char *path = json_get_string(display, "path"), *text = xml_attribute(graphics, "port");
  guint64 number;
  gint64 port;

  if (g_strcmp0(xml_attribute(graphics, "type"), json_get_string(display, "kind")) != 0)
    return FALSE;
  if (path)
    return is_socket_of(graphics, path);
  if (!json_get_int(display, "port", &port)) {
    text = xml_attribute(graphics, "tlsPort");
    if (!json_get_int(display, "tls-port", &port))
      return FALSE;
  }
  return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT16, &number, NULL) &&
         (gint64)number == port;
}

static void add_password(xmlNode *devices, Json *display)
{
  XML_FOREACH_CHILD(devices, graphics, "graphics") {
    const char *password = xml_attribute(graphics, "passwd");

    if (!password)
      password = xml_attribute(graphics, "password");
    if (password && is_display_of(graphics, display))
      json_set_string(display, "password", password);
  }
}

/* The document has them, and the supervisor tells nobody. */
static gboolean add_passwords(GuestCommand *command, Json *displays, GError **error)
{
  g_autoptr(XmlDocument) document = guest_command_load_xml(command, error);
  xmlNode *devices;

  if (!document)
    return FALSE;
  devices = xml_next_child(xml_document_root(document), "devices", NULL);
  for (guint i = 0; devices && i < json_length(displays); i++)
    add_password(devices, json_at(displays, i));
  return TRUE;
}

/* ---- The commands ---- */

static int display_command(const char *summary, const char *only, char *(*make)(Json *display), int argc,
                           char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *type = g_strdup(only);
  gboolean is_all = FALSE, is_json = FALSE, has_passwords = FALSE;
  const GOptionEntry entries[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &is_all, "print all displays, not only the first", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "print a JSON array of objects, with ports as numbers",
      NULL },
    { only ? NULL : "type", 0, 0, G_OPTION_ARG_STRING, &type, "print a display of that type", "vnc|spice" },
    { "include-password", 0, 0, G_OPTION_ARG_NONE, &has_passwords, "with the display's password", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) displays = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST", summary, 1, argc, argv, &error))
    displays = guest_command_call(&command, "query-display", NULL, &error);
  if (displays && has_passwords && !add_passwords(&command, displays, &error))
    return report_usage_error(error);
  if (displays && is_json)
    print_json(displays);
  else if (displays && print_displays(displays, type, is_all, make) == 0)
    error_set(&error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no display%s%s to connect to",
              command.guest->state.name, type ? " of type " : "", type ? type : "");
  return error ? report_usage_error(error) : EXIT_CODE_OK;
}

int vncdisplay_command(int argc, char **argv)
{
  return display_command("Prints the VNC display of a guest: ADDRESS:DISPLAY, or the path of its socket.",
                         "vnc", make_vnc_address, argc, argv);
}

int domdisplay_command(int argc, char **argv)
{
  return display_command("Prints the URI of a guest's display, for a viewer.", NULL, make_uri, argc, argv);
}
