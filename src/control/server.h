/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's end of the control socket: it takes connections, commands and subscriptions, in QMP's
 * framing, from whoever may talk to this guest. What the commands do is the supervisor's; docs/control.md
 * lists them. Whatever a client sends, and whether it reads or not, nothing here waits, grows without a limit
 * or fails for others.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/json.h"

typedef struct ControlServer ControlServer;
typedef struct ControlRequest ControlRequest;

/* A command has come. @arguments is never NULL; it is borrowed for the call, as @name is. @request is the
 * callee's, which must answer it with exactly one of the functions below, now or later. */
typedef void (*ControlExecuteFunc)(ControlRequest *request, const char *name, Json *arguments,
                                   gpointer user_data);

/* Takes @fd, a listening UNIX socket (runtime_dir_listen()), and makes it non-blocking. @context NULL is the
 * default one. The commands 'subscribe' and 'query-events' are answered here; all others go to @execute. */
ControlServer *control_server_new(GMainContext *context, int fd, ControlExecuteFunc execute,
                                  gpointer user_data);

/* Closes all connections; what a client's socket does not take at once is lost. Requests that were not
 * answered stay valid, and must still be. Not to be called from within a ControlExecuteFunc.
 *
 * The supervisor calls this last, after its runtime directory is gone: to a client the hang-up says that the
 * guest's name is free again. */
void control_server_free(ControlServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ControlServer, control_server_free)

/* The connections of this process are refused: of QEMU, which its guest may have taken over. 0: of nobody. */
void control_server_set_stranger(ControlServer *server, pid_t pid);

/* Stops taking new connections, and keeps those that there are: the guest has ended. */
void control_server_close(ControlServer *server);

/* Tells an event to whoever has subscribed, and keeps it for those who ask later (the last 64 are). @data may
 * be NULL; it is borrowed for the call. */
void control_server_emit(ControlServer *server, const char *event, Json *data);

/* The events that are kept, oldest first, a line each; at most 64 KiB. The caller frees the text. */
char *control_server_kept_events(const ControlServer *server);

/* Whether anybody is connected. */
gboolean control_server_has_clients(const ControlServer *server);

/* Answers the request, and frees it. Takes @result; NULL is an empty object. */
void control_request_return(ControlRequest *request, Json *result);
void control_request_return_string(ControlRequest *request, const char *result);

/* The same with a descriptor beside it (SCM_RIGHTS). Takes @fd. */
void control_request_return_fd(ControlRequest *request, Json *result, int fd);

/* Refuses the request, and frees it. @class is one of protocol.h. */
void control_request_fail(ControlRequest *request, const char *class, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Whether the client that asked is still there to hear the answer. */
gboolean control_request_is_heard(const ControlRequest *request);
