/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All consoles of a guest: one for each PLAN_RESOURCE_CONSOLE, with what its document says that it is
 * connected to. They outlive QEMU.
 */
#pragma once

#include "base/error.h"
#include "host/log-file.h"
#include "host/resources.h"
#include "qemu/plan.h"

typedef struct Consoles Consoles;

/* Makes what the plan says, with logs of those @limits, which a guest that @is_adopted goes on with, and
 * where @attach_first also connects standard input and output to the first console: a DOMRUN_ERROR_USAGE
 * error where that cannot be. The plan must outlive the result. @finished is called, possibly from
 * consoles_finish() itself, when that function's work is done. */
Consoles *consoles_new(GMainContext *context, const Plan *plan, const LogLimits *limits,
                       gboolean attach_first, gboolean is_adopted, void (*finished)(gpointer user_data),
                       gpointer user_data, GError **error);
void consoles_free(Consoles *consoles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Consoles, consoles_free)

/* Says on standard error where each console is: "serial0: /dev/pts/5", and how to leave one that is here. */
void consoles_announce(const Consoles *consoles);

/* Each console: its alias, and where others can open it ("/dev/pts/5") or NULL. */
guint consoles_count(const Consoles *consoles);
const char *consoles_alias(const Consoles *consoles, guint index);
const char *consoles_path(const Consoles *consoles, guint index);

/* Adds a viewer of the console @alias, or of the first where that is NULL. The caller owns *@ret_fd, the
 * other end of its socket; *@ret_alias is borrowed. FALSE with an error: DOMRUN_ERROR_USAGE where there is no
 * such console. */
gboolean consoles_attach(Consoles *consoles, const char *alias, const char **ret_alias, int *ret_fd,
                         GError **error);

/* Connects each to its socket of @resources. */
void consoles_connect(Consoles *consoles, Resources *resources);

/* QEMU is about to end, and does nothing else any more. */
void consoles_expect_end(Consoles *consoles);

/* QEMU has ended: what it wrote last is read; where @is_final, it is also shown to whoever reads. */
void consoles_finish(Consoles *consoles, gboolean is_final);

/* This program is about to be stopped by job control; it goes on. */
void consoles_suspend(Consoles *consoles);
void consoles_resume(Consoles *consoles);
