/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * systemd's scopes: a control group for a process that is there already, which systemd makes, limits, and
 * removes once it is empty. org.freedesktop.systemd1(5), systemd.resource-control(5).
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/error.h"
#include "qemu/plan.h"

/* Whether systemd is what runs this host. */
gboolean scope_is_possible(void);

/* The command line of busctl(1), which puts @pid into scope @name; the caller frees it. */
char **scope_to_argv(const PlanLimits *limits, const char *name, pid_t pid, gboolean is_user);

/* systemd has been asked, and has not answered. */
typedef struct Scope Scope;

/* The answer, from the main loop: NULL, or why there is no scope. The question may be freed here. */
typedef void (*ScopeFunc)(const GError *error, gpointer user_data);

/* NULL with a DOMRUN_ERROR_HOST error where there is no asking. */
Scope *scope_start(const PlanLimits *limits, const char *name, pid_t pid, ScopeFunc done, gpointer user_data,
                   GError **error);

/* The answer is not wanted any more: what would be put into the scope is gone. */
void scope_free(Scope *scope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scope, scope_free)
