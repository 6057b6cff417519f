/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client is reference counted inside, so that any callback may free it: whoever calls out holds a
 * reference for as long, and looks at the descriptor (-1: closed or freed) before going on.
 */
#include "config.h"

#include "qmp/client.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "qmp/lines.h"

enum {
  DRAIN_READS = 512,        /* of 8 KiB */
  BUSY_PENDING = 256,       /* commands that wait for their answer */
  BUSY_OUTPUT = 256 * 1024, /* bytes that QEMU has not read */
};

struct QmpClient {
  int fd; /* -1: closed */
  FdWatch *watch;
  Lines input;
  int passed_fd;   /* goes with the next bytes; -1: none */
  GString *output; /* what the socket did not take yet */
  GHashTable *pending;
  gint64 last_id;
  gboolean is_greeted;
  gboolean is_skipping; /* the rest of a line that was too long */
  gboolean is_ready;
  const QmpClientHandlers *handlers; /* NULL: freed by its owner */
  gpointer user_data;
};

typedef struct {
  char *command;
  QmpReplyFunc func;
  gpointer user_data;
} PendingReply;

static void pending_reply_free(gpointer data)
{
  PendingReply *pending = data;

  g_free(pending->command);
  g_free(pending);
}

static void qmp_client_clear(gpointer data)
{
  QmpClient *client = data;

  fd_watch_free(client->watch);
  fd_clear(&client->fd);
  fd_clear(&client->passed_fd);
  lines_clear(&client->input);
  g_string_free(client->output, TRUE);
  g_hash_table_unref(client->pending);
}

static QmpClient *qmp_client_ref(QmpClient *client)
{
  return g_rc_box_acquire(client);
}

static void qmp_client_unref(QmpClient *client)
{
  g_rc_box_release_full(client, qmp_client_clear);
}

static void disconnect(QmpClient *client)
{
  g_clear_pointer(&client->watch, fd_watch_free);
  fd_clear(&client->fd);
  client->is_ready = FALSE;
}

/* Ends the connection and tells whom it concerns. @cause NULL: the other side hung up. */
static void qmp_client_close(QmpClient *client, const GError *cause)
{
  g_autoptr(GHashTable) pending = NULL;
  GHashTableIter iterator;
  gpointer value;

  if (client->fd < 0)
    return;
  disconnect(client);
  pending = g_steal_pointer(&client->pending);
  client->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pending_reply_free);
  g_hash_table_iter_init(&iterator, pending);
  while (client->handlers && g_hash_table_iter_next(&iterator, NULL, &value)) {
    const PendingReply *reply = value;
    g_autoptr(GError) error =
        g_error_new(QMP_ERROR, QMP_ERROR_CLOSED, "QMP command '%s': the connection ended", reply->command);

    if (reply->func)
      reply->func(NULL, error, reply->user_data);
  }
  if (client->handlers)
    client->handlers->closed(cause, client->user_data);
}

static void watch_for_more(QmpClient *client)
{
  fd_watch_set(client->watch, client->output->len > 0 ? G_IO_IN | G_IO_OUT : G_IO_IN);
}

/* With the descriptor that is to be passed, if there is one (SCM_RIGHTS of unix(7)). */
static ssize_t send_some(QmpClient *client)
{
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = { 0 };
  struct iovec data = { .iov_base = client->output->str, .iov_len = client->output->len };
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
  ssize_t put;

  if (client->passed_fd >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &client->passed_fd, sizeof(int));
  }
  put = sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (put > 0)
    fd_clear(&client->passed_fd);
  return put;
}

static void flush_output(QmpClient *client)
{
  while (client->output->len > 0) {
    ssize_t put = send_some(client);

    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0) /* a peer that is gone: the reading side finds what it said last, and then the end */
      break;
    g_string_erase(client->output, 0, put);
  }
  watch_for_more(client);
}

static void add_pending(QmpClient *client, gint64 id, const char *command, QmpReplyFunc func,
                        gpointer user_data)
{
  PendingReply *pending = g_new0(PendingReply, 1);

  pending->command = g_strdup(command);
  pending->func = func;
  pending->user_data = user_data;
  g_hash_table_insert(client->pending, g_memdup2(&id, sizeof id), pending);
}

static void send_command(QmpClient *client, const char *command, Json *arguments, gint64 id)
{
  g_autoptr(Json) message = json_new_object();
  g_autofree char *line = NULL;

  json_set_string(message, "execute", command);
  if (arguments)
    json_set(message, "arguments", arguments);
  json_set_int(message, "id", id);
  line = message_to_line(message);
  g_string_append(client->output, line);
  flush_output(client);
}

void qmp_client_execute(QmpClient *client, const char *command, Json *arguments, QmpReplyFunc reply,
                        gpointer user_data)
{
  gint64 id;

  if (client->fd < 0) {
    g_autoptr(GError) error =
        g_error_new(QMP_ERROR, QMP_ERROR_CLOSED, "QMP command '%s': the connection has ended", command);

    if (arguments)
      json_unref(arguments);
    if (reply)
      reply(NULL, error, user_data);
    return;
  }
  id = ++client->last_id;
  add_pending(client, id, command, reply, user_data);
  send_command(client, command, arguments, id);
}

void qmp_client_execute_with_fd(QmpClient *client, const char *command, Json *arguments, int fd,
                                QmpReplyFunc reply, gpointer user_data)
{
  fd_clear(&client->passed_fd);
  client->passed_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  qmp_client_execute(client, command, arguments, reply, user_data);
}

static void on_capabilities(Json *result, const GError *error, gpointer user_data)
{
  QmpClient *client = user_data;

  if (!result) {
    if (client->fd >= 0)
      qmp_client_close(client, error);
    return;
  }
  client->is_ready = TRUE;
  client->handlers->ready(client->user_data);
}

static void handle_reply(QmpClient *client, Json *message, Json *result)
{
  g_autoptr(GError) error = NULL;
  g_autofree gpointer key = NULL;
  gpointer value = NULL;
  gint64 id;

  if (!json_get_int(message, "id", &id) || !g_hash_table_steal_extended(client->pending, &id, &key, &value))
    return; /* nobody asked */
  if (!result) {
    Json *refusal = json_get_object(message, "error");
    const char *description = refusal ? json_get_string(refusal, "desc") : NULL;

    g_set_error(&error, QMP_ERROR, QMP_ERROR_COMMAND, "QMP command '%s': %s",
                ((PendingReply *)value)->command, description ? description : "refused");
  }
  if (((PendingReply *)value)->func)
    ((PendingReply *)value)->func(result, error, ((PendingReply *)value)->user_data);
  pending_reply_free(value);
}

/* QEMU answers in the order of the commands. */
static void fail_oldest(QmpClient *client, const GError *cause)
{
  g_autoptr(GError) error = NULL;
  g_autofree gpointer key = NULL;
  gpointer value = NULL;
  GHashTableIter iterator;
  const gint64 *id;
  gint64 oldest = G_MAXINT64;

  g_hash_table_iter_init(&iterator, client->pending);
  while (g_hash_table_iter_next(&iterator, (gpointer *)&id, NULL))
    oldest = MIN(oldest, *id);
  if (!g_hash_table_steal_extended(client->pending, &oldest, &key, &value))
    return;
  g_set_error(&error, QMP_ERROR, QMP_ERROR_COMMAND, "QMP command '%s': QEMU's answer was not understood: %s",
              ((PendingReply *)value)->command, cause->message);
  if (((PendingReply *)value)->func)
    ((PendingReply *)value)->func(NULL, error, ((PendingReply *)value)->user_data);
  pending_reply_free(value);
}

/* One bad line does not cost the connection, once it is known that QEMU is there: it may be no more than the
 * answer to a command that somebody gave by hand. */
static void refuse_line(QmpClient *client, const GError *cause)
{
  if (!client->is_greeted) {
    qmp_client_close(client, cause);
    return;
  }
  if (client->handlers->skipped)
    client->handlers->skipped(cause, client->user_data);
  if (client->handlers)
    fail_oldest(client, cause);
}

static void handle_message(QmpClient *client, Json *message)
{
  const char *event = json_get_string(message, "event");
  Json *result = json_get(message, "return");

  if (event) {
    client->handlers->event(event, json_get_object(message, "data"), client->user_data);
  } else if (result || json_get(message, "error")) {
    handle_reply(client, message, result);
  } else if (json_get_object(message, "QMP") && !client->is_greeted) {
    client->is_greeted = TRUE;
    qmp_client_execute(client, "qmp_capabilities", NULL, on_capabilities, client);
  } else {
    g_autoptr(GError) error =
        g_error_new_literal(QMP_ERROR, QMP_ERROR_PROTOCOL, "not a QMP message: neither answer nor event");

    refuse_line(client, error);
  }
}

static void handle_line(QmpClient *client, const char *line, gsize length)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(Json) message = message_parse_inner(line, length, &error);

  if (message)
    handle_message(client, message);
  else
    refuse_line(client, error);
}

static void skip_long_line(QmpClient *client)
{
  g_autoptr(GError) error =
      g_error_new_literal(QMP_ERROR, QMP_ERROR_PROTOCOL, "not a QMP message: a line that is too long");

  lines_drop(&client->input);
  client->is_skipping = TRUE;
  refuse_line(client, error);
}

static void handle_input(QmpClient *client)
{
  const char *line;
  gsize length;

  while (client->fd >= 0 && lines_next(&client->input, &line, &length)) {
    if (!client->is_skipping)
      handle_line(client, line, length);
    client->is_skipping = FALSE;
  }
  if (client->fd < 0 || client->is_skipping)
    lines_drop(&client->input);
  else if (lines_rest(&client->input) > MESSAGE_MAX_LENGTH)
    skip_long_line(client);
}

/* Reads once. FALSE where there was nothing to read, or nothing will come any more. */
static gboolean receive(QmpClient *client)
{
  guint8 bytes[8192];
  ssize_t got = read(client->fd, bytes, sizeof bytes);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return errno == EINTR;
  if (got <= 0) { /* a reset is a hang-up, too: what was in flight is lost with the process */
    qmp_client_close(client, NULL);
    return FALSE;
  }
  lines_append(&client->input, bytes, (gsize)got);
  handle_input(client);
  return client->fd >= 0;
}

static void on_socket(GIOCondition ready, gpointer user_data)
{
  QmpClient *client = qmp_client_ref(user_data);

  if (ready & G_IO_OUT)
    flush_output(client);
  if (client->fd >= 0 && (ready & ~G_IO_OUT))
    receive(client);
  qmp_client_unref(client);
}

/* What a dead process has written is in the socket's buffer, which holds less than this. If more comes,
 * somebody else has the other end and writes on. */
void qmp_client_drain(QmpClient *client)
{
  qmp_client_ref(client);
  for (guint reads = 0; client->fd >= 0 && reads < DRAIN_READS && receive(client); reads++)
    ;
  qmp_client_unref(client);
}

gboolean qmp_client_is_busy(const QmpClient *client)
{
  return g_hash_table_size(client->pending) >= BUSY_PENDING || client->output->len >= BUSY_OUTPUT;
}

gboolean qmp_client_is_ready(const QmpClient *client)
{
  return client->is_ready;
}

QmpClient *qmp_client_new(GMainContext *context, int fd, const QmpClientHandlers *handlers,
                          gpointer user_data)
{
  QmpClient *client = g_rc_box_new0(QmpClient);

  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  client->fd = fd;
  client->passed_fd = -1;
  lines_init(&client->input);
  client->output = g_string_new(NULL);
  client->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pending_reply_free);
  client->handlers = handlers;
  client->user_data = user_data;
  client->watch = fd_watch_new(context, fd, on_socket, client);
  watch_for_more(client);
  return client;
}

void qmp_client_free(QmpClient *client)
{
  if (!client)
    return;
  disconnect(client);
  client->handlers = NULL;
  qmp_client_unref(client);
}
