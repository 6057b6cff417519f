/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun cloud-init: the image that `run` makes for the guest's cloud-init, as the file that the command line
 * of `argv` names.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file-name.h"
#include "commands/command.h"
#include "commands/guest.h"
#include "host/cloud-init.h"
#include "host/output-file.h"

enum { IMAGE_LIMIT = 128 * 1024 * 1024 };

static const PlanResource *find_resource(const Plan *plan)
{
  for (guint i = 0; i < plan->resources->len; i++) {
    const PlanResource *resource = g_ptr_array_index(plan->resources, i);

    if (resource->kind == PLAN_RESOURCE_CLOUD_INIT)
      return resource;
  }
  return NULL;
}

/* With a signal in the middle nothing is left either: it ends the program that makes the image, and then this
 * one. */
static int make(const DocumentCommand *command, const PlanResource *resource, GError **error)
{
  const Beside beside = { .group = -1, .lifeline = -1, .confinement = command->confinement };
  g_autofree char *directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  sigset_t signals;
  int fd;

  if (!directory) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make a directory in '%s': %s", g_get_tmp_dir(),
              g_strerror(errno));
    return -1;
  }
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  fd = cloud_init_make(resource->cloud_init, directory, &beside, &resource->place, error);
  rmdir(directory);
  sigprocmask(SIG_UNBLOCK, &signals, NULL);
  return fd;
}

static int open_output(const char *path)
{
  int flags = 0;
  autofd int directory = output_file_open_directory(path, &flags);

  if (directory < 0)
    return -1;
  return openat(directory, output_file_name(path),
                O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | flags, 0600);
}

static gboolean write_error(const char *path, GError **error)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot write '%s': %s", path, g_strerror(errno));
}

static gboolean save(int from, const char *path, GError **error)
{
  gsize length = 0;
  g_autofree char *bytes = fd_read_all(from, IMAGE_LIMIT, &length);
  autofd int to = -1;

  if (!bytes)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot read the image: %s", g_strerror(errno));
  if (g_str_equal(path, "-"))
    to = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  else if (output_file_check_link(path, /* place= */ NULL, /* attribute= */ NULL, error))
    to = open_output(path);
  else
    return FALSE;
  return (to >= 0 && fd_write_all(to, bytes, length)) || write_error(path, error);
}

/* @output NULL: the name that the command line has, which is printed. */
static void make_and_save(const DocumentCommand *command, const char *output)
{
  const PlanResource *resource = find_resource(command->plan);
  GError *error = NULL;
  autofd int fd = -1;

  if (!resource) {
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "nothing says what the image is to have");
    error_add_hint(&error, "--cloud-init, --hostname or --ssh-key does");
  } else {
    fd = make(command, resource, &error);
    if (fd >= 0 && save(fd, output ? output : resource->path, &error) && !output)
      print_line(resource->path);
  }
  if (error)
    report_error(command->report, error);
}

int cloud_init_command(int argc, char **argv)
{
  g_auto(DocumentCommand) command = { 0 };
  g_autofree char *output = NULL;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
      "write it to this file; - is standard output (NAME-seed.iso, which is printed)", "FILE" },
    G_OPTION_ENTRY_NULL,
  };
  char *path;
  GError *error = NULL;

  command.is_of_any_host = TRUE;
  if (!document_command_parse_options(&command, entries,
                                      "Makes the image for the cloud-init of the guest that FILE describes, "
                                      "for a command line of 'domrun argv'; 'domrun run' makes it by itself.",
                                      argc, argv, &path, &error))
    return report_usage_error(error);
  if (output && g_str_equal(output, "-") && isatty(STDOUT_FILENO)) {
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "an image is not written to a terminal");
    return report_usage_error(error);
  }
  if (document_command_load(&command, path, /* is_dry_run= */ TRUE))
    make_and_save(&command, output);
  report_conclude(command.report, stderr, "no image", /* passed= */ NULL);
  return command_leave(report_exit_code(command.report));
}
