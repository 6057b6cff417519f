/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Taking over a guest of which the supervisor was killed.
 */
#pragma once

#include "commands/supervision.h"
#include "control/guests.h"

/* Supervises @guest, which is unsupervised, with the words and the document by which it was run; of @here
 * holds what is about this process: root, background, console, verbosity. Prints its errors and returns the
 * exit code, as supervision_run(). */
int adoption_run(const Guest *guest, const RunOptions *here);
