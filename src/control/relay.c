/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two pumps of one shape: what was read waits in a small buffer until it is written, and meanwhile nothing
 * more is read.
 */
#include "config.h"

#include "control/relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd-watch.h"

typedef struct {
  guint8 bytes[16384];
  gsize start;
  gsize end;
} Buffer;

struct Relay {
  RelayOptions options;
  FdWatch *in; /* NULL: its end was reached */
  FdWatch *out;
  FdWatch *socket;
  Buffer typed;
  Buffer shown;
  int error;               /* of writing what is shown */
  gboolean is_within_line; /* by what was shown last */
  gboolean is_suspended;   /* the terminal is another job's */
  gboolean is_leaving;     /* the escape was typed: what came before it still goes out */
  gboolean is_ended;       /* the socket was closed at the other end */
};

static gboolean is_empty(const Buffer *buffer)
{
  return buffer->start == buffer->end;
}

/* ---- Reading ---- */

static void read_typed(Relay *relay)
{
  ssize_t got = read(relay->options.in, relay->typed.bytes, sizeof relay->typed.bytes);
  const guint8 *escape;

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got < 0 && errno == EIO && isatty(relay->options.in)) {
    relay->is_suspended = TRUE;
    return;
  }
  if (got <= 0) {
    g_clear_pointer(&relay->in, fd_watch_free);
    return;
  }
  escape = relay->options.escape < 0 ? NULL : memchr(relay->typed.bytes, relay->options.escape, (gsize)got);
  relay->is_leaving = escape != NULL;
  relay->typed.start = 0;
  relay->typed.end = escape ? (gsize)(escape - relay->typed.bytes) : (gsize)got;
}

static void read_socket(Relay *relay)
{
  ssize_t got = recv(relay->options.socket, relay->shown.bytes, sizeof relay->shown.bytes, MSG_DONTWAIT);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  relay->is_ended = got <= 0;
  relay->shown.start = 0;
  relay->shown.end = (gsize)MAX(got, 0);
  if (got > 0)
    relay->is_within_line = relay->shown.bytes[got - 1] != '\n';
}

/* ---- Writing ---- */

static ssize_t write_out(const Relay *relay, const guint8 *bytes, gsize length)
{
  struct pollfd ready = { .fd = relay->options.out, .events = POLLOUT };

  if (!relay->options.is_shared)
    return write(relay->options.out, bytes, length);
  if (poll(&ready, 1, 0) == 1) /* which holds for so many bytes only */
    return write(relay->options.out, bytes, MIN(length, PIPE_BUF));
  errno = EAGAIN;
  return -1;
}

static ssize_t write_socket(const Relay *relay, const guint8 *bytes, gsize length)
{
  return send(relay->options.socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* FALSE where nobody takes it any more. */
static gboolean empty(const Relay *relay, Buffer *buffer,
                      ssize_t (*put)(const Relay *relay, const guint8 *bytes, gsize length))
{
  while (!is_empty(buffer)) {
    ssize_t count = put(relay, buffer->bytes + buffer->start, buffer->end - buffer->start);

    if (count < 0 && errno == EAGAIN)
      return TRUE;
    if (count < 0 && errno != EINTR)
      return FALSE;
    buffer->start += (gsize)MAX(count, 0);
  }
  return TRUE;
}

/* ---- The whole ---- */

static void finish(Relay *relay, RelayEnd end)
{
  fd_watch_set(relay->in, 0);
  fd_watch_set(relay->out, 0);
  fd_watch_set(relay->socket, 0);
  relay->options.ended(end, relay->options.user_data); /* the relay may be gone after this */
}

/* Writes what can be, and says what is waited for next. */
static void update(Relay *relay)
{
  GIOCondition socket = 0;

  if (!empty(relay, &relay->shown, write_out)) {
    relay->error = errno;
    finish(relay, RELAY_OUTPUT_ENDED);
    return;
  }
  if (!empty(relay, &relay->typed, write_socket))
    relay->typed.start = relay->typed.end; /* the end is found where it is read */
  if ((relay->is_leaving && is_empty(&relay->typed)) || (relay->is_ended && is_empty(&relay->shown))) {
    finish(relay, relay->is_ended ? RELAY_ENDED : RELAY_LEFT);
    return;
  }
  if (is_empty(&relay->shown))
    socket |= G_IO_IN;
  if (!is_empty(&relay->typed))
    socket |= G_IO_OUT;
  fd_watch_set(relay->socket, socket);
  fd_watch_set(relay->out, is_empty(&relay->shown) ? 0 : G_IO_OUT);
  fd_watch_set(relay->in, !is_empty(&relay->typed) || relay->is_suspended || relay->is_leaving ? 0 : G_IO_IN);
}

static void on_in(GIOCondition ready, gpointer user_data)
{
  Relay *relay = user_data;

  read_typed(relay);
  update(relay);
}

static void on_out(GIOCondition ready, gpointer user_data)
{
  update(user_data);
}

static void on_socket(GIOCondition ready, gpointer user_data)
{
  Relay *relay = user_data;

  if ((ready & ~G_IO_OUT) && is_empty(&relay->shown))
    read_socket(relay);
  update(relay);
}

int relay_error(const Relay *relay)
{
  return relay->error;
}

gboolean relay_is_within_line(const Relay *relay)
{
  return relay->is_within_line;
}

void relay_resume(Relay *relay)
{
  relay->is_suspended = FALSE;
  update(relay);
}

Relay *relay_new(GMainContext *context, const RelayOptions *options)
{
  Relay *relay = g_new0(Relay, 1);

  relay->options = *options;
  relay->in = fd_watch_new(context, options->in, on_in, relay);
  relay->out = fd_watch_new(context, options->out, on_out, relay);
  relay->socket = fd_watch_new(context, options->socket, on_socket, relay);
  fd_watch_set(relay->in, G_IO_IN);
  fd_watch_set(relay->socket, G_IO_IN);
  return relay;
}

void relay_free(Relay *relay)
{
  if (!relay)
    return;
  fd_watch_free(relay->in);
  fd_watch_free(relay->out);
  fd_watch_free(relay->socket);
  g_free(relay);
}
