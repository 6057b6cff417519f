/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * There is one viewer for all connections, so that the next one goes on where the last one was lost. In
 * between it has no descriptors, and holds nobody up.
 *
 * A connection is lost when its end is read: what was typed before is passed on. Where the guest takes no
 * input that end is not reached; poll(2) says that the other side is gone, and PATIENCE_LONG later it is
 * given up.
 */
#include "config.h"

#include "console/stream.h"

#include "base/announce.h"
#include "base/fd.h"
#include "base/fd-watch.h"
#include "base/patience.h"
#include "console/dial.h"

/* The first wait, in milliseconds; each one after it is twice as long, up to the document's interval. */
enum { FIRST_WAIT = 100 };

/* Where in a command of telnet (RFC 854) the last byte was. */
typedef enum {
  TELNET_DATA,
  TELNET_COMMAND,    /* after IAC */
  TELNET_OPTION,     /* after WILL, WONT, DO, DONT */
  TELNET_SUB,        /* after SB, up to SE */
  TELNET_SUB_COMMAND /* after IAC within that */
} TelnetState;

enum { IAC = 255, DONT = 254, WILL = 251, SB = 250, SE = 240 };

struct Stream {
  GMainContext *context;
  Console *console;
  const char *alias;
  StreamOptions options;
  Viewer *viewer;
  Dial *dial;     /* while it connects */
  int fd;         /* -1: not connected */
  FdWatch *watch; /* for its end */
  GSource *timer; /* until the next attempt; or until a connection is given up */
  guint wait;     /* before the next attempt, in milliseconds */
  gint64 connected_at;
  gboolean is_said; /* that there is no connection */
  TelnetState telnet;
};

static void connect_again(Stream *stream);

static void stop_timer(Stream *stream)
{
  if (stream->timer)
    g_source_destroy(stream->timer);
  g_clear_pointer(&stream->timer, g_source_unref);
}

static void start_timer(Stream *stream, guint milliseconds, GSourceFunc func)
{
  stop_timer(stream);
  stream->timer = g_timeout_source_new(milliseconds);
  g_source_set_callback(stream->timer, func, stream, NULL);
  g_source_attach(stream->timer, stream->context);
}

static gboolean on_wait_over(gpointer user_data)
{
  connect_again(user_data);
  return G_SOURCE_REMOVE;
}

static void wait_for_next(Stream *stream)
{
  start_timer(stream, stream->wait, on_wait_over);
  stream->wait = (guint)MIN((guint64)stream->wait * 2, (guint64)stream->options.interval * 1000);
}

static void say_once(Stream *stream, const char *reason)
{
  const StreamOptions *options = &stream->options;

  if (stream->is_said)
    return;
  stream->is_said = TRUE;
  announce_notice("%s: '%s%s%s': %s; it is tried again and again", stream->alias,
                  options->path ? options->path : options->host, options->path ? "" : " ",
                  options->path ? "" : options->service, reason);
}

/* ---- A connection ---- */

static void lose(Stream *stream)
{
  gint64 held = g_get_monotonic_time() - stream->connected_at;

  stop_timer(stream);
  viewer_set_files(stream->viewer, -1, -1);
  g_clear_pointer(&stream->watch, fd_watch_free);
  fd_clear(&stream->fd);
  /* A server that hangs up on us each time is no reason to knock ten times a second. */
  if (held >= (gint64)stream->options.interval * G_USEC_PER_SEC)
    stream->wait = FIRST_WAIT;
  say_once(stream, "the connection has ended");
  wait_for_next(stream);
}

static gboolean on_given_up(gpointer user_data)
{
  lose(user_data);
  return G_SOURCE_REMOVE;
}

static void on_input_end(gpointer user_data)
{
  lose(user_data);
}

static void on_hang_up(GIOCondition ready, gpointer user_data)
{
  Stream *stream = user_data;

  fd_watch_set(stream->watch, 0);
  start_timer(stream, patience_of(PATIENCE_LONG), on_given_up);
}

/* Whether @byte is the guest's. */
static gboolean telnet_step(TelnetState *state, guint8 byte)
{
  switch (*state) {
  case TELNET_DATA:
    *state = byte == IAC ? TELNET_COMMAND : TELNET_DATA;
    return byte != IAC;
  case TELNET_COMMAND:
    *state = byte == SB ? TELNET_SUB : byte >= WILL && byte <= DONT ? TELNET_OPTION : TELNET_DATA;
    return byte == IAC; /* doubled, it stands for itself */
  case TELNET_OPTION:
    *state = TELNET_DATA;
    return FALSE;
  case TELNET_SUB:
    *state = byte == IAC ? TELNET_SUB_COMMAND : TELNET_SUB;
    return FALSE;
  case TELNET_SUB_COMMAND:
    *state = byte == SE ? TELNET_DATA : TELNET_SUB;
    return FALSE;
  }
  g_assert_not_reached();
}

/* What the server wants of a terminal is none of the guest's business; nor is it answered, as QEMU does not.
 */
static gboolean take_out_telnet(guint8 *bytes, gsize *length, gpointer user_data)
{
  Stream *stream = user_data;
  gsize kept = 0;

  for (gsize i = 0; i < *length; i++) {
    if (telnet_step(&stream->telnet, bytes[i]))
      bytes[kept++] = bytes[i];
  }
  *length = kept;
  return FALSE;
}

static void on_dialled(int fd, const char *reason, gpointer user_data)
{
  Stream *stream = user_data;
  G_GNUC_UNUSED g_autoptr(Dial) dial = g_steal_pointer(&stream->dial); /* @reason is of it */

  if (fd < 0) {
    say_once(stream, reason ? reason : "unknown cause");
    wait_for_next(stream);
    return;
  }
  if (stream->is_said)
    announce_notice("%s: connected", stream->alias);
  stream->is_said = FALSE;
  stream->fd = fd;
  stream->connected_at = g_get_monotonic_time();
  stream->telnet = TELNET_DATA;
  stream->watch = fd_watch_new(stream->context, fd, on_hang_up, stream);
  fd_watch_set(stream->watch, G_IO_HUP);
  viewer_set_files(stream->viewer, fd, fd);
}

static void connect_again(Stream *stream)
{
  const StreamOptions *options = &stream->options;

  stop_timer(stream);
  stream->dial =
      dial_new(stream->context, options->path, options->host, options->service, on_dialled, stream);
}

Stream *stream_new(GMainContext *context, Console *console, const char *alias, const StreamOptions *options)
{
  Stream *stream = g_new0(Stream, 1);
  const ViewerOptions viewer = { .in = -1,
                                 .out = -1,
                                 .patience = PATIENCE_LONG,
                                 .input_limit = INPUT_LIMIT,
                                 .filter = options->is_telnet ? take_out_telnet : NULL,
                                 .ended = on_input_end,
                                 .user_data = stream };

  stream->context = context;
  stream->console = console;
  stream->alias = alias;
  stream->options = *options;
  stream->fd = -1;
  stream->wait = FIRST_WAIT;
  stream->viewer = console_add_viewer(console, &viewer);
  connect_again(stream);
  return stream;
}

void stream_free(Stream *stream)
{
  if (!stream)
    return;
  console_remove_viewer(stream->console, stream->viewer);
  stop_timer(stream);
  dial_free(stream->dial);
  fd_watch_free(stream->watch);
  fd_clear(&stream->fd);
  g_free(stream);
}
