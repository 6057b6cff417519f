/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The relay of one console: QEMU's socket on one side, any number of viewers on the other.
 *
 * What the guest prints goes to every viewer, in order and complete, as long as the viewer reads 16 KiB a
 * second; one that is slower is passed over when it has held the guest up for as long as its patience says,
 * so that no reader ever stops the guest, and gets the last 64 KiB when it reads again. What the viewers type
 * goes to the guest in the order in which it came; a guest that does not take it makes the typist wait.
 * Nothing is interpreted.
 *
 * The console outlives QEMU: console_connect() gives it the socket of the next one.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct Console Console;
typedef struct Viewer Viewer;

typedef struct {
  int in;  /* borrowed: what is typed; -1: nothing is */
  int out; /* borrowed: what is shown; -1: nothing is */

  /* Writing to @out may block although poll(2) says that it will not: it is somebody else's descriptor, too,
   * and must not be made non-blocking. It is written in pieces that poll's word holds for. */
  gboolean is_shared;

  /* Writes in place of write(2), with its result, to an @out that never makes anybody wait: a file. NULL:
   * none */
  ssize_t (*write)(const guint8 *bytes, gsize length, gpointer user_data);

  const char *name; /* of what @out is, for messages; NULL: standard output */

  /* How long the viewer may hold the guest up, in milliseconds. */
  guint patience;

  /* The end of the guest waits for this viewer until it has everything; for others FINAL_PATIENCE. */
  gboolean is_waited_for;

  guint input_limit; /* how many bytes may wait for the guest before this viewer is not read any more */

  /* Looks at what was typed before it is passed on; may change and shorten it. TRUE: call `leave`. NULL:
   * none. */
  gboolean (*filter)(guint8 *bytes, gsize *length, gpointer user_data);

  /* The viewer wants to go; the callee may remove it. */
  void (*leave)(gpointer user_data);

  /* Nothing more will be typed: its end was reached. NULL: nobody is told. */
  void (*ended)(gpointer user_data);

  /* The viewer was passed over because it did not read. NULL: nobody is told. */
  void (*lost)(gpointer user_data);

  gpointer user_data;
} ViewerOptions;

enum {
  PATIENCE_SHORT = 1000, /* for viewers of which the guest may have many */
  PATIENCE_LONG = 5000,  /* for those that somebody has connected on purpose */
  INPUT_LIMIT = 4096,
};

/* @finished is called, possibly from console_finish() itself, when what that function says has happened. */
Console *console_new(GMainContext *context, void (*finished)(gpointer user_data), gpointer user_data);
void console_free(Console *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)

/* Takes @fd, a connected non-blocking socket to a QEMU that starts. */
void console_connect(Console *console, int fd);

/* QEMU has ended: everything that it wrote is read, and its socket closed. Where @is_final says that no other
 * follows, everything is also written to the viewers. */
void console_finish(Console *console, gboolean is_final);
gboolean console_is_finished(const Console *console);

/* Whether what the guest printed last is not the end of a line. */
gboolean console_is_within_line(const Console *console);

/* What the guest has printed before, elsewhere: those who come from now on get it, and nobody else. */
void console_remember(Console *console, const guint8 *bytes, gsize length);

/* A viewer that is present from now on, and gets what is kept. The console owns it. */
Viewer *console_add_viewer(Console *console, const ViewerOptions *options);
void console_remove_viewer(Console *console, Viewer *viewer);

/* The same viewer with other descriptors, which may be -1: it goes on where it was. May be called from
 * `ended`. */
void viewer_set_files(Viewer *viewer, int in, int out);

/* Whether somebody is there to read: nothing is written to a viewer that is absent, and it holds up nobody.
 */
void viewer_set_present(Viewer *viewer, gboolean is_present);

/* Reads what is typed, again: after the terminal was somebody else's for a while. */
void viewer_resume_input(Viewer *viewer);
