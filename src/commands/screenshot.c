/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun screenshot: what the guest shows, as a PNG. QEMU writes it into a descriptor that the supervisor
 * hands over; the file is this command's.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file-name.h"
#include "base/patience.h"
#include "commands/command.h"
#include "commands/guest.h"
#include "host/output-file.h"
#include "xml/element.h"

enum {
  SCREENSHOT_SECONDS = 10,
  SCREENSHOT_LIMIT = 256 * 1024 * 1024,
};

static gboolean file_error(GError **error, const char *path)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot write '%s': %s", path, g_strerror(errno));
}

static int open_picture(const char *path)
{
  int flags = 0;
  autofd int directory = output_file_open_directory(path, &flags);

  if (directory < 0)
    return -1;
  return openat(directory, output_file_name(path),
                O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | flags, 0666);
}

static gboolean save(int from, const char *path, GError **error)
{
  g_autofree char *bytes = NULL;
  autofd int to = -1;
  gsize length;

  lseek(from, 0, SEEK_SET); /* a pipe has no place */
  bytes = fd_read_all(from, SCREENSHOT_LIMIT, &length);
  if (!bytes)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot read the picture: %s", g_strerror(errno));
  if (g_str_equal(path, "-"))
    to = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  else if (output_file_check_link(path, /* place= */ NULL, /* attribute= */ NULL, error))
    to = open_picture(path);
  else
    return FALSE;
  return (to >= 0 && fd_write_all(to, bytes, length)) || file_error(error, path);
}

/* "web-2026-11-24-203000.png", in the current directory. */
static char *make_name(const GuestCommand *command)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *end = g_date_time_format(now, "-%Y-%m-%d-%H%M%S.png");
  g_autofree char *guest = g_strdelimit(g_strdup(command->guest->state.name), "/", '_');
  g_autofree char *name = g_strconcat(guest[0] == '-' || guest[0] == '.' ? "_" : "", guest, NULL);

  return file_name_join(name, end);
}

/* What QEMU calls the first video device, whose heads are numbered; its own default has only head 0. */
static char *find_video(GuestCommand *command, GError **error)
{
  g_autoptr(XmlDocument) document = guest_command_load_xml(command, error);
  xmlNode *devices, *video, *alias;
  const char *name;

  if (!document)
    return NULL;
  devices = xml_next_child(xml_document_root(document), "devices", NULL);
  video = devices ? xml_next_child(devices, "video", NULL) : NULL;
  alias = video ? xml_next_child(video, "alias", NULL) : NULL;
  name = alias ? xml_attribute(alias, "name") : NULL;
  if (!name)
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no video device",
              command->guest->state.name);
  return g_strdup(name);
}

static gboolean take_picture(GuestCommand *command, const char *path, int screen, GError **error)
{
  g_autofree char *device = screen > 0 ? find_video(command, error) : NULL;
  g_autoptr(Json) result = NULL;
  autofd int fd = -1;
  Json *arguments;

  if (screen > 0 && !device)
    return FALSE;
  arguments = json_new_object();
  json_set_int(arguments, "head", screen);
  if (device)
    json_set_string(arguments, "device", device);
  result = guest_command_call_slow(command, "screenshot", arguments,
                                   (int)patience_of(SCREENSHOT_SECONDS * 1000), error);
  if (!result && screen > 0 && g_error_matches(*error, DOMRUN_ERROR, DOMRUN_ERROR_REFUSED))
    error_add_hint(error,
                   "the first video device has as many heads as its <model heads='...'/> says, from 0 on");
  if (!result)
    return FALSE;
  fd = control_client_take_fd(command->client);
  if (fd < 0)
    return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the supervisor sent no picture");
  return save(fd, path, error);
}

int screenshot_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *path = NULL;
  int screen = 0;
  const GOptionEntry entries[] = {
    { "screen", 0, 0, G_OPTION_ARG_INT, &screen, "the head of the first video device (0)", "NUMBER" },
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;

  if (!guest_command_parse(
          &command, entries, "GUEST [FILE]",
          "Writes what a guest shows to FILE, as a PNG; - is standard output. Without FILE the name is "
          "made from the guest's and the time, and printed.",
          1, 2, argc, argv, &error))
    return report_usage_error(error);
  path = g_strdup(command.arguments[1]);
  if (path && isatty(STDOUT_FILENO) && g_str_equal(path, "-"))
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "a picture is not written to a terminal");
  else if (screen < 0)
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "--screen: '%d' is no number from 0 on", screen);
  else
    command.guest = guests_find(command.root, command.arguments[0], &error);
  if (command.guest && !path)
    path = make_name(&command);
  if (!command.guest || !take_picture(&command, path, screen, &error))
    return report_usage_error(error);
  if (!command.arguments[1])
    print_line(path);
  return EXIT_CODE_OK;
}
