/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest's directory while it runs, and what stays of it under the guest's name.
 */
#pragma once

#include "supervise/supervisor.h"

/* Listens there for the verbs, and logs there. Takes @directory. */
gboolean directory_enter(Supervisor *supervisor, RuntimeDir *directory, GError **error);

/* Leaves the files of a guest that others may look at when it is gone. */
void directory_leave(Supervisor *supervisor);

/* Leaves what is known of a guest that runs no more; its size is bounded. */
void directory_leave_trace(Supervisor *supervisor);

/* What is known of the guest stays under its name; it goes on under another, in a directory of that. */
gboolean directory_rename(Supervisor *supervisor, GError **error);
