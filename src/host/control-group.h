/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A control group for one guest, below that of this process, where the kernel lets this process make one. The
 * kernel's documentation, admin-guide/cgroup-v2; https://systemd.io/CGROUP_DELEGATION/.
 *
 * Processes stand only in groups without controllers for what is below them. So where this process stands in
 * the group that is to be divided, it moves into one below it first, beside the guest's.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/error.h"
#include "qemu/plan.h"

typedef struct ControlGroup ControlGroup;

/* @root: where control groups of version 2 are mounted; @own: the group of this process there ("/", "/a/b");
 * @name: of the new one, a file's name. A limit that the kernel does not take is told to the user, and the
 * others hold. @limits is borrowed. @waiting: the parent of this process, where that is a copy of the same
 * program, and waits: it moves along; 0: it is not. A DOMRUN_ERROR_HOST error says why there can be no such
 * group. */
ControlGroup *control_group_new(const PlanLimits *limits, const char *root, const char *own, const char *name,
                                pid_t waiting, GError **error);

/* To which a process writes "0" to join. */
int control_group_fd(const ControlGroup *group);

/* Limits a thread of a process that has joined: CPUs and I/O threads each for itself, the others together. */
gboolean control_group_limit(const ControlGroup *group, PlanThreadKind kind, guint32 id, pid_t thread,
                             GError **error);

/* What control_group_remove() takes; the second may be NULL. Borrowed. */
const char *control_group_path(const ControlGroup *group);
const char *control_group_leaf(const ControlGroup *group);

/* Removes a group with those of its threads, for a supervisor that was killed. @leaf: the group beside it
 * that it went into; or NULL. FALSE: processes are in it. */
gboolean control_group_remove(const char *path, const char *leaf);

/* Removes it, once those that end have ended. FALSE: some do not, and it stays. */
gboolean control_group_free(ControlGroup *group);
