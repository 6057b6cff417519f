/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Its output is a pipe, whose end stands for its own: nobody else has the other side but what it has started
 * itself.
 */
#include "config.h"

#include "process/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "process/environment.h"
#include "process/signals.h"

/* A line that is longer is cut into several; of the kept lines the last ones stay. */
enum { MAX_LINE = 1024, MAX_KEPT = 4 };

/* How often is read what is there: a pipe holds 64 KiB, and some programs never stop. */
enum { MAX_LAST_READS = 16 };

struct Helper {
  pid_t pid;
  int pidfd;  /* of one that is no child of this process; else -1 */
  int reader; /* of what it says; -1: it has ended */
  FdWatch *watch;
  const HelperHandlers *handlers; /* or NULL */
  gpointer user_data;
  GString *line; /* the beginning of one */
  GQueue kept;   /* of char *: lines that nobody was told */
};

static void end_line(Helper *helper)
{
  if (helper->line->len == 0)
    return;
  if (helper->handlers)
    helper->handlers->said(helper->line->str, helper->user_data);
  else
    g_queue_push_tail(&helper->kept, g_strdup(helper->line->str));
  if (helper->kept.length > MAX_KEPT)
    g_free(g_queue_pop_head(&helper->kept));
  g_string_truncate(helper->line, 0);
}

static void add(Helper *helper, const char *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (bytes[i] == '\n' || helper->line->len == MAX_LINE)
      end_line(helper);
    if (bytes[i] != '\n' && bytes[i] != '\r')
      g_string_append_c(helper->line, bytes[i] ? bytes[i] : '\1');
  }
}

/* Takes some of what is there. FALSE where there is nothing. */
static gboolean receive(Helper *helper)
{
  char bytes[4096];
  ssize_t got = helper->reader < 0 ? -1 : read(helper->reader, bytes, sizeof bytes);

  if (got > 0)
    add(helper, bytes, (gsize)got);
  if (got != 0)
    return got > 0;
  end_line(helper);
  fd_watch_free(g_steal_pointer(&helper->watch));
  fd_clear(&helper->reader);
  return FALSE;
}

/* Another open file of the same pipe, since each has one owner. -1: none is needed. */
static int open_lifeline(const HelperRequest *request)
{
  g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", request->lifeline);

  return request->lifeline > 0 ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
}

/* Those of the request, and the lifeline above them. */
static GArray *list_fds(const HelperRequest *request, int lifeline)
{
  GArray *fds = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(SpawnFd));
  SpawnFd last = { .fd = lifeline, .number = STDERR_FILENO + 1 };

  g_array_append_vals(fds, request->fds, request->n_fds);
  for (guint i = 0; i < request->n_fds; i++)
    last.number = MAX(last.number, request->fds[i].number + 1);
  if (lifeline >= 0)
    g_array_append_val(fds, last);
  return fds;
}

static gboolean start(Helper *helper, const HelperRequest *request, int writer, GError **error)
{
  autofd int lifeline = open_lifeline(request);
  g_autoptr(GArray) fds = list_fds(request, lifeline);
  g_auto(GStrv) environment = environment_inherited(request->bounds.identity, /* with_proxies= */ FALSE);
  const SpawnRequest spawned = {
    .program = request->argv[0],
    .argv = request->argv,
    .environment = environment,
    .fds = (const SpawnFd *)(gpointer)fds->data,
    .n_fds = fds->len,
    .output = writer,
    .group = request->group,
    .bounds = request->bounds,
    .is_shielded = TRUE,
    .outlives_parent = !request->is_tied,
    .lifeline = lifeline,
    .is_private = TRUE,
  };

  return spawn(&spawned, &helper->pid, error);
}

Helper *helper_start(const HelperRequest *request, GError **error)
{
  g_autoptr(Helper) helper = g_new0(Helper, 1);
  autofd int writer = -1;
  int pipe_fds[2];

  helper->reader = helper->pidfd = -1;
  helper->line = g_string_new(NULL);
  if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL)) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make a pipe: %s", g_strerror(errno));
    return NULL;
  }
  helper->reader = pipe_fds[0];
  writer = pipe_fds[1];
  g_unix_set_fd_nonblocking(helper->reader, TRUE, NULL);
  return start(helper, request, writer, error) ? g_steal_pointer(&helper) : NULL;
}

/* A pipe of which only one end is open has another for who opens it in /proc. */
Helper *helper_adopt(pid_t pid)
{
  g_autofree char *output = g_strdup_printf("/proc/%d/fd/%d", (int)pid, STDOUT_FILENO);
  Helper *helper = g_new0(Helper, 1);

  helper->pid = pid;
  helper->line = g_string_new(NULL);
  helper->pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1; /* close-on-exec by itself */
  helper->reader = helper->pidfd >= 0 ? open(output, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
  if (helper->reader >= 0)
    return helper;
  fd_clear(&helper->pidfd);
  helper->pid = 0; /* nothing is killed */
  helper_free(helper);
  return NULL;
}

pid_t helper_pid(const Helper *helper)
{
  return helper->pid;
}

/* A descriptor of a process can be read when that has ended. */
static gboolean has_ended(int pidfd, int milliseconds)
{
  struct pollfd end = { .fd = pidfd, .events = POLLIN };

  return poll(&end, 1, milliseconds) > 0;
}

/* As long as it was not reaped, which others may do (reaper.h), its number is no other's. */
static gboolean is_ours(const Helper *helper)
{
  siginfo_t info = { 0 };

  if (helper->pid != 0 && helper->pidfd >= 0)
    return !has_ended(helper->pidfd, 0);
  return helper->pid != 0 && waitid(P_PID, (id_t)helper->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void helper_kill(const Helper *helper)
{
  if (is_ours(helper))
    kill(-helper->pid, SIGKILL); /* spawn() has made it a session of its own */
}

static void reap(const Helper *helper)
{
  siginfo_t info = { 0 };

  if (!is_ours(helper))
    return;
  helper_kill(helper);
  if (helper->pidfd >= 0) {
    has_ended(helper->pidfd, -1);
    return;
  }
  while (waitid(P_PID, (id_t)helper->pid, &info, WEXITED) < 0 && errno == EINTR)
    continue;
}

void helper_free(Helper *helper)
{
  if (!helper)
    return;
  reap(helper);
  fd_watch_free(helper->watch);
  fd_clear(&helper->reader);
  fd_clear(&helper->pidfd);
  g_string_free(helper->line, TRUE);
  g_queue_clear_full(&helper->kept, g_free);
  g_free(helper);
}

void helper_leave(Helper *helper)
{
  helper->pid = 0;
  helper_free(helper);
}

static int milliseconds_until(gint64 deadline)
{
  gint64 rest = deadline - g_get_monotonic_time();

  return rest > 0 ? (int)MIN(rest / 1000 + 1, G_MAXINT) : 0;
}

HelperWait helper_await(Helper *helper, int fd, guint milliseconds, gboolean is_cleanup)
{
  gint64 deadline = g_get_monotonic_time() + (gint64)milliseconds * 1000;
  autofd int stop = is_cleanup ? -1 : signals_open_stop();

  for (;;) {
    struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
                            { .fd = helper->reader, .events = POLLIN },
                            { .fd = stop, .events = POLLIN } };
    int ready = poll(fds, G_N_ELEMENTS(fds), helper->reader < 0 ? 0 : milliseconds_until(deadline));

    if (ready == 0)
      return helper->reader < 0 ? HELPER_ENDED : HELPER_LATE;
    if (ready < 0)
      continue;
    if (fds[1].revents)
      receive(helper);
    if (fds[0].revents)
      return HELPER_READY;
    if (fds[2].revents && helper->reader >= 0)
      return HELPER_STOPPED;
    if (helper->reader >= 0 && milliseconds_until(deadline) == 0) /* one that always says something */
      return HELPER_LATE;
  }
}

char *helper_last_words(Helper *helper)
{
  g_autoptr(GString) words = g_string_new(NULL);

  for (guint i = 0; i < MAX_LAST_READS && receive(helper); i++)
    continue;
  end_line(helper);
  for (const GList *link = helper->kept.head; link; link = link->next)
    g_string_append_printf(words, "%s%s", words->len > 0 ? "; " : "", (const char *)link->data);
  return words->len > 0 ? g_string_free(g_steal_pointer(&words), FALSE) : NULL;
}

static void on_output(GIOCondition ready, gpointer user_data)
{
  Helper *helper = user_data;

  receive(helper);
  if (helper->reader < 0)
    helper->handlers->ended(helper->user_data);
}

void helper_watch(Helper *helper, GMainContext *context, const HelperHandlers *handlers, gpointer user_data)
{
  char *line;

  helper->handlers = handlers;
  helper->user_data = user_data;
  while ((line = g_queue_pop_head(&helper->kept))) {
    handlers->said(line, user_data);
    g_free(line);
  }
  if (helper->reader < 0 || helper->watch) /* its end is found by who waits for what it serves */
    return;
  helper->watch = fd_watch_new(context, helper->reader, on_output, helper);
  fd_watch_set(helper->watch, G_IO_IN);
}

void helper_unwatch(Helper *helper)
{
  helper->handlers = NULL;
  g_clear_pointer(&helper->watch, fd_watch_free);
}
