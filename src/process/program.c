/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both the pipe and the process are watched: a program may close its output and go on, or end and leave
 * another one that holds the pipe. Where the kernel has no pidfd (before 5.3, or a sandbox that hides the
 * call) the end of the output stands for that of the process.
 *
 * The user's wish to stop is seen through a signalfd of its own, from which nothing is read: the signal stays
 * pending for whoever handles it later.
 */
#include "config.h"

#include "process/program.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fd-watch.h"
#include "process/environment.h"
#include "process/signals.h"

/* Of a line that a message can hold. */
enum { LINE_MAX_BYTES = 256 };

/* What the largest pipe holds, read by read. */
enum { MAX_READS = 1024 * 1024 / 4096 };

/* Takes what is there, of a program that never stops some. FALSE at the end of the output. */
static gboolean drain(int fd, GByteArray *output, ProgramEnd *end)
{
  guint8 bytes[4096];
  ssize_t got = 1;

  for (guint i = 0; i < MAX_READS && (got = read(fd, bytes, sizeof bytes)) > 0; i++) {
    gsize room = PROGRAM_MAX_OUTPUT - output->len;

    end->has_more |= (gsize)got > room;
    g_byte_array_append(output, bytes, (guint)MIN((gsize)got, room));
  }
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* -1 where there is no deadline. */
static int milliseconds_until(gint64 deadline)
{
  gint64 rest = deadline - g_get_monotonic_time();

  if (deadline < 0)
    return -1;
  return rest > 0 ? (int)(rest / 1000 + 1) : 0;
}

/* Waits for the process to end. FALSE when the time is over, or the user wants to stop. */
static gboolean watch(int reader, int process, int stop, gint64 deadline, GByteArray *output, ProgramEnd *end)
{
  struct pollfd fds[] = { { .fd = process, .events = POLLIN },
                          { .fd = reader, .events = POLLIN },
                          { .fd = stop, .events = POLLIN } };

  for (;;) {
    int ready = poll(fds, G_N_ELEMENTS(fds), milliseconds_until(deadline));

    if (ready < 0 && errno != EINTR)
      return FALSE;
    if (ready > 0 && fds[1].revents && !drain(reader, output, end))
      fds[1].fd = -1;
    if (ready > 0 && (fds[0].revents || (process < 0 && fds[1].fd < 0)))
      return TRUE;
    end->is_timeout = ready == 0 || milliseconds_until(deadline) == 0;
    end->is_stopped = ready > 0 && fds[2].revents;
    if (end->is_timeout || end->is_stopped)
      return FALSE;
  }
}

/* Where somebody else was quicker (reaper.h), it counts as a good end. */
static void reap(pid_t pid, ProgramEnd *end)
{
  siginfo_t information = { .si_code = CLD_EXITED };

  while (waitid(P_PID, (id_t)pid, &information, WEXITED) < 0 && errno == EINTR)
    continue;
  end->was_killed = information.si_code != CLD_EXITED;
  end->value = information.si_status;
}

static gboolean start(const ProgramRequest *request, int writer, pid_t *ret_pid, GError **error)
{
  g_auto(GStrv) environment = environment_inherited(request->bounds.identity, /* with_proxies= */ FALSE);
  const SpawnFd passed = { .fd = request->pass_fd, .number = PROGRAM_PASSED_FD };
  const SpawnRequest spawned = {
    .program = request->argv[0],
    .argv = request->argv,
    .environment = request->environment ? request->environment : environment,
    .fds = &passed,
    .n_fds = request->pass_fd >= 0 ? 1 : 0,
    .output = writer,
    .group = request->group,
    .bounds = request->bounds,
    .may_gain_privileges = request->may_gain_privileges,
    .is_private = request->is_private,
  };

  return spawn(&spawned, ret_pid, error);
}

/* The reader of a pipe that the program writes to; -1 on failure. */
static int start_with_pipe(const ProgramRequest *request, pid_t *ret_pid, GError **error)
{
  autofd int reader = -1, writer = -1;
  int pipe_fds[2];

  if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL)) {
    error_set(error, DOMRUN_ERROR_QEMU_START, NULL, NULL, "cannot make a pipe: %s", g_strerror(errno));
    return -1;
  }
  reader = pipe_fds[0];
  writer = pipe_fds[1];
  if (!start(request, writer, ret_pid, error))
    return -1;
  g_unix_set_fd_nonblocking(reader, TRUE, NULL);
  return g_steal_fd(&reader);
}

/* What it printed becomes the end's. */
static void keep_output(GByteArray *output, ProgramEnd *end)
{
  end->length = output->len;
  g_byte_array_append(output, (const guint8 *)"", 1);
  end->output = (char *)g_byte_array_free(output, /* free_segment= */ FALSE);
}

gboolean program_run(const ProgramRequest *request, ProgramEnd *ret_end, GError **error)
{
  gint64 deadline =
      request->seconds ? g_get_monotonic_time() + (gint64)request->seconds * G_USEC_PER_SEC : -1;
  autofd int reader = -1, process = -1, stop = -1;
  GByteArray *output;
  pid_t pid;

  reader = start_with_pipe(request, &pid, error);
  if (reader < 0)
    return FALSE;
  process = (int)syscall(SYS_pidfd_open, pid, 0);
  stop = request->is_cleanup ? -1 : signals_open_stop();
  *ret_end = (ProgramEnd){ 0 };
  output = g_byte_array_new();
  if (!watch(reader, process, stop, deadline, output, ret_end))
    kill(-pid, SIGKILL); /* spawn() has made it a session of its own */
  reap(pid, ret_end);
  drain(reader, output, ret_end);
  keep_output(output, ret_end);
  return TRUE;
}

/* ---- While other things happen ---- */

struct ProgramTask {
  GMainContext *context; /* borrowed; NULL: the default one */
  pid_t pid;             /* 0: reaped */
  int reader, process;
  FdWatch *watch; /* of its output, and then of itself */
  GSource *timer; /* or NULL */
  GByteArray *output;
  ProgramEnd end;
  ProgramFunc done;
  gpointer user_data;
};

static void finish(ProgramTask *task)
{
  g_auto(ProgramEnd) end = task->end;

  reap(task->pid, &end);
  task->pid = 0;
  drain(task->reader, task->output, &end);
  keep_output(g_steal_pointer(&task->output), &end);
  g_clear_pointer(&task->watch, fd_watch_free);
  if (task->timer)
    g_source_destroy(task->timer);
  task->done(&end, task->user_data);
}

static void on_process(GIOCondition ready, gpointer user_data)
{
  finish(user_data);
}

static void on_output(GIOCondition ready, gpointer user_data)
{
  ProgramTask *task = user_data;

  if (drain(task->reader, task->output, &task->end))
    return;
  if (task->process < 0) {
    finish(task);
    return;
  }
  fd_watch_free(task->watch);
  task->watch = fd_watch_new(task->context, task->process, on_process, task);
  fd_watch_set(task->watch, G_IO_IN);
}

static gboolean on_time(gpointer user_data)
{
  ProgramTask *task = user_data;

  task->end.is_timeout = TRUE;
  kill(-task->pid, SIGKILL);
  finish(task);
  return G_SOURCE_REMOVE;
}

ProgramTask *program_start(GMainContext *context, const ProgramRequest *request, ProgramFunc done,
                           gpointer user_data, GError **error)
{
  ProgramTask *task;
  pid_t pid;
  int reader = start_with_pipe(request, &pid, error);

  if (reader < 0)
    return NULL;
  task = g_new0(ProgramTask, 1);
  task->context = context;
  task->pid = pid;
  task->reader = reader;
  task->process = (int)syscall(SYS_pidfd_open, pid, 0);
  task->output = g_byte_array_new();
  task->done = done;
  task->user_data = user_data;
  task->watch = fd_watch_new(context, reader, on_output, task);
  fd_watch_set(task->watch, G_IO_IN);
  if (request->seconds > 0) {
    task->timer = g_timeout_source_new_seconds(request->seconds);
    g_source_set_callback(task->timer, on_time, task, /* notify= */ NULL);
    g_source_attach(task->timer, context);
  }
  return task;
}

void program_task_free(ProgramTask *task)
{
  if (!task)
    return;
  if (task->pid != 0) {
    kill(-task->pid, SIGKILL);
    reap(task->pid, &task->end);
  }
  fd_watch_free(task->watch);
  if (task->timer)
    g_source_destroy(task->timer);
  g_clear_pointer(&task->timer, g_source_unref);
  fd_clear(&task->reader);
  fd_clear(&task->process);
  if (task->output)
    g_byte_array_unref(task->output);
  g_free(task);
}

/* ---- How it ended ---- */

void program_end_clear(ProgramEnd *end)
{
  g_clear_pointer(&end->output, g_free);
}

gboolean program_end_is_good(const ProgramEnd *end)
{
  return !end->is_timeout && !end->is_stopped && !end->was_killed && end->value == 0;
}

char *program_end_describe(const ProgramEnd *end, guint seconds)
{
  if (end->is_stopped)
    return g_strdup("was stopped");
  if (end->is_timeout)
    return g_strdup_printf("did not end within %u seconds", seconds);
  if (end->was_killed)
    return g_strdup_printf("was killed by signal %d (%s)", end->value, g_strsignal(end->value));
  return g_strdup_printf("ended with status %d", end->value);
}

char *program_end_last_line(const ProgramEnd *end)
{
  g_autofree char *text = g_memdup2(end->output, end->length + 1);
  char *line;

  for (gsize i = 0; i < end->length; i++)
    text[i] = text[i] == '\0' ? '\n' : text[i];
  g_strchomp(text);
  line = strrchr(text, '\n');
  line = line ? line + 1 : text;
  if (strlen(line) > LINE_MAX_BYTES) /* no words, then */
    line[LINE_MAX_BYTES] = '\0';
  return *line ? g_strdup(line) : NULL;
}
