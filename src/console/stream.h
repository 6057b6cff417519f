/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A TCP or UNIX server as a viewer of a console: this program connects to it, and again whenever the
 * connection is lost. Done here and not by QEMU, whose option for it was called `reconnect` up to 9.1, has
 * another name since, and throws away what the guest prints while nobody is connected; the console keeps the
 * last 64 KiB.
 */
#pragma once

#include "console/console.h"

typedef struct Stream Stream;

typedef struct {
  const char *path;           /* of a UNIX socket; NULL: TCP */
  const char *host, *service; /* names or numbers */
  gboolean is_telnet;         /* telnet's commands are taken out of what comes */
  guint interval;             /* seconds that may pass between two attempts */
} StreamOptions;

/* Adds the server to @console, which must outlive the stream, as soon as it can be connected to. @alias is
 * the device's, for messages. Strings are borrowed. */
Stream *stream_new(GMainContext *context, Console *console, const char *alias, const StreamOptions *options);
void stream_free(Stream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stream, stream_free)
