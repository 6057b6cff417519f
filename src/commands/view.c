/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun view: the viewer that this host has, at the guest's display. It takes the place of this process.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "commands/command.h"
#include "commands/guest.h"
#include "process/spawn.h"
#include "xml/element.h"

/* How a viewer is told where to look. */
typedef enum {
  VIEWER_FILE,     /* a connection file: https://gitlab.com/virt-viewer/virt-viewer, remote-viewer(1) */
  VIEWER_VNC,      /* HOST::PORT, of VNC alone */
  VIEWER_VNC_UNIX, /* the same, and the path of a socket */
} ViewerKind;

typedef struct {
  const char *program;
  ViewerKind kind;
} Viewer;

static const Viewer viewers[] = {
  { "remote-viewer", VIEWER_FILE }, { "xtigervncviewer", VIEWER_VNC_UNIX }, { "vncviewer", VIEWER_VNC },
  { "xvnc4viewer", VIEWER_VNC },    { "xtightvncviewer", VIEWER_VNC },      { "gvncviewer", VIEWER_VNC },
};

typedef struct {
  const char *kind; /* vnc, spice */
  const char *host; /* as the next, or NULL */
  const char *path;
  gint64 port; /* 0: none */
  gint64 tls_port;
} Display;

static gboolean read_display(const Json *json, Display *display)
{
  const char *host = json_get_string(json, "host");

  *display = (Display){ .kind = json_get_string(json, "kind"), .path = json_get_string(json, "path") };
  display->host = !host || g_str_equal(host, "0.0.0.0") || g_str_equal(host, "::") ? "localhost" : host;
  json_get_int(json, "port", &display->port);
  json_get_int(json, "tls-port", &display->tls_port);
  return display->kind && (display->path || display->port || display->tls_port);
}

/* ---- What it is told ---- */

/* The document's password, or NULL. */
static const char *find_password(xmlNode *devices, const Display *display)
{
  XML_FOREACH_CHILD(devices, graphics, "graphics") {
    const char *password = xml_attribute(graphics, "passwd");

    if (password && g_strcmp0(xml_attribute(graphics, "type"), display->kind) == 0)
      return password;
  }
  return NULL;
}

static char *make_file(const Display *display, const char *name, const char *password)
{
  g_autoptr(GKeyFile) file = g_key_file_new();

  g_key_file_set_string(file, "virt-viewer", "type", display->kind);
  g_key_file_set_string(file, "virt-viewer", "title", name);
  if (display->path)
    g_key_file_set_string(file, "virt-viewer", "unix-path", display->path);
  else
    g_key_file_set_string(file, "virt-viewer", "host", display->host);
  if (display->port)
    g_key_file_set_int64(file, "virt-viewer", "port", display->port);
  if (display->tls_port)
    g_key_file_set_int64(file, "virt-viewer", "tls-port", display->tls_port);
  if (password)
    g_key_file_set_string(file, "virt-viewer", "password", password);
  return g_key_file_to_data(file, NULL, NULL);
}

/* The connection file is in memory, and the viewer inherits it: a password is in no file, and on no command
 * line. */
static gboolean add_file(GPtrArray *words, const char *text, GError **error)
{
  int fd = memfd_create("domrun-view", 0);

  if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || lseek(fd, 0, SEEK_SET) < 0)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make a file in memory: %s",
                     g_strerror(errno));
  g_ptr_array_add(words, g_strdup_printf("/proc/self/fd/%d", fd));
  return TRUE;
}

static void add_address(GPtrArray *words, const Display *display)
{
  if (display->path)
    g_ptr_array_add(words, g_strdup(display->path));
  else
    g_ptr_array_add(words, g_strdup_printf("%s::%" G_GINT64_FORMAT, display->host, display->port));
}

/* ---- The viewer ---- */

static gboolean can_show(const Viewer *viewer, const Display *display)
{
  switch (viewer->kind) {
  case VIEWER_FILE:
    return TRUE;
  case VIEWER_VNC:
    return g_str_equal(display->kind, "vnc") && !display->path;
  case VIEWER_VNC_UNIX:
    return g_str_equal(display->kind, "vnc");
  }
  g_assert_not_reached();
}

static const Viewer *find_viewer(const Display *display)
{
  for (gsize i = 0; i < G_N_ELEMENTS(viewers); i++) {
    g_autofree char *path =
        can_show(&viewers[i], display) ? g_find_program_in_path(viewers[i].program) : NULL;

    if (path)
      return &viewers[i];
  }
  return NULL;
}

static gboolean no_viewer(const Display *display, GError **error)
{
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "this host has no viewer for %s", display->kind);
  return error_add_hint(
      error, "the package virt-viewer has one, which is remote-viewer; 'domrun domdisplay' prints where "
             "others find the display");
}

/* Of the first display, or the first of @type. */
static gboolean choose_display(const Json *displays, const char *guest, const char *type,
                               Display *ret_display, GError **error)
{
  for (gsize i = 0; i < json_length(displays); i++) {
    if (read_display(json_at(displays, i), ret_display) && (!type || g_str_equal(ret_display->kind, type)))
      return TRUE;
  }
  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no display%s%s to look at", guest,
            type ? " of type " : "", type ? type : "");
  return error_add_hint(error,
                        "'domrun run --graphics=vnc' gives it one, 'domrun console' connects to its console");
}

static gboolean make_words(GuestCommand *command, const Display *display, GPtrArray *words, GError **error)
{
  const Viewer *viewer = find_viewer(display);
  g_autoptr(XmlDocument) document = NULL;
  g_autofree char *text = NULL;
  xmlNode *devices;

  if (!viewer)
    return no_viewer(display, error);
  g_ptr_array_add(words, g_strdup(viewer->program));
  if (viewer->kind != VIEWER_FILE) {
    add_address(words, display);
    return TRUE;
  }
  document = guest_command_load_xml(command, error);
  if (!document)
    return FALSE;
  devices = xml_next_child(xml_document_root(document), "devices", NULL);
  text = make_file(display, command->guest->state.name, devices ? find_password(devices, display) : NULL);
  return add_file(words, text, error);
}

int view_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(Json) displays = NULL;
  g_autofree char *type = NULL;
  const GOptionEntry entries[] = {
    { "type", 0, 0, G_OPTION_ARG_STRING, &type, "look at a display of that type", "vnc|spice" },
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;
  Display display = { 0 };

  if (guest_command_begin(
          &command, entries, "GUEST",
          "Starts the viewer that this host has (remote-viewer, or one for VNC) at a guest's display.", 1,
          argc, argv, &error))
    displays = guest_command_call(&command, "query-display", NULL, &error);
  if (!displays || !choose_display(displays, command.guest->state.name, type, &display, &error) ||
      !make_words(&command, &display, words, &error))
    return report_usage_error(error);
  g_ptr_array_add(words, NULL);
  spawn_replace((char **)words->pdata, /* package= */ NULL, &error);
  return report_usage_error(error);
}
