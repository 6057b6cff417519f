/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command that goes on in the background: it is copied before it has a main loop, and the first copy waits
 * until the second says that the guest runs, or ends.
 */
#pragma once

#include "base/error.h"

/* In the copy that goes on, which stands in the root directory and has nothing else open but standard input,
 * output and error: 0, and *@ret_report is the descriptor for detach_finish(). In the one that the
 * user waits for: the pid of the other. -1 with an error. */
int detach_fork(int *ret_report, GError **error);

/* For the copy that goes on: tells the other that all is well, and lets go of the user's terminal: standard
 * input, output and error become /dev/null. Closes *@report; does nothing where that is -1. */
void detach_finish(int *report);

/* For the other: the exit code to end with, which is 0 after detach_finish(), and otherwise the one with
 * which the copy ended. What would stop this process (SIGINT, SIGTERM, SIGHUP) stops the copy, and its end is
 * waited for. Takes @report. */
int detach_wait(int pid, int report);
