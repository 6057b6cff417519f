/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the copies is a pipe. One byte in it says that the guest runs; its end without one, that the copy
 * has ended, and its exit code is then that of the command. Until then the copy has the user's standard
 * error, so that it can say why it fails.
 *
 * The copy has a session of its own, where no Ctrl-C of the user's terminal comes to it. So as long as the
 * first waits it passes on what would stop it, and then waits for the end of the copy, however far that has
 * come.
 */
#include "config.h"

#include "process/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/exit-code.h"
#include "base/fd.h"
#include "process/spawn.h"

/* The caller may wait until the other side of a pipe that it passed on is closed, or until nobody holds its
 * lock any more; and the directory that it stands in may be unmounted. Only standard input, output and error
 * stay, and *@report, under another number. */
static void let_go(int *report)
{
  int lowest = STDERR_FILENO + 1;

  if (*report != lowest && dup3(*report, lowest, O_CLOEXEC) == lowest)
    *report = lowest;
  fd_close_from(*report + 1);
  if (chdir("/") < 0)
    announce_notice("cannot leave the directory: %s", g_strerror(errno));
}

/* Without a signalfd(2): how often it is looked whether the copy has ended, in milliseconds. */
enum { FALLBACK_TIME = 100 };

/* What is passed on, unless this process ignores it (nohup(1)), and the end of the copy. */
static void make_set(sigset_t *set)
{
  static const int forwarded[] = { SIGHUP, SIGINT, SIGTERM };

  sigemptyset(set);
  sigaddset(set, SIGCHLD);
  for (gsize i = 0; i < G_N_ELEMENTS(forwarded); i++) {
    struct sigaction action;

    if (sigaction(forwarded[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
      sigaddset(set, forwarded[i]);
  }
}

int detach_fork(int *ret_report, GError **error)
{
  int pipe_fds[2];
  sigset_t set, saved;
  pid_t pid;

  if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL)) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make a pipe: %s", g_strerror(errno));
    return -1;
  }
  make_set(&set);
  sigprocmask(SIG_BLOCK, &set, &saved); /* from before there is a copy: none is lost */
  pid = spawn_copy(error);
  if (pid <= 0)
    sigprocmask(SIG_SETMASK, &saved, NULL);
  *ret_report = pipe_fds[pid == 0];
  close(pipe_fds[pid != 0]);
  if (pid < 0)
    close(pipe_fds[0]);
  if (pid == 0)
    let_go(ret_report);
  return pid;
}

void detach_finish(int *report)
{
  autofd int null = -1;

  if (*report < 0)
    return;
  null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
    dup2(null, fd);
  fd_write_all(*report, "", 1);
  fd_clear(report);
}

/* Takes the signals that have come, and passes them on. Whether one was to stop the copy. */
static gboolean forward_signals(int signals, int pid)
{
  struct signalfd_siginfo info;
  gboolean is_stopped = FALSE;

  while (read(signals, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD)
      continue;
    is_stopped = TRUE;
    kill(pid, (int)info.ssi_signo);
  }
  return is_stopped;
}

static int exit_code_of(const siginfo_t *info, gboolean is_stopped)
{
  if (info->si_code == CLD_EXITED)
    return info->si_status;
  return is_stopped ? EXIT_CODE_STOPPED : EXIT_CODE_INTERNAL; /* the copy may not have had its handlers yet */
}

int detach_wait(int pid, int report)
{
  autofd int pipe_end = report, signals = -1;
  gboolean is_stopped = FALSE;
  siginfo_t info = { 0 };
  sigset_t set;

  make_set(&set);
  signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0 ? errno == EINTR : info.si_pid == 0) {
    struct pollfd wait[] = { { .fd = signals, .events = POLLIN }, { .fd = pipe_end, .events = POLLIN } };
    char byte;

    if (poll(wait, G_N_ELEMENTS(wait), signals < 0 ? FALLBACK_TIME : -1) < 0)
      continue;
    is_stopped |= forward_signals(signals, pid);
    if (wait[1].revents == 0)
      continue;
    if (read(pipe_end, &byte, sizeof byte) == sizeof byte && !is_stopped)
      return EXIT_CODE_OK;
    fd_clear(&pipe_end); /* now for the end of the copy */
  }
  return exit_code_of(&info, is_stopped);
}
