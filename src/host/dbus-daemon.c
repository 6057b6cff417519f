/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It reads what it is to do from a file in memory, starts nothing by itself, and listens in the guest's
 * directory by the descriptor, however long its path is. Once it listens it says where: that is waited for.
 */
#include "config.h"

#include "host/dbus-daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/patience.h"

enum { START_SECONDS = 10 };

/* The numbers in the child. */
enum { NUMBER_CONFIGURATION = 3, NUMBER_DIRECTORY, NUMBER_READY };

/* A user that is not named here cannot connect: it is the daemon's own, and root, who may have given it
 * another.
 */
static int make_configuration(const char *name)
{
  g_autofree char *text =
      g_strdup_printf("<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
                      "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
                      "<busconfig>\n"
                      "  <listen>unix:path=/proc/self/fd/%d/%s</listen>\n"
                      "  <auth>EXTERNAL</auth>\n"
                      "  <policy context='default'>\n"
                      "    <allow send_destination='*' eavesdrop='true'/>\n"
                      "    <allow eavesdrop='true'/>\n"
                      "    <allow own='*'/>\n"
                      "    <allow user='root'/>\n"
                      "  </policy>\n"
                      "</busconfig>\n",
                      NUMBER_DIRECTORY, name);
  autofd int fd = memfd_create("dbus-daemon", MFD_CLOEXEC);

  return fd >= 0 && fd_write_all(fd, text, strlen(text)) ? g_steal_fd(&fd) : -1;
}

static Helper *start(const RuntimeDir *directory, const char *name, int ready, const Beside *beside,
                     const Place *place, GError **error)
{
  g_autofree char *program = g_find_program_in_path("dbus-daemon");
  g_autofree char *configuration = g_strdup_printf("--config-file=/proc/self/fd/%d", NUMBER_CONFIGURATION);
  g_autofree char *print = g_strdup_printf("--print-address=%d", NUMBER_READY);
  char *const argv[] = { program, (char *)"--nofork", (char *)"--nopidfile", configuration, print, NULL };
  autofd int fd = make_configuration(name);
  const SpawnFd fds[] = { { fd, NUMBER_CONFIGURATION },
                          { runtime_dir_sockets_fd(directory), NUMBER_DIRECTORY },
                          { ready, NUMBER_READY } };
  HelperRequest request = { .argv = argv,
                            .fds = fds,
                            .n_fds = G_N_ELEMENTS(fds),
                            .group = beside->group,
                            .is_tied = beside->is_tied,
                            .lifeline = beside->lifeline };
  g_autofree char *socket = g_build_filename(runtime_dir_sockets_path(directory), name, NULL);
  g_autoptr(Access) access = beside_access_dbus_daemon(socket);
  g_auto(SpawnBounds) bounds = { 0 };
  g_autoptr(GError) cause = NULL;
  Helper *helper = NULL;

  if (!program)
    error_set(error, DOMRUN_ERROR_HOST, place, "type", "the program 'dbus-daemon' is not in PATH");
  else if (fd < 0)
    error_set(error, DOMRUN_ERROR_HOST, place, "type", "cannot make a file in memory: %s", g_strerror(errno));
  if (!program || fd < 0 || !beside_confine(beside, BESIDE_DBUS_DAEMON, program, access, &bounds, error))
    return NULL;
  request.bounds = bounds;
  helper = helper_start(&request, &cause);
  if (!helper)
    error_set(error, DOMRUN_ERROR_HOST, place, "type", "%s", cause->message);
  return helper;
}

/* End-of-file is an end, too: nobody else has the other side. */
static HelperWait await(Helper *helper, int ready)
{
  HelperWait wait = helper_await(helper, ready, patience_of(START_SECONDS * 1000), /* is_cleanup= */ FALSE);
  char byte;

  return wait == HELPER_READY && read(ready, &byte, 1) != 1 ? HELPER_ENDED : wait;
}

static gboolean refuse(Helper *helper, HelperWait wait, const Place *place, GError **error)
{
  g_autofree char *words = NULL;

  if (wait == HELPER_STOPPED)
    return error_set(error, DOMRUN_ERROR_STOPPED, place, "type", "dbus-daemon was stopped");
  if (wait == HELPER_LATE)
    error_set(error, DOMRUN_ERROR_HOST, place, "type", "dbus-daemon did not listen within %u seconds",
              patience_of(START_SECONDS * 1000) / 1000);
  else
    error_set(error, DOMRUN_ERROR_HOST, place, "type", "dbus-daemon ended at its start");
  if (wait == HELPER_ENDED) /* it may have closed that a moment before its last words */
    helper_await(helper, -1, patience_of(1000), /* is_cleanup= */ TRUE);
  words = helper_last_words(helper);
  return words ? error_add_hint(error, "its last words: %s", words) : FALSE;
}

Helper *dbus_daemon_start(const RuntimeDir *directory, const char *name, const Beside *beside,
                          const Place *place, GError **error)
{
  autofd int ours = -1, its = -1;
  Helper *helper;
  HelperWait wait;
  int pair[2];

  if (pipe2(pair, O_CLOEXEC) < 0) {
    error_set(error, DOMRUN_ERROR_HOST, place, "type", "cannot make a pipe for dbus-daemon: %s",
              g_strerror(errno));
    return NULL;
  }
  ours = pair[0];
  its = pair[1];
  helper = start(directory, name, its, beside, place, error);
  fd_clear(&its);
  if (!helper)
    return NULL;
  wait = await(helper, ours);
  if (wait == HELPER_READY)
    return helper;
  refuse(helper, wait, place, error);
  dbus_daemon_end(helper, directory, name);
  return NULL;
}

void dbus_daemon_end(Helper *helper, const RuntimeDir *directory, const char *name)
{
  helper_free(helper);
  unlinkat(runtime_dir_sockets_fd(directory), name, 0);
}
