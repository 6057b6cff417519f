/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "process/reaper.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

gboolean reaper_is_needed(void)
{
  int is_subreaper = 0;

  return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0 && is_subreaper);
}

/* waitid(2) tells of one child, and always of the same until it is reaped. Where that is @own, its own end
 * calls here again. */
void reaper_reap(pid_t own)
{
  for (;;) {
    siginfo_t info = { 0 };

    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 || info.si_pid == own)
      return;
    waitid(P_PID, (id_t)info.si_pid, NULL, WEXITED | WNOHANG);
  }
}
