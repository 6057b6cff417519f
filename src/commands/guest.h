/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the verbs for running guests share: finding the guest, talking to its supervisor, and printing what
 * came of it. All print their error, if there is one, and return the exit code.
 */
#pragma once

#include "base/json.h"

#include "base/exit-code.h"
#include "control/client.h"
#include "control/guests.h"
#include "control/protocol.h"
#include "xml/document.h"

/* Zero it, and clear it at the end. */
typedef struct {
  char *root;        /* the option --root */
  gboolean is_posix; /* set by the command: what follows the guest is another program's, options too */
  char *domain;      /* the option --domain, in the place of the first argument */
  char **words;      /* what @arguments is part of where that was given */
  char **arguments;  /* borrowed: after the options, ended by NULL; the first is the guest */
  Guest *guest;
  ControlClient *client; /* NULL until it is needed */
} GuestCommand;

void guest_command_clear(GuestCommand *command);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestCommand, guest_command_clear)

/* Parses the command line: @entries (or NULL) of the command itself, --root, and @min to @max arguments,
 * which @synopsis
 * names ("GUEST [DEVICE]"). FALSE with a usage error. */
gboolean guest_command_parse(GuestCommand *command, const GOptionEntry *entries, const char *synopsis,
                             const char *summary, guint min, guint max, int argc, char **argv,
                             GError **error);

/* The same, and finds the guest. */
gboolean guest_command_begin(GuestCommand *command, const GOptionEntry *entries, const char *synopsis,
                             const char *summary, guint max, int argc, char **argv, GError **error);

/* The device that is meant, the second argument or @devname, virsh's option for it; *@ret_device NULL:
 * neither is given, and the first one is meant. */
gboolean guest_command_device(const GuestCommand *command, const char *devname, const char **ret_device,
                              GError **error);

/* Connects to the guest's supervisor, if it is not yet. */
gboolean guest_command_connect(GuestCommand *command, GError **error);

/* Executes a command of docs/control.md, connecting first. Takes @arguments, which may be NULL. The caller
 * frees the result. It waits for CONTROL_SUPERVISOR_PATIENCE. */
Json *guest_command_call(GuestCommand *command, const char *name, Json *arguments, GError **error);

/* The same for what may take long, @milliseconds or CONTROL_FOREVER; but QEMU has to answer a question first,
 * so that one which hangs is told at once. */
Json *guest_command_call_slow(GuestCommand *command, const char *name, Json *arguments, int milliseconds,
                              GError **error);

/* The first half of that: the command is sent, and control_client_receive() takes its answer. */
gboolean guest_command_send_slow(GuestCommand *command, const char *name, Json *arguments, GError **error);

/* What a supervisor's hanging up means. */
typedef enum {
  HUNG_UP_AT_END,         /* or it was killed: guest_check_over() tells */
  HUNG_UP_ON_US,          /* it goes on, and has let this client go */
  HUNG_UP_BEFORE_ANOTHER, /* it was killed, and another has adopted the guest */
} HungUp;

/* After it: connects anew, where there is somebody. */
HungUp guest_command_reconnect(GuestCommand *command);

/* The guest's live XML, as text that the caller frees, and parsed. */
char *guest_command_read_xml(GuestCommand *command, GError **error);
XmlDocument *guest_command_load_xml(GuestCommand *command, GError **error);

/* The guest's document without what the host gave to this run; its name is that of the first start. NULL: it
 * cannot be had. */
XmlDocument *guest_command_load_definition(const GuestCommand *command);

/* A whole verb that is one command without arguments or result. */
int guest_command_run(const char *name, const char *summary, int argc, char **argv);

/* ---- Output ---- */

/* A line of standard output; what it says comes from a guest or a document, and is made safe where standard
 * output is a terminal. */
void print_line(const char *text);

/* The same for a text with lines of its own, and perhaps a newline at its end. */
void print_text(const char *text);

/* @text made safe wherever it goes, for a cell of a table. The caller frees it. */
char *make_cell(const char *text);

/* JSON, for programs. */
void print_json(const Json *json);
void print_guest_state(const GuestState *state);

/* A table as virsh prints it: @header, a rule, and a line for each row. */
typedef struct Table Table;
Table *table_new(const char *const *header, guint n_columns);
void table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)
/* Adds a row of @n_columns cells; NULL is "-". They are copied. */
void table_add(Table *table, const char *const *cells);
void table_print(const Table *table);
