/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command's end of the control socket. Calls wait for their answer, but never longer than they are told.
 */
#pragma once

#include "base/error.h"
#include "qmp/message.h"

typedef struct ControlClient ControlClient;

enum { CONTROL_FOREVER = -1 };

/* Takes @fd, connected to a supervisor. @name is the guest's, for messages. Waits for the greeting, for
 * CONTROL_SUPERVISOR_PATIENCE at most. */
ControlClient *control_client_new(int fd, const char *name, GError **error);
void control_client_free(ControlClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ControlClient, control_client_free)

/* Executes @command and returns what it returned, which the caller frees (json_unref). Takes @arguments,
 * which may be NULL. It takes @milliseconds at most, or CONTROL_FOREVER. Errors: DOMRUN_ERROR_NO_ANSWER where
 * QEMU or the supervisor did not answer, _REFUSED where they refused, _NO_GUEST where the guest ended
 * meanwhile, _USAGE where an argument makes no sense. */
Json *control_client_call(ControlClient *client, const char *command, Json *arguments, int milliseconds,
                          GError **error);

/* The same in parts, for who does something else meanwhile: sends the command, waits for @milliseconds until
 * there is something to read (TRUE; also where the connection has ended), and takes the answer. */
gboolean control_client_send(ControlClient *client, const char *command, Json *arguments, int milliseconds,
                             GError **error);
gboolean control_client_wait(ControlClient *client, int milliseconds);
Json *control_client_receive(ControlClient *client, int milliseconds, GError **error);

/* The descriptor that came with the last answer, which the caller owns from now on; -1: there was none. */
int control_client_take_fd(ControlClient *client);

/* Waits for the next event; also one that came during a call. NULL without an error where the connection has
 * ended, with DOMRUN_ERROR_NO_ANSWER where none came in time. The caller unrefs it. */
Json *control_client_next_event(ControlClient *client, int milliseconds, GError **error);

/* Waits until the supervisor hangs up, and drops events. DOMRUN_ERROR_NO_ANSWER where it does not. */
gboolean control_client_await_end(ControlClient *client, int milliseconds, GError **error);
