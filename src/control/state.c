/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "control/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/protocol.h"
#include "qmp/message.h"

ENUM_TABLE(
    guest_state_table, GUEST_STATE_LAST, [GUEST_STARTING] = "starting", [GUEST_RUNNING] = "running",
    [GUEST_PAUSED] = "paused", [GUEST_SHUTTING_DOWN] = "shutting-down", [GUEST_RESTARTING] = "restarting",
    [GUEST_PRESERVED] = "preserved", [GUEST_ENDED] = "ended", [GUEST_UNSUPERVISED] = "unsupervised");

enum { FILE_LIMIT = 64 * 1024 * 1024 };

void guest_state_clear(GuestState *state)
{
  g_clear_pointer(&state->name, g_free);
  g_clear_pointer(&state->uuid, g_free);
  g_clear_pointer(&state->reason, g_free);
  g_clear_pointer(&state->sandbox, g_free);
  g_clear_pointer(&state->user, g_free);
  g_clear_pointer(&state->message, g_free);
}

/* ---- JSON ---- */

static void set_string(Json *object, const char *name, const char *value)
{
  if (value)
    json_set_string(object, name, value);
}

Json *guest_state_to_json(const GuestState *state)
{
  Json *object = json_new_object();
  g_autofree char *message = state->message ? g_utf8_make_valid(state->message, -1) : NULL; /* QEMU's words */

  set_string(object, "name", state->name);
  set_string(object, "uuid", state->uuid);
  set_string(object, "state", enum_to_string(&guest_state_table, (int)state->state));
  set_string(object, "reason", state->reason);
  json_set_int(object, "since", state->since);
  json_set_int(object, "started", state->started);
  json_set_int(object, "pid", state->supervisor_pid);
  if (state->emulator_pid > 0)
    json_set_int(object, "qemu-pid", state->emulator_pid);
  if (state->emulator_start > 0)
    json_set_int(object, "qemu-start", state->emulator_start);
  json_set_int(object, "restarts", state->restarts);
  json_set_int(object, "resets", state->resets);
  if (state->exit_code >= 0)
    json_set_int(object, "exit-code", state->exit_code);
  set_string(object, "sandbox", state->sandbox);
  set_string(object, "user", state->user);
  set_string(object, "message", message);
  return object;
}

gboolean guest_state_from_json(Json *object, GuestState *ret_state, GError **error)
{
  GuestState state = GUEST_STATE_INIT;
  const char *name = json_get_string(object, "name");
  const char *kind = json_get_string(object, "state");
  int value;

  if (!name || !kind || !enum_from_string(&guest_state_table, kind, &value))
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "not the state of a guest: 'name' or 'state'");
  if (!json_get_int(object, "pid", &state.supervisor_pid) || state.supervisor_pid <= 0)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "not the state of a guest: 'pid'");
  state.state = (GuestStateKind)value;
  state.name = g_strdup(name);
  state.uuid = g_strdup(json_get_string(object, "uuid"));
  state.reason = g_strdup(json_get_string(object, "reason"));
  state.sandbox = g_strdup(json_get_string(object, "sandbox"));
  state.user = g_strdup(json_get_string(object, "user"));
  state.message = g_strdup(json_get_string(object, "message"));
  json_get_int(object, "since", &state.since);
  json_get_int(object, "started", &state.started);
  json_get_int(object, "qemu-pid", &state.emulator_pid);
  json_get_int(object, "qemu-start", &state.emulator_start);
  json_get_int(object, "restarts", &state.restarts);
  json_get_int(object, "resets", &state.resets);
  json_get_int(object, "exit-code", &state.exit_code);
  *ret_state = state;
  return TRUE;
}

/* ---- Files ---- */

static gboolean file_error(GError **error, const char *what, const char *name)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot %s the file '%s' of the guest: %s", what,
                   name, g_strerror(errno));
}

gboolean guest_file_write(int directory_fd, const char *name, const char *text, GError **error)
{
  g_autofree char *temporary = g_strconcat(name, ".new", NULL);
  autofd int fd =
      openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0 || !fd_write_all(fd, text, strlen(text)) ||
      renameat(directory_fd, temporary, directory_fd, name) < 0) {
    file_error(error, "write", name);
    unlinkat(directory_fd, temporary, 0);
    return FALSE;
  }
  return TRUE;
}

gboolean guest_file_replace(int directory_fd, const char *name, const char *text, GError **error)
{
  gboolean is_state = g_str_equal(name, CONTROL_STATE_FILE);

  if (guest_file_write(directory_fd, name, text, error)) {
    if (is_state)
      unlinkat(directory_fd, CONTROL_OLD_FILE, 0);
    return TRUE;
  }
  if (is_state)
    renameat(directory_fd, name, directory_fd, CONTROL_OLD_FILE);
  else
    unlinkat(directory_fd, name, 0);
  return FALSE;
}

char *guest_file_read(int directory_fd, const char *name, GError **error)
{
  autofd int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status;
  gsize length;
  char *text;

  if (fd < 0 || fstat(fd, &status) < 0) {
    file_error(error, "read", name);
    return NULL;
  }
  errno = EINVAL;
  text = S_ISREG(status.st_mode) ? fd_read_all(fd, FILE_LIMIT, &length) : NULL;
  if (!text)
    file_error(error, "read", name);
  return text;
}

gboolean guest_state_write(const GuestState *state, int directory_fd, GError **error)
{
  g_autoptr(Json) object = guest_state_to_json(state);
  g_autofree char *line = message_to_line(object);

  return guest_file_write(directory_fd, CONTROL_STATE_FILE, line, error);
}

static gboolean read_state(int directory_fd, const char *name, GuestState *ret_state, GError **error)
{
  g_autofree char *text = guest_file_read(directory_fd, name, error);
  g_autoptr(Json) object = NULL;
  GError *cause = NULL;

  if (!text)
    return FALSE;
  object = message_parse(text, strcspn(text, "\n"), &cause);
  if (object)
    return guest_state_from_json(object, ret_state, error);
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the file '%s' of the guest is broken: %s", name,
            cause->message);
  g_error_free(cause);
  return FALSE;
}

gboolean guest_state_read(int directory_fd, GuestState *ret_state, GError **error)
{
  return read_state(directory_fd, CONTROL_STATE_FILE, ret_state, error);
}

gboolean guest_state_read_old(int directory_fd, GuestState *ret_state, GError **error)
{
  return read_state(directory_fd, CONTROL_OLD_FILE, ret_state, error);
}
