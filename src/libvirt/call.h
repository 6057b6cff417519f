/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A call of the client, and the session that it belongs to. A procedure's function answers by call_return()
 * or call_fail(), at once or later; what it began may outlive the connection, and the answer then goes
 * nowhere.
 */
#pragma once

#include <glib.h>

#include "libvirt/connection.h"
#include "libvirt/error.h"

typedef struct Call Call;
typedef struct Session Session;
typedef struct Stream Stream;

typedef enum {
  PROCEDURE_READS, /* a connection that may only read can have it */
  PROCEDURE_WRITES,
  PROCEDURE_BEFORE, /* it comes before a connection is open */
} ProcedureKind;

typedef struct {
  guint32 number;
  const char *arguments; /* the types of xdr.h, as the next */
  const char *reply;
  ProcedureKind kind;
  void (*call)(Call *call, GVariant *arguments);
} Procedure;

/* Of a program; NULL: it has no such procedure. */
const Procedure *procedure_find(guint32 program, guint32 number);

struct Session {
  Connection *connection;
  char *root; /* of the guests; NULL: the usual one */
  char *uri;
  gboolean is_open, is_readonly, is_closing;
  GHashTable *streams; /* by the serial of their call */
  GPtrArray *calls;    /* that wait */
};

Session *call_session(const Call *call);

/* Answers: @reply, which may be floating, is of the procedure's type. */
void call_return(Call *call, GVariant *reply);

/* The same with an error, which it takes. */
void call_fail(Call *call, GError *error);
void call_fail_with(Call *call, LibvirtError number, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Answers, and begins a stream of data that is read from @fd, which the stream owns; what the client sends
 * goes there. */
void call_return_stream(Call *call, GVariant *reply, int fd);

/* Makes a session of two descriptors, which it owns. @ended is called once. */
Session *session_new(int in, int out, const char *root, void (*ended)(gpointer user_data),
                     gpointer user_data);
void session_free(Session *session);
