/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command's end of a console: what is typed goes to a socket, and what comes from it is shown, byte by byte
 * as it is. Whichever side is slow makes the other wait, and nothing is lost here.
 */
#pragma once

#include <glib.h>

typedef struct Relay Relay;

typedef enum {
  RELAY_LEFT,         /* the escape was typed */
  RELAY_ENDED,        /* the other end of the socket has closed, and all it sent is shown */
  RELAY_OUTPUT_ENDED, /* nobody can see what is shown any more */
} RelayEnd;

typedef struct {
  int in;             /* borrowed: what is typed; its end ends nothing */
  int out;            /* borrowed: what is shown */
  gboolean is_shared; /* @out may block, as in console.h: it is somebody else's, too */
  int socket;         /* borrowed, non-blocking */
  int escape;         /* a byte that leaves; -1: none does */

  /* Called once, from the main loop; the callee may free the relay. */
  void (*ended)(RelayEnd end, gpointer user_data);
  gpointer user_data;
} RelayOptions;

Relay *relay_new(GMainContext *context, const RelayOptions *options);
void relay_free(Relay *relay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Relay, relay_free)

/* After RELAY_OUTPUT_ENDED: the errno of writing. */
int relay_error(const Relay *relay);

/* Whether what was shown last is not the end of a line. */
gboolean relay_is_within_line(const Relay *relay);

/* Reads what is typed, again: after the terminal was somebody else's for a while. */
void relay_resume(Relay *relay);
