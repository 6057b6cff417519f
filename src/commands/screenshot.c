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
#include "base/patience.h"
#include "commands/command.h"
#include "commands/guest.h"

enum {
  SCREENSHOT_SECONDS = 10,
  SCREENSHOT_LIMIT = 256 * 1024 * 1024,
};

static gboolean file_error(GError **error, const char *path)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot write '%s': %s", path, g_strerror(errno));
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
  else
    to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
  return (to >= 0 && fd_write_all(to, bytes, length)) || file_error(error, path);
}

static gboolean take_picture(GuestCommand *command, int screen, GError **error)
{
  Json *arguments = json_new_object();
  g_autoptr(Json) result = NULL;
  autofd int fd = -1;

  json_set_int(arguments, "head", screen);
  result = guest_command_call_slow(command, "screenshot", arguments,
                                   (int)patience_of(SCREENSHOT_SECONDS * 1000), error);
  if (!result)
    return FALSE;
  fd = control_client_take_fd(command->client);
  if (fd < 0)
    return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the supervisor sent no picture");
  return save(fd, command->arguments[1], error);
}

int screenshot_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  int screen = 0;
  const GOptionEntry entries[] = {
    { "screen", 0, 0, G_OPTION_ARG_INT, &screen, "the head of the first video device (0)", "NUMBER" },
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;

  if (!guest_command_parse(&command, entries, "GUEST FILE",
                           "Writes what a guest shows to FILE, as a PNG; - is standard output.", 2, 2, argc,
                           argv, &error))
    return report_usage_error(error);
  if (isatty(STDOUT_FILENO) && g_str_equal(command.arguments[1], "-"))
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "a picture is not written to a terminal");
  else
    command.guest = guests_find(command.root, command.arguments[0], &error);
  if (command.guest && take_picture(&command, screen, &error))
    return EXIT_CODE_OK;
  return report_usage_error(error);
}
