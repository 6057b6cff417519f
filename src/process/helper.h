/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that runs beside QEMU and serves it (swtpm, virtiofsd). It is ended here, and where this process
 * is killed, it ends with QEMU, or with this process: see HelperRequest. Signals that come to a whole job
 * leave it alone: the guest may need it until it has powered down.
 */
#pragma once

#include <glib.h>

#include "process/spawn.h"

typedef struct Helper Helper;

typedef struct {
  char *const *argv; /* argv[0] is a path */
  const SpawnFd *fds;
  guint n_fds;
  int group;          /* of spawn.h, as the next */
  SpawnBounds bounds; /* borrowed */
  int lifeline;     /* the reading end of a pipe: the kernel kills a helper that does not notice QEMU's end by
                       itself when nobody has the other end; 0, or -1: none */
  gboolean is_tied; /* the kernel kills it with this process */
} HelperRequest;

/* Returns when it runs, or with an error of spawn(). Nothing of @request is needed any more then. */
Helper *helper_start(const HelperRequest *request, GError **error);

/* One that another process has started and that goes on: @pid, whose output nobody reads any more. Whether it
 * is the one that is meant, the caller sees to once it is returned: no other process is taken for it from
 * then on. NULL: there is none, or it is not this user's to look at. */
Helper *helper_adopt(pid_t pid);

pid_t helper_pid(const Helper *helper);

/* Kills it, with all that it has started, where it has not ended. */
void helper_kill(const Helper *helper);

/* The same, and frees @helper. */
void helper_free(Helper *helper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Helper, helper_free)

/* Frees @helper and leaves the program alone. */
void helper_leave(Helper *helper);

typedef enum {
  HELPER_READY,
  HELPER_ENDED,
  HELPER_LATE,
  HELPER_STOPPED, /* SIGINT, SIGTERM or SIGHUP has come, which the caller has blocked, and stays pending */
} HelperWait;

/* Waits until @fd can be read (-1: never), the helper has ended, or the time is over; nothing else happens
 * meanwhile. What the helper says is kept. With @is_cleanup the user's wish to stop ends no waiting. Not once
 * it is watched. */
HelperWait helper_await(Helper *helper, int fd, guint milliseconds, gboolean is_cleanup);

/* The last lines of what it has said and nobody was told, as one; NULL where it said nothing. The caller
 * frees it. */
char *helper_last_words(Helper *helper);

typedef struct {
  void (*said)(const char *line, gpointer user_data); /* a line on standard output or error */
  void (*ended)(gpointer user_data);                  /* once, unless it is freed before */
} HelperHandlers;

/* From now on the main loop of @context (NULL: the default one) calls @handlers, which must outlive the
 * helper. */
void helper_watch(Helper *helper, GMainContext *context, const HelperHandlers *handlers, gpointer user_data);

/* No more of that, until it is watched or waited for again. */
void helper_unwatch(Helper *helper);
