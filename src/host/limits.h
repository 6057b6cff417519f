/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel lets a guest have of this host. Where this process may divide its control group (a service
 * or scope with Delegate=yes, a container), the guest has one below it, from its first instruction on; where
 * systemd is there and gave no such right, it is asked for a scope of QEMU's own; else the user is told why
 * there are no limits.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "qemu/plan.h"

typedef struct Limits Limits;

/* Before any process is started for the guest. @limits is borrowed; @key tells guests apart that run at once;
 * @waiting as control_group_new() has it. NULL: there is nothing to limit. */
Limits *limits_new(const PlanLimits *limits, const char *key, pid_t waiting);

/* To which QEMU, and what serves it (passt), write "0" before they begin; -1: they do not. */
int limits_fd(const Limits *limits);

typedef void (*LimitsFunc)(gpointer user_data);

/* QEMU is there. What systemd says to that is told later, from the main loop, and @settled called then. */
void limits_start(Limits *limits, pid_t pid, LimitsFunc settled, gpointer user_data);

/* Whether @settled is going to be called, unless QEMU ends before. */
gboolean limits_are_pending(const Limits *limits);

/* It is there no more. */
void limits_stop(Limits *limits);

/* This is a thread of QEMU of that kind. */
void limits_set_thread(Limits *limits, PlanThreadKind kind, guint32 id, pid_t thread);

/* Notes in the guest's runtime directory, an open one, what is left where this process is killed. */
void limits_note(const Limits *limits, int directory);

/* QEMU has ended, and so has what served it. */
void limits_free(Limits *limits, int directory);
