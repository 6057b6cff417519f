/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One run of QEMU, from its start to its end: the process, its QMP connection and what it says.
 */
#pragma once

#include <glib.h>
#include "base/json.h"

#include "base/error.h"
#include "host/account.h"
#include "host/resources.h"
#include "qemu/plan.h"
#include "qmp/client.h"

typedef struct Emulator Emulator;

/* How a process ended. */
typedef struct {
  gboolean is_unknown; /* only its parent is told, and that is gone */
  gboolean was_killed; /* by a signal */
  int value;           /* its exit status, or the signal */
} EmulatorEnd;

typedef struct {
  /* QMP has answered: commands may be given. */
  void (*ready)(gpointer user_data);

  /* An event of QMP. @data is NULL where it has none. */
  void (*event)(const char *name, Json *data, gpointer user_data);

  /* QMP has ended while the process has not (yet): it hung up (@error NULL) or broke the protocol. */
  void (*lost)(const GError *error, gpointer user_data);

  /* The process has ended and was reaped; all its events came before. The last call; the callee may free the
   * emulator. */
  void (*ended)(const EmulatorEnd *end, gpointer user_data);
} EmulatorHandlers;

/* Descriptors that QEMU inherits and does not know of: as long as it lives, the guest's name and uuid are
 * taken. That of the uuid comes first: at the end of a process descriptors are closed in their order, and
 * whoever finds the name free finds the uuid free, too. */
typedef struct {
  int fds[2];
} EmulatorLocks;

/* Where QEMU is put. */
typedef struct {
  int group;              /* a control group (limits_fd()); -1: this process's */
  guint confinement;      /* of ConfinementPart */
  gboolean is_tied;       /* it is killed when this process ends */
  const Account *account; /* as whom it runs; NULL: as this user */
  const char *sockets;    /* the directory for those that QEMU makes by itself */
} EmulatorPlace;

/* Starts QEMU with what @resources has acquired. NULL with a DOMRUN_ERROR_QEMU_START error, or a
 * DOMRUN_ERROR_HOST one where it cannot be confined, on failure. */
Emulator *emulator_start(GMainContext *context, const Plan *plan, Resources *resources,
                         const EmulatorLocks *locks, const EmulatorPlace *place,
                         const EmulatorHandlers *handlers, gpointer user_data, GError **error);

/* The connection to QMP that @resources has; the caller owns it. */
int emulator_take_qmp_socket(Resources *resources);

/* The process @pid that started at @start (process_start()), which goes on without its supervisor. Takes
 * @qmp, connected to it. NULL with an error: DOMRUN_ERROR_NO_GUEST where it has ended, DOMRUN_ERROR_HOST
 * where it cannot be watched. */
Emulator *emulator_adopt(GMainContext *context, pid_t pid, gint64 start, int qmp,
                         const EmulatorHandlers *handlers, gpointer user_data, GError **error);

/* Ends the process, if it has not ended, by SIGKILL, and reaps it. */
void emulator_free(Emulator *emulator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Emulator, emulator_free)

/* Frees it and leaves the process alone. */
void emulator_leave(Emulator *emulator);

/* Whether the process has ended, though that may not have been told yet: what comes from it now are its last
 * words, and nothing can be done to it. */
gboolean emulator_is_gone(const Emulator *emulator);

pid_t emulator_pid(const Emulator *emulator);

/* When it started, as process_start(); 0: it is not known. */
gint64 emulator_start_time(const Emulator *emulator);

QmpClient *emulator_qmp(const Emulator *emulator);

/* By SIGKILL: what else would end a process is blocked in it. */
void emulator_kill(const Emulator *emulator);

/* What QEMU says reaches the user from now on; before that it is kept. */
void emulator_relay_log(Emulator *emulator);

/* The lines that it said and that were not relayed, or NULL. The caller frees it. */
char *emulator_last_words(const Emulator *emulator);

/* "exit status 1", "killed by signal 9 (Killed)". The caller frees it. */
char *emulator_end_describe(const EmulatorEnd *end);
