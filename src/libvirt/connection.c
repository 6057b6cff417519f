/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libvirt/connection.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#include "base/fd-watch.h"
#include "base/fd.h"

enum {
  READ_BYTES = 64 * 1024,
  FULL_BYTES = 1024 * 1024,      /* that wait: data of streams has time */
  LOST_BYTES = 64 * 1024 * 1024, /* with so many the client does not read what it asked for before */
};

/* Of the keepalive's program: a question, and its answer. */
enum { KEEPALIVE_PING = 1, KEEPALIVE_PONG = 2 };

struct Connection {
  int in, out;
  FdWatch *reading, *writing;
  ConnectionHandlers handlers;
  gpointer user_data;
  GByteArray *input;
  GQueue output; /* of GBytes */
  gsize sent;    /* of the first */
  gsize waiting; /* bytes of all */
  gboolean is_paused, is_closing, is_over;
  gboolean is_full; /* and somebody waits for room */
  guint idle;       /* what came before a pause is looked at again */
};

static void end(Connection *connection)
{
  if (connection->is_over)
    return;
  connection->is_over = TRUE;
  fd_watch_set(connection->reading, 0);
  fd_watch_set(connection->writing, 0);
  connection->handlers.ended(connection->user_data);
}

/* Who does not read gets no more answers to wait for. */
static gboolean may_take(const Connection *connection)
{
  return !connection->is_paused && !connection->is_closing && !connection->is_over &&
         !connection_is_full(connection);
}

static void update(Connection *connection)
{
  if (connection->is_over)
    return;
  fd_watch_set(connection->reading, may_take(connection) ? G_IO_IN : 0);
  fd_watch_set(connection->writing, g_queue_is_empty(&connection->output) ? 0 : G_IO_OUT);
}

/* ---- Sending ---- */

static void take_later(Connection *connection);

static void pop(Connection *connection)
{
  GBytes *first = g_queue_pop_head(&connection->output);

  connection->waiting -= g_bytes_get_size(first);
  connection->sent = 0;
  g_bytes_unref(first);
}

/* FALSE: it is over, or has to wait. */
static gboolean send_some(Connection *connection)
{
  gsize length;
  const guint8 *data = g_bytes_get_data(g_queue_peek_head(&connection->output), &length);
  ssize_t n = write(connection->out, data + connection->sent, length - connection->sent);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return FALSE;
  if (n < 0) {
    end(connection);
    return FALSE;
  }
  connection->sent += (gsize)n;
  if (connection->sent == length)
    pop(connection);
  return TRUE;
}

static void on_writable(G_GNUC_UNUSED GIOCondition ready, gpointer user_data)
{
  Connection *connection = user_data;

  while (!g_queue_is_empty(&connection->output)) {
    if (!send_some(connection))
      break;
  }
  if (connection->is_over)
    return;
  update(connection);
  if (g_queue_is_empty(&connection->output) && connection->is_closing) {
    end(connection);
  } else if (connection->is_full && !connection_is_full(connection)) {
    connection->is_full = FALSE;
    take_later(connection);
    connection->handlers.drained(connection->user_data);
  }
}

void connection_send(Connection *connection, GBytes *packet)
{
  if (connection->is_over || connection->is_closing) {
    g_bytes_unref(packet);
    return;
  }
  connection->waiting += g_bytes_get_size(packet);
  g_queue_push_tail(&connection->output, packet);
  connection->is_full = connection->is_full || connection_is_full(connection);
  if (connection->waiting > LOST_BYTES)
    end(connection);
  else
    update(connection);
}

gboolean connection_is_full(const Connection *connection)
{
  return connection->waiting > FULL_BYTES;
}

void connection_close(Connection *connection)
{
  connection->is_closing = TRUE;
  if (g_queue_is_empty(&connection->output))
    end(connection);
  else
    update(connection);
}

/* ---- Receiving ---- */

static void answer_ping(Connection *connection, const PacketHeader *header)
{
  const PacketHeader pong = {
    PACKET_KEEPALIVE, PACKET_VERSION, KEEPALIVE_PONG, PACKET_MESSAGE, 0, PACKET_OK
  };

  if (header->procedure == KEEPALIVE_PING && header->type == PACKET_MESSAGE)
    connection_send(connection, packet_end(packet_begin(&pong)));
}

static void take(Connection *connection, const guint8 *bytes, gsize length)
{
  PacketHeader header = packet_header(bytes);

  if (header.program == PACKET_KEEPALIVE)
    answer_ping(connection, &header);
  else
    connection->handlers.packet(&header, bytes + PACKET_HEADER_BYTES, length - PACKET_HEADER_BYTES,
                                connection->user_data);
}

static void take_packets(Connection *connection)
{
  gsize at = 0;

  while (may_take(connection)) {
    gssize length = packet_length(connection->input->data + at, connection->input->len - at);

    if (length < 0)
      end(connection);
    if (length <= 0 || connection->input->len - at < (gsize)length)
      break;
    take(connection, connection->input->data + at, (gsize)length);
    at += (gsize)length;
  }
  g_byte_array_remove_range(connection->input, 0, (guint)at);
}

static void on_readable(G_GNUC_UNUSED GIOCondition ready, gpointer user_data)
{
  Connection *connection = user_data;
  guint8 bytes[READ_BYTES];
  ssize_t n = read(connection->in, bytes, sizeof bytes);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0) {
    end(connection);
    return;
  }
  g_byte_array_append(connection->input, bytes, (guint)n);
  take_packets(connection);
}

static gboolean on_idle(gpointer user_data)
{
  Connection *connection = user_data;

  connection->idle = 0;
  take_packets(connection);
  return G_SOURCE_REMOVE;
}

/* What was there before it had to wait. */
static void take_later(Connection *connection)
{
  if (connection->idle == 0)
    connection->idle = g_idle_add(on_idle, connection);
}

void connection_pause(Connection *connection, gboolean is_paused)
{
  if (connection->is_paused == is_paused)
    return;
  connection->is_paused = is_paused;
  if (!is_paused)
    take_later(connection);
  update(connection);
}

/* ---- Beginning and end ---- */

Connection *connection_new(int in, int out, const ConnectionHandlers *handlers, gpointer user_data)
{
  Connection *connection = g_new0(Connection, 1);

  connection->in = in;
  connection->out = out;
  connection->handlers = *handlers;
  connection->user_data = user_data;
  connection->input = g_byte_array_new();
  g_queue_init(&connection->output);
  g_unix_set_fd_nonblocking(in, TRUE, NULL);
  g_unix_set_fd_nonblocking(out, TRUE, NULL);
  connection->reading = fd_watch_new(NULL, in, on_readable, connection);
  connection->writing = fd_watch_new(NULL, out, on_writable, connection);
  update(connection);
  return connection;
}

void connection_free(Connection *connection)
{
  if (!connection)
    return;
  connection->is_over = TRUE;
  if (connection->idle)
    g_source_remove(connection->idle);
  fd_watch_free(connection->reading);
  fd_watch_free(connection->writing);
  while (!g_queue_is_empty(&connection->output))
    pop(connection);
  g_byte_array_unref(connection->input);
  if (connection->out != connection->in)
    fd_clear(&connection->out);
  fd_clear(&connection->in);
  g_free(connection);
}
