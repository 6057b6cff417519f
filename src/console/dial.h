/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connecting to a stream socket without making anybody wait: names are resolved by a thread, and connect(2)
 * is waited for in the main loop.
 */
#pragma once

#include <glib.h>

typedef struct Dial Dial;

/* @path of a UNIX socket; or, where it is NULL, @host and @service of a TCP server, names or numbers. All are
 * copied.
 *
 * @done is called once, from the main loop of @context: with a connected, non-blocking socket, which is its
 * own then; or with -1 and the reason in words. The function may free the dial. */
Dial *dial_new(GMainContext *context, const char *path, const char *host, const char *service,
               void (*done)(int fd, const char *reason, gpointer user_data), gpointer user_data);

/* Before @done was called, this gives up. */
void dial_free(Dial *dial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dial, dial_free)
