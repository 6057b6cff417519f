/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a guest from its plan to its end, in this process.
 *
 * What ends it: a power-off, a reboot or a crash, as <on_poweroff>, <on_reboot> and <on_crash> say; or
 * SIGINT, SIGTERM or SIGHUP. The first of these asks the guest to power down, by ACPI, again and again until
 * it does; the second ends QEMU; a third kills it. Whatever happens, nothing is left behind.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/lifecycle.h"
#include "qemu/plan.h"

typedef struct {
  const Plan *plan;
  const char *name; /* of the guest */
  Lifecycle lifecycle;
  gboolean has_acpi;         /* the guest can be asked to power down */
  const char *root;          /* of runtime directories; NULL: the usual one */
  gboolean attaches_console; /* standard input and output are connected to the first console */
  gboolean is_verbose;       /* changes of state are told on standard error */
} SupervisorOptions;

/* Starts the guest, and returns the exit code (base/exit-code.h) when it has ended. @error is set where there
 * is something to say about that: it could not be started, QEMU died. */
int supervisor_run(const SupervisorOptions *options, GError **error);
