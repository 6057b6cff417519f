/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor makes the file and passes it open: QEMU, whose guest may have taken it over, gets to write
 * this one and no other, and an existing file is never overwritten.
 *
 * QEMU writes in the background (detach) and says DUMP_COMPLETED at the end. How far it is, it says when
 * asked (query-dump); that is asked once in a while and told to the user, since a large guest takes minutes.
 */
#include "config.h"

#include "supervise/core-dump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/compat.h"
#include "base/fd.h"
#include "base/file-name.h"
#include "host/state-dir.h"
#include "supervise/states.h"
#include "supervise/stopping.h"

/* Milliseconds between two looks at how far it is. */
enum { PROGRESS = 5 * 1000 };

/* Milliseconds between two looks at whether a request (requests-emulator.c) still passes a descriptor. */
enum { TURN = 100 };

static const char passed_name[] = "dump";

char *core_dump_directory(void)
{
  g_autofree char *state = state_dir_path();

  return g_build_filename(state, "dump", NULL);
}

gboolean core_dump_pass_file(Supervisor *supervisor, const char *path, const char *name, QmpReplyFunc reply,
                             gpointer user_data, GError **error)
{
  autofd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
  Json *arguments;

  if (fd < 0)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make the file '%s': %s", path,
                     g_strerror(errno));
  arguments = json_new_object();
  json_set_string(arguments, "fdname", name);
  qmp_client_execute_with_fd(emulator_qmp(supervisor->emulator), "getfd", arguments, fd, reply, user_data);
  return TRUE;
}

void core_dump_abandon(Supervisor *supervisor)
{
  if (!supervisor->dump_path)
    return;
  unlink(supervisor->dump_path);
  g_clear_pointer(&supervisor->dump_path, g_free);
  supervisor->is_passing_fd = FALSE;
}

/* Its watchdog had stopped it. */
static void let_go_on(Supervisor *supervisor)
{
  supervisor->is_dump_passing = FALSE;
  states_stop_timer(supervisor);
  states_set(supervisor, STATE_PAUSED, "watchdog");
  qmp_client_execute(emulator_qmp(supervisor->emulator), "cont", NULL, NULL, NULL);
}

static void end(Supervisor *supervisor)
{
  if (supervisor->is_dump_passing)
    let_go_on(supervisor);
  else
    stopping_quit(supervisor, "guest");
}

static void give_up(Supervisor *supervisor, const char *why)
{
  core_dump_abandon(supervisor);
  announce_notice("the guest's memory could not be written: %s", why);
  if (supervisor->state == STATE_DUMPING)
    end(supervisor);
}

static void on_progress(Json *result, const GError *error, gpointer user_data)
{
  gint64 completed, total;

  if (json_get_int(result, "completed", &completed) && json_get_int(result, "total", &total) && total > 0)
    announce_notice("%.0f %% of the guest's memory are written", (double)completed * 100 / (double)total);
}

static gboolean on_progress_time(gpointer user_data)
{
  const Supervisor *supervisor = user_data;

  qmp_client_execute(emulator_qmp(supervisor->emulator), "query-dump", NULL, on_progress, NULL);
  return G_SOURCE_CONTINUE;
}

static void on_begun(Json *result, const GError *error, gpointer user_data)
{
  if (error)
    give_up(user_data, error->message);
}

static void on_passed(Json *result, const GError *error, gpointer user_data)
{
  Supervisor *supervisor = user_data;
  Json *arguments;

  if (error) {
    give_up(supervisor, error->message);
    return;
  }
  arguments = json_new_object();
  json_set_bool(arguments, "paging", FALSE);
  json_set_bool(arguments, "detach", TRUE);
  json_set_string(arguments, "protocol", "fd:dump");
  qmp_client_execute(emulator_qmp(supervisor->emulator), "dump-guest-memory", arguments, on_begun,
                     supervisor);
}

static char *choose_path(const Supervisor *supervisor)
{
  const char *given = supervisor->options->dump_directory;
  g_autofree char *directory = given ? g_strdup(given) : core_dump_directory();
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *end = g_date_time_format(now, "-%Y%m%dT%H%M%S.%fZ.core");
  g_autofree char *name = file_name_join(supervisor->name, end);

  g_mkdir_with_parents(directory, 0700); /* where it fails, the file cannot be made either */
  return g_build_filename(directory, name, NULL);
}

static gboolean begin(Supervisor *supervisor)
{
  g_autofree char *path = choose_path(supervisor);
  g_autoptr(GError) error = NULL;

  if (!core_dump_pass_file(supervisor, path, passed_name, on_passed, supervisor, &error)) {
    announce_notice("the guest's memory could not be written: %s", error->message);
    return FALSE;
  }
  announce_notice("writing the guest's memory to '%s'", path);
  states_set(supervisor, STATE_DUMPING, "dump");
  states_start_timer(supervisor, PROGRESS, on_progress_time);
  supervisor->dump_path = g_steal_pointer(&path);
  supervisor->is_passing_fd = TRUE;
  return TRUE;
}

static gboolean on_turn_time(gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (supervisor->is_passing_fd)
    return G_SOURCE_CONTINUE;
  if (!begin(supervisor))
    end(supervisor);
  return G_SOURCE_REMOVE;
}

gboolean core_dump_start(Supervisor *supervisor)
{
  if (!supervisor->is_passing_fd)
    return begin(supervisor);
  announce_notice("the guest's memory is written after the file that is being written now");
  states_set(supervisor, STATE_DUMPING, "dump");
  states_start_timer(supervisor, TURN, on_turn_time);
  return TRUE;
}

void core_dump_pass(Supervisor *supervisor)
{
  supervisor->is_dump_passing = TRUE;
  if (!core_dump_start(supervisor))
    let_go_on(supervisor);
}

void core_dump_on_completed(Supervisor *supervisor, Json *data)
{
  const char *why = data ? json_get_string(data, "error") : NULL;

  if (supervisor->state != STATE_DUMPING || !supervisor->dump_path)
    return;
  if (why) {
    give_up(supervisor, why);
    return;
  }
  announce_notice("the guest's memory is written");
  g_clear_pointer(&supervisor->dump_path, g_free);
  supervisor->is_passing_fd = FALSE;
  end(supervisor);
}
