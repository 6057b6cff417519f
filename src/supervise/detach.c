/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the copies is a pipe. One byte in it says that the guest runs; its end without one, that the copy
 * has ended, and its exit code is then that of the command. Until then the copy has the user's standard
 * error, so that it can say why it fails.
 */
#include "config.h"

#include "supervise/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit-code.h"
#include "base/fd.h"
#include "supervise/spawn.h"

int detach_fork(int *ret_report, GError **error)
{
  int pipe_fds[2];
  pid_t pid;

  if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL)) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make a pipe: %s", g_strerror(errno));
    return -1;
  }
  pid = spawn_copy(error);
  *ret_report = pipe_fds[pid == 0];
  close(pipe_fds[pid != 0]);
  if (pid < 0)
    close(pipe_fds[0]);
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

int detach_wait(int pid, int report)
{
  autofd int pipe_end = report;
  siginfo_t info = { 0 };
  char byte;
  ssize_t got;

  do
    got = read(pipe_end, &byte, sizeof byte);
  while (got < 0 && errno == EINTR);
  if (got == sizeof byte)
    return EXIT_CODE_OK;
  while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
    ;
  return info.si_code == CLD_EXITED ? info.si_status : EXIT_CODE_INTERNAL;
}
