/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A QMP client over a connected socket, driven by a main loop. It negotiates by itself: when the greeting has
 * come and qmp_capabilities is answered, `ready` is called, and commands may be given.
 * https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
#pragma once

#include "qmp/message.h"

typedef struct QmpClient QmpClient;

/* Each slot is called from the main loop, or from qmp_client_drain(); each may free the client. */
typedef struct {
  void (*ready)(gpointer user_data);

  /* @data is NULL where the event has none. */
  void (*event)(const char *name, Json *data, gpointer user_data);

  /* Once, when the other side has hung up (@error NULL) or does not speak the protocol; commands that were
   * not answered have got QMP_ERROR_CLOSED before. Not called by qmp_client_free(). */
  void (*closed)(const GError *error, gpointer user_data);

  /* A line after the greeting was no message and is skipped; the oldest command without an answer, which it
   * may have been for, then gets QMP_ERROR_COMMAND. May be NULL. */
  void (*skipped)(const GError *error, gpointer user_data);
} QmpClientHandlers;

/* The answer to a command: @result is what it returned, or NULL with @error set. Borrowed. */
typedef void (*QmpReplyFunc)(Json *result, const GError *error, gpointer user_data);

/* Takes @fd and makes it non-blocking. @context NULL is the default one. */
QmpClient *qmp_client_new(GMainContext *context, int fd, const QmpClientHandlers *handlers,
                          gpointer user_data);

/* Commands that were not answered are forgotten. */
void qmp_client_free(QmpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QmpClient, qmp_client_free)

/* Sends a command. Takes @arguments, which may be NULL; @reply may be NULL. On a client that is closed the
 * command gets QMP_ERROR_CLOSED at once. */
void qmp_client_execute(QmpClient *client, const char *command, Json *arguments, QmpReplyFunc reply,
                        gpointer user_data);

/* As qmp_client_execute(), with a descriptor beside it, for `getfd` and `add-fd`. @fd is borrowed. QEMU has
 * room for one: the next comes after the answer to this. */
void qmp_client_execute_with_fd(QmpClient *client, const char *command, Json *arguments, int fd,
                                QmpReplyFunc reply, gpointer user_data);

/* So many commands wait for their answer, or so much was not read, that nobody's wishes should be added: QEMU
 * hangs. */
gboolean qmp_client_is_busy(const QmpClient *client);

gboolean qmp_client_is_ready(const QmpClient *client);

/* Handles what has come already, without waiting: the last words of a process that is gone. */
void qmp_client_drain(QmpClient *client);
