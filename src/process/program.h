/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program of the host that is run to its end, and not for ever: a bootloader, a script for a tap device, a
 * question to a daemon.
 */
#pragma once

#include <glib.h>

#include "process/spawn.h"

typedef struct {
  char *output;        /* what it printed, on standard output and error, as much as is kept; ended by NUL */
  gsize length;        /* of @output, in which there may be NULs */
  gboolean has_more;   /* it printed more than is kept */
  gboolean is_timeout; /* it did not end in time, and was killed with all that it had started */
  gboolean is_stopped; /* the same, since the user wants to stop */
  gboolean was_killed; /* by a signal of somebody else's */
  int value;           /* its exit status, or the signal */
} ProgramEnd;

/* What is kept of a program's output. */
enum { PROGRAM_MAX_OUTPUT = 64 * 1024 };

/* The number under which a program gets the descriptor that it is passed. */
enum { PROGRAM_PASSED_FD = 3 };

typedef struct {
  char *const *argv;            /* argv[0] is a path */
  char *const *environment;     /* NULL: as here */
  guint seconds;                /* it may run; 0: no limit */
  int pass_fd;                  /* here, or -1 */
  int group;                    /* of spawn.h: the control group that it joins */
  SpawnBounds bounds;           /* the same: borrowed */
  gboolean may_gain_privileges; /* it is a setuid program, or runs one such as sudo */
  gboolean is_private;          /* of spawn.h */
  gboolean is_cleanup;          /* it is run to its end even if the user wants to stop */
} ProgramRequest;

/* Runs it, with no input, to its end; nothing else happens meanwhile. SIGINT, SIGTERM and SIGHUP, where the
 * caller has blocked them, end it, and stay pending. FALSE with a DOMRUN_ERROR_QEMU_START error where it
 * could not be started. */
gboolean program_run(const ProgramRequest *request, ProgramEnd *ret_end, GError **error);

/* One that runs while other things happen. */
typedef struct ProgramTask ProgramTask;

/* It has ended, or its time was over. The task may be freed here. */
typedef void (*ProgramFunc)(const ProgramEnd *end, gpointer user_data);

/* Starts it, with nobody's wish to stop in view: @done is called once, by the main loop of @context (NULL:
 * the default one). The request is copied as far as it matters later. NULL with an error as above. */
ProgramTask *program_start(GMainContext *context, const ProgramRequest *request, ProgramFunc done,
                           gpointer user_data, GError **error);

/* Kills it where it has not ended; @done is not called any more. */
void program_task_free(ProgramTask *task);

void program_end_clear(ProgramEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProgramEnd, program_end_clear)

/* Whether it ended with 0, by itself and in time. */
gboolean program_end_is_good(const ProgramEnd *end);

/* "ended with status 1", "was killed by signal 9 (Killed)", "did not end within 60 seconds", "was stopped".
 * The caller frees it. */
char *program_end_describe(const ProgramEnd *end, guint seconds);

/* The last line that it printed, or the beginning of it, or NULL where it printed nothing. The caller frees
 * it. */
char *program_end_last_line(const ProgramEnd *end);
