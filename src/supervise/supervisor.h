/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a guest from its plan to its end, in this process.
 *
 * What ends it: a power-off, a reboot or a crash, as <on_poweroff>, <on_reboot> and <on_crash> say; a command
 * of the control socket (docs/control.md); or SIGINT, SIGTERM or SIGHUP (stopping.h). Whatever happens,
 * nothing is left behind but what the document wants to be preserved.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/lifecycle.h"
#include "domain/live-facts.h"
#include "qemu/plan.h"
#include "supervise/restarts.h"

/* Seconds for the guest to power down after it was asked: together with the next less than the 90 that
 * systemd gives a service to stop (TimeoutStopSec=). */
enum { SHUTDOWN_SECONDS = 60 };

/* Seconds for QEMU to end after it was told to, and write back what it has cached. */
enum { QUIT_SECONDS = 5 };

typedef struct {
  Plan *plan;       /* borrowed, as all of this; its arguments are translated again at a restart */
  const char *name; /* of the guest, as the next */
  const char *uuid;
  Lifecycle lifecycle;
  gboolean has_acpi;         /* the guest can be asked to power down */
  const char *root;          /* of runtime directories; NULL: the usual one */
  gboolean attaches_console; /* standard input and output are connected to the first console */
  gboolean is_verbose;       /* changes of state are told on standard error */
  guint shutdown_seconds;    /* 0: the guest is not asked. At most 1,000,000, as the next */
  guint quit_seconds;        /* 0: QEMU is never killed */
  RestartLimit restart_limit;
  const char *dump_directory; /* for core dumps; NULL: the usual one (core-dump.h) */
  int report;                 /* of detach.h, taken: who waits for the start is told; -1: nobody does */

  /* The document with what is known since the guest runs; the caller frees it. NULL: there is none. */
  char *(*live_xml)(const LiveFacts *facts, gpointer user_data);

  /* Translates the plan again before another start. NULL: it stays as it is. */
  void (*translate_again)(const LiveFacts *facts, gpointer user_data);
  gpointer user_data;
} SupervisorOptions;

/* Starts the guest, and returns the exit code (base/exit-code.h) when it has ended. @error is set where there
 * is something to say about that: it could not be started, QEMU died. */
int supervisor_run(const SupervisorOptions *options, GError **error);
