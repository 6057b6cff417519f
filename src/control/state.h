/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file `state` of a guest's runtime directory: what every command may know about a guest without asking
 * its supervisor. The supervisor writes it whole, at each change, and a reader sees one version or the next.
 * It is one line of JSON; the same object is what query-status returns and what the event STATE carries.
 */
#pragma once

#include "base/json.h"

#include "base/enum.h"
#include "base/error.h"

typedef enum {
  GUEST_STARTING, /* its QEMU starts, for the first time or again */
  GUEST_RUNNING,
  GUEST_PAUSED,        /* by the user, by QEMU (an I/O error), by the guest's own watchdog */
  GUEST_SHUTTING_DOWN, /* it was asked to power down, or its QEMU was told to end */
  GUEST_RESTARTING,    /* between two QEMUs */
  GUEST_PRESERVED,     /* it has ended and is kept to be looked at, with its QEMU or without */
  GUEST_ENDED,         /* said by the last event, and by what is left of the last run of a name */
  GUEST_UNSUPERVISED,  /* its supervisor was killed, and its QEMU runs on; found by others, and never written
                        */
  GUEST_STATE_LAST,
} GuestStateKind;

extern const EnumTable guest_state_table; /* "starting", "running", "paused", "shutting-down", ... */

/* Strings are owned; NULL and 0 (-1 for the exit code) where there is nothing to say. */
typedef struct {
  char *name;
  char *uuid;
  GuestStateKind state;
  char *reason;          /* one word of docs/control.md: "booted", "user", "panic", ... */
  gint64 since;          /* when it came to be in this state: milliseconds since 1970 */
  gint64 started;        /* when the guest was first started, the same */
  gint64 supervisor_pid; /* the guest's id */
  gint64 emulator_pid;   /* 0: there is no QEMU now */
  gint64 emulator_start; /* when that process started (process_start()); 0: it is not known */
  gint64 restarts;       /* how often QEMU was started again */
  gint64 resets;         /* how often it was reset */
  gint64 exit_code;      /* PRESERVED, ENDED: what `run` ends with, or would have; otherwise -1 */
  char *sandbox;         /* what confines its QEMU, "files, tcp, ..."; "" where nothing does */
  char *user;            /* as whom its QEMU runs, where that is another (--user); or NULL */
  char *message;         /* how it came to that, for a person; or NULL */
} GuestState;

#define GUEST_STATE_INIT                                                                                     \
  {                                                                                                          \
    .exit_code = -1                                                                                          \
  }

void guest_state_clear(GuestState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestState, guest_state_clear)

/* The object; the caller unrefs it. */
Json *guest_state_to_json(const GuestState *state);

/* The other way: FALSE with a DOMRUN_ERROR_HOST error where @object is none of ours. *@ret_state is to be
 * cleared by the caller, and untouched on failure. */
gboolean guest_state_from_json(Json *object, GuestState *ret_state, GError **error);

/* Writes the file @name (CONTROL_STATE_FILE) of the directory @directory_fd, by way of another name, so that
 * no reader ever sees a part of it; mode 0600. The same for any text: the live XML. */
gboolean guest_state_write(const GuestState *state, int directory_fd, GError **error);
gboolean guest_file_write(int directory_fd, const char *name, const char *text, GError **error);

/* The same for what others believe: where it cannot be written, the file @name goes out of the way, a `state`
 * as CONTROL_OLD_FILE, since nothing is better than what is not true any more. It then takes the supervisor's
 * answer. */
gboolean guest_file_replace(int directory_fd, const char *name, const char *text, GError **error);

/* What was true before the supervisor could write no more, for when it is gone. As guest_state_read(). */
gboolean guest_state_read_old(int directory_fd, GuestState *ret_state, GError **error);

/* Reads it. FALSE with a DOMRUN_ERROR_HOST error where it is not there or is broken. */
gboolean guest_state_read(int directory_fd, GuestState *ret_state, GError **error);

/* A file of the directory as text, which the caller frees; NULL with a DOMRUN_ERROR_HOST error. It follows no
 * link and waits for no pipe. */
char *guest_file_read(int directory_fd, const char *name, GError **error);
