/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libvirt/stream.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd-watch.h"
#include "base/fd.h"

/* What waits for the descriptor. */
enum { MAX_WAITING = 1024 * 1024 };

struct Stream {
  Session *session;
  PacketHeader header;
  int fd;
  FdWatch *watch;
  GByteArray *waiting; /* for the descriptor */
  gboolean has_ended;  /* it has no more */
};

static void update(Stream *stream)
{
  gboolean reads = !stream->has_ended && !connection_is_full(stream->session->connection);

  fd_watch_set(stream->watch, (reads ? G_IO_IN : 0) | (stream->waiting->len > 0 ? G_IO_OUT : 0));
}

static void send_packet(Stream *stream, PacketStatus status, const guint8 *data, gsize length)
{
  PacketHeader header = stream->header;
  GByteArray *packet;

  header.type = PACKET_STREAM;
  header.status = status;
  packet = packet_begin(&header);
  g_byte_array_append(packet, data, (guint)length);
  connection_send(stream->session->connection, packet_end(packet));
}

static void read_some(Stream *stream)
{
  guint8 bytes[64 * 1024];
  ssize_t n = read(stream->fd, bytes, sizeof bytes);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0)
    stream->has_ended = TRUE;
  send_packet(stream, PACKET_CONTINUE, bytes, n > 0 ? (gsize)n : 0);
}

static void write_some(Stream *stream)
{
  ssize_t n = send(stream->fd, stream->waiting->data, stream->waiting->len, MSG_NOSIGNAL);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  g_byte_array_remove_range(stream->waiting, 0, n > 0 ? (guint)n : stream->waiting->len);
}

static void on_ready(GIOCondition ready, gpointer user_data)
{
  Stream *stream = user_data;

  if (ready & G_IO_OUT)
    write_some(stream);
  if (ready & (G_IO_IN | G_IO_HUP | G_IO_ERR) && !stream->has_ended)
    read_some(stream);
  update(stream);
}

void stream_resume(Stream *stream)
{
  update(stream);
}

Stream *stream_new(Session *session, const PacketHeader *header, int fd)
{
  Stream *stream = g_new0(Stream, 1);

  stream->session = session;
  stream->header = *header;
  stream->fd = fd;
  stream->waiting = g_byte_array_new();
  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  stream->watch = fd_watch_new(NULL, fd, on_ready, stream);
  update(stream);
  return stream;
}

void stream_free(Stream *stream)
{
  fd_watch_free(stream->watch);
  fd_clear(&stream->fd);
  g_byte_array_unref(stream->waiting);
  g_free(stream);
}

/* The client's last packet says that it has finished, or that it gives up; for either it wants an answer. */
gboolean stream_take(Stream *stream, const PacketHeader *header, const guint8 *data, gsize length)
{
  if (header->status != PACKET_CONTINUE) {
    send_packet(stream, PACKET_OK, NULL, 0);
    return FALSE;
  }
  if (stream->waiting->len + length > MAX_WAITING) {
    send_packet(stream, PACKET_OK, NULL, 0);
    return FALSE;
  }
  g_byte_array_append(stream->waiting, data, (guint)length);
  update(stream);
  return TRUE;
}
