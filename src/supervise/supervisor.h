/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The record of a guest that is run, on which the rooms of this folder stand: states.c changes its state,
 * publish.c tells others, stopping.c is the ladder, outcome.c what an end means, core-dump.c, requests.c
 * (commands of the control socket), and life.c decides what comes when. Whoever decides calls down; what
 * comes from below (QEMU, signals, clients) arrives in life.c and requests.c.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "control/server.h"
#include "control/state.h"
#include "domain/lifecycle.h"
#include "domain/live-facts.h"
#include "host/account.h"
#include "host/limits.h"
#include "host/log-file.h"
#include "host/resources.h"
#include "host/runtime-dir.h"
#include "host/uuid-lock.h"
#include "process/signals.h"
#include "qemu/plan.h"
#include "supervise/consoles.h"
#include "supervise/emulator.h"
#include "supervise/restarts.h"

typedef struct Tuning Tuning;

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
  guint confinement;         /* of QEMU: of ConfinementPart */
  const Account *account;    /* as whom QEMU is run; NULL: as this user */
  gboolean is_chowned;       /* the guest's own files are that user's meanwhile */
  const char *root;          /* of runtime directories; NULL: the usual one */
  const char *adopts;        /* the guest has a QEMU already: the text of its file `run`; NULL: it has none */
  const char *running_name;  /* where it has: by which it is found, which a restart may have changed */
  gboolean attaches_console; /* standard input and output are connected to the first console */
  gboolean is_verbose;       /* changes of state are told on standard error */
  gboolean dies_together;    /* QEMU, and what serves it, is killed with this process */
  gboolean is_never_asked;   /* to power down: a signal tells QEMU to quit */
  guint shutdown_seconds;    /* at most 1,000,000; 0: no limit, as in the next */
  guint quit_seconds;
  RestartLimit restart_limit;
  LogLimits log_limits;       /* of what consoles print */
  const char *dump_directory; /* for core dumps; NULL: the usual one (core-dump.h) */
  int waiting;                /* the pid of the parent that waits for @report; 0: nobody does */
  int report;                 /* of detach.h, taken: who waits for the start is told; -1: nobody does */

  /* The document with what was assigned, and what is known since the guest runs: @facts, or NULL before any
   * were told. The caller frees it. NULL: there is none. */
  char *(*live_xml)(const LiveFacts *facts, gpointer user_data);

  /* How the guest is run, in the words of who reads that from the file `run`; the caller frees it. NULL:
   * nobody can take the guest over. */
  char *(*record)(gpointer user_data);

  /* Of a guest that was adopted: does what comes before a first start, and says what is wrong. NULL: nothing.
   */
  void (*look_again)(gpointer user_data);

  /* Translates the plan again before another start. NULL: it stays as it is. */
  void (*translate_again)(const LiveFacts *facts, gpointer user_data);
  gpointer user_data;
} SupervisorOptions;

typedef enum {
  STATE_IDLE,          /* before the first start */
  STATE_STARTING,      /* QEMU is there, the guest does not run yet */
  STATE_RUNNING,       /* the guest runs */
  STATE_PAUSED,        /* it does not, and can go on */
  STATE_POWERING_DOWN, /* it was asked to power down */
  STATE_DUMPING,       /* it has crashed, and its memory is being written */
  STATE_PRESERVED,     /* it has ended, and QEMU is kept */
  STATE_ENDING,        /* QEMU was told to end */
  STATE_DRAINING,      /* QEMU has ended; what it wrote last is delivered */
  STATE_WAITING,       /* for the next start */
  STATE_ENDED,
  STATE_LAST,
} State;

typedef enum {
  CAUSE_UNKNOWN,
  CAUSE_POWEROFF,       /* by the guest */
  CAUSE_REBOOT,         /* by the guest, and on_reboot makes it an end */
  CAUSE_PANIC,          /* the guest said so */
  CAUSE_INTERNAL_ERROR, /* KVM cannot go on */
  CAUSE_WATCHDOG,       /* the guest's watchdog switched it off */
  CAUSE_OUTSIDE,        /* somebody else told QEMU to end */
  CAUSE_DIED,           /* by itself, or killed */
  CAUSE_LAST,
} Cause;

/* What somebody wants of the guest, whatever it would do by itself. */
typedef struct {
  gboolean is_stop;       /* it is to end, and is not started again */
  gboolean is_destroyed;  /* at once */
  gboolean is_reboot;     /* it is to power off, and is started again */
  guint signals;          /* that asked for its end; what comes within a second of one is the same wish */
  gint64 signalled;       /* when the last of these came: the monotonic time in microseconds */
  const char *by;         /* who asked for its end: a literal; NULL: the user at this terminal */
  gboolean is_asked_only; /* to power down: at the deadline it runs on */
  gint64 deadline;        /* of powering down: the monotonic time in microseconds; 0: there is none */
} Wish;

typedef struct {
  const SupervisorOptions *options;
  GMainLoop *loop;
  State state;
  const char *reason; /* a word of docs/control.md; a literal */
  gint64 since;       /* milliseconds since 1970, as the next */
  gint64 started;
  GSource *timer;       /* of the state */
  GSource *reset_timer; /* while the guest may be reset without that being its end (requests.c); or NULL */
  Signals *signals;
  RuntimeDir *directory;
  UuidLock *uuid_lock;
  Limits *limits; /* of what the host gives; or NULL */
  Resources *resources;
  Consoles *consoles;
  ControlServer *server;
  Restarts *restarts;
  char *name;       /* of the guest, which rename-restart changes */
  guint renames;    /* how often it did */
  char *definition; /* the document without facts; NULL until it is published */
  guint n_restarts; /* how often QEMU was started again */
  guint n_resets;   /* how often the guest was reset */
  Wish wish;
  GQueue requests;        /* of EmulatorRequest (requests-emulator.c): QEMU has not answered them */
  GQueue held;            /* of HeldRequest (requests.c): they wait for the guest to run */
  gboolean is_passing_fd; /* one of them passes a descriptor: there is room for one only */
  int report;             /* of detach.h; -1: nobody waits */
  gboolean has_run;       /* so that it can be told, with the last that is to be said of the start */
  gboolean is_recorded;   /* how it is run is written down */
  gboolean is_unwritten;  /* there was no room for a file, and that was told */

  Emulator *emulator;    /* of this run, as the following */
  gboolean is_adopted;   /* another supervisor has started it */
  gboolean is_unstarted; /* and the guest had not run yet */
  Cause found_cause;     /* why the guest was shut down, where that supervisor has written it down */
  gboolean is_ready;     /* QMP has answered */
  gint64 reset;          /* when it was last reset: the monotonic time in microseconds; 0: not yet */
  gboolean is_asking;    /* for its state, and QEMU has not answered; @asks_again when it has */
  gboolean asks_again;
  guint pending;    /* commands of the plan that were not answered */
  Tuning *tuning;   /* of tuning.h, while it is done; or NULL */
  GArray *displays; /* of LiveDisplay: what the guest can be seen at */
  Cause cause;
  gboolean is_dump_passing; /* the guest goes on when its memory is written */
  char *dump_path;          /* of core-dump.c: the file that is being written; or NULL */
  char *broken;             /* what was wrong with its start, or NULL */

  gboolean will_restart;  /* decided when the guest has ended, as the following */
  gboolean is_decided;    /* the outcome is known: how QEMU ends does not change it any more */
  gboolean will_be_left;  /* the runtime directory stays */
  const char *end_reason; /* a word of docs/control.md */
  int exit_code;
  GError *error;
} Supervisor;
