/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/directory.h"

#include "base/announce.h"
#include "control/guests.h"
#include "control/protocol.h"
#include "host/leftovers.h"
#include "host/ownership.h"
#include "supervise/publish.h"
#include "supervise/requests.h"

enum { MAX_RENAMES = 10000 }; /* NAME-1, NAME-2, ... are tried */

gboolean directory_enter(Supervisor *supervisor, RuntimeDir *directory, GError **error)
{
  int fd;

  supervisor->directory = directory;
  if (supervisor->resources)
    resources_set_directory(supervisor->resources, directory);
  fd = runtime_dir_listen(directory, CONTROL_SOCKET_FILE, error);
  if (fd < 0)
    return FALSE;
  supervisor->server = control_server_new(NULL, fd, requests_execute, supervisor);
  return announce_open_log(runtime_dir_fd(directory), CONTROL_LOG_FILE, supervisor->is_adopted, error);
}

void directory_leave(Supervisor *supervisor)
{
  static const char *const kept[] = { CONTROL_STATE_FILE,
                                      CONTROL_LIVE_FILE,
                                      CONTROL_DEFINITION_FILE,
                                      CONTROL_LOG_FILE,
                                      CONTROL_LOG_FILE ".1",
                                      CONTROL_EVENTS_FILE,
                                      NULL };

  publish_remains(supervisor);
  announce_close_log();
  runtime_dir_leave(g_steal_pointer(&supervisor->directory), kept);
}

void directory_leave_trace(Supervisor *supervisor)
{
  static const char *const kept[] = { CONTROL_STATE_FILE, CONTROL_LOG_FILE, CONTROL_EVENTS_FILE,
                                      LEFTOVERS_GROUP_FILE, NULL };

  if (!publish_trace(supervisor))
    return;
  announce_close_log();
  runtime_dir_leave(g_steal_pointer(&supervisor->directory), kept);
}

static gboolean is_taken(const RuntimeDir *directory)
{
  g_auto(GuestState) state = GUEST_STATE_INIT;

  return !guest_state_read(runtime_dir_fd(directory), &state, NULL) || state.state != GUEST_ENDED;
}

/* The first of NAME-1, NAME-2, ... that no guest has. */
static RuntimeDir *find_next_directory(Supervisor *supervisor, char **ret_name, GError **error)
{
  g_autoptr(RuntimeRoot) root = runtime_root_new(supervisor->options->root, error);

  while (root && supervisor->renames < MAX_RENAMES) {
    g_autofree char *name = g_strdup_printf("%s-%u", supervisor->options->name, ++supervisor->renames);
    g_autoptr(RuntimeDir) other = runtime_root_find(root, name);
    g_autoptr(GError) cause = NULL;
    RuntimeDir *directory =
        other && is_taken(other) ? NULL : runtime_dir_new(supervisor->options->root, name, &cause);

    if (directory) {
      *ret_name = g_steal_pointer(&name);
      return directory;
    }
    if (cause && !g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_TAKEN)) {
      g_propagate_error(error, g_steal_pointer(&cause));
      return NULL;
    }
  }
  if (root)
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "there is no name left for the guest: '%s-%d' is taken",
              supervisor->options->name, MAX_RENAMES);
  return NULL;
}

gboolean directory_rename(Supervisor *supervisor, GError **error)
{
  g_autofree char *name = NULL;
  RuntimeDir *directory = find_next_directory(supervisor, &name, error);
  ControlServer *server = supervisor->server;

  if (!directory)
    return FALSE;
  announce_notice("the guest goes on as '%s'", name);
  ownership_move(runtime_dir_fd(supervisor->directory), runtime_dir_fd(directory));
  directory_leave(supervisor);
  control_server_free(server);
  supervisor->server = NULL;
  g_free(supervisor->name);
  supervisor->name = g_steal_pointer(&name);
  supervisor->is_recorded = FALSE; /* in the new one */
  uuid_lock_rename(supervisor->uuid_lock, supervisor->name);
  return directory_enter(supervisor, directory, error);
}
