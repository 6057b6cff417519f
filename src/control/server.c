/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection is reference counted: a request that is answered later holds it, and so does whoever works on
 * it while something is called that may close it. Its descriptor says whether it is open (-1: closed).
 *
 * Three limits keep a client from filling the memory: of the length of a line, of commands that are not
 * answered yet (until there are less, it is not read), and of bytes that it has not read (then it is dropped:
 * it could not be told what it missed).
 */
#include "config.h"

#include "control/server.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "control/arguments.h"
#include "control/protocol.h"
#include "qmp/lines.h"
#include "qmp/message.h"

enum {
  CONNECTION_LIMIT = 64,
  SHARE_LIMIT = 16,                /* connections of one process */
  REQUEST_LIMIT = 64,              /* of one connection */
  OUTPUT_LIMIT = 1024 * 1024,      /* bytes that may wait already when another line comes */
  KEPT_EVENTS = 64,                /* how many events are kept, */
  KEPT_BYTES = 256 * 1024,         /* and how long they may be together */
  ACCEPT_AGAIN_MILLISECONDS = 500, /* after the lack of something that passes: descriptors, memory */
};

struct ControlServer {
  GMainContext *context;
  int fd; /* -1: closed */
  FdWatch *watch;
  GSource *accept_again;
  GPtrArray *connections; /* of Connection */
  GQueue events;          /* of lines */
  gsize event_bytes;
  ControlExecuteFunc execute;
  gpointer user_data;
  pid_t stranger;  /* whose connections are refused; 0: nobody's */
  guint64 n_lines; /* how often anybody has said something: the clock of idleness */
};

typedef struct {
  char *text;
  gsize length;
  gsize sent;
  int fd; /* goes with the first byte; -1: none */
} Line;

typedef struct {
  ControlServer *server; /* NULL: closed, as fd -1 */
  int fd;
  FdWatch *watch;
  Lines input;
  GQueue output; /* of Line */
  gsize output_bytes;
  guint requests; /* that are not answered */
  pid_t pid;      /* of the client */
  guint64 used;   /* when it said something last, by the server's clock */
  gboolean is_subscribed;
  gboolean is_handling;   /* handle_lines() runs */
  gboolean is_input_over; /* the client has closed its writing side */
} Connection;

struct ControlRequest {
  Connection *connection;
  Json *id; /* or NULL */
};

static void handle_lines(Connection *connection);

/* ---- Connections ---- */

static void line_free(gpointer data)
{
  Line *line = data;

  fd_clear(&line->fd);
  g_free(line->text);
  g_free(line);
}

static Connection *connection_ref(Connection *connection)
{
  return g_rc_box_acquire(connection);
}

static void connection_clear(gpointer data)
{
  Connection *connection = data;

  lines_clear(&connection->input);
  g_queue_clear_full(&connection->output, line_free);
}

static void connection_unref(gpointer data)
{
  g_rc_box_release_full(data, connection_clear);
}

/* The caller holds a reference of its own. */
static void connection_close(Connection *connection)
{
  ControlServer *server = g_steal_pointer(&connection->server);

  if (!server)
    return;
  g_clear_pointer(&connection->watch, fd_watch_free);
  fd_clear(&connection->fd);
  g_queue_clear_full(&connection->output, line_free);
  connection->output_bytes = 0;
  lines_drop(&connection->input);
  g_ptr_array_remove_fast(server->connections, connection);
}

/* ---- Output ---- */

/* A descriptor goes with the first byte of its line, and so cannot overtake the answer before. */
static ssize_t send_some(int socket, const Line *line)
{
  struct iovec piece = { .iov_base = line->text + line->sent, .iov_len = line->length - line->sent };
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = { 0 };
  struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

  if (line->fd >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control.space;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &line->fd, sizeof line->fd);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void flush_output(Connection *connection)
{
  Line *line;

  while ((line = g_queue_peek_head(&connection->output))) {
    ssize_t put = send_some(connection->fd, line);

    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0 && errno == EAGAIN)
      return;
    if (put < 0) {
      connection_close(connection);
      return;
    }
    fd_clear(&line->fd);
    line->sent += (gsize)put;
    connection->output_bytes -= (gsize)put;
    if (line->sent == line->length)
      line_free(g_queue_pop_head(&connection->output));
  }
}

/* Says what is waited for next; a client that has said all and got all is let go. */
static void update(Connection *connection)
{
  GIOCondition condition = 0;

  if (connection->fd < 0)
    return;
  if (connection->is_input_over && connection->requests == 0 && !connection->is_subscribed &&
      g_queue_is_empty(&connection->output)) {
    connection_close(connection);
    return;
  }
  if (!connection->is_input_over && connection->requests < REQUEST_LIMIT)
    condition |= G_IO_IN;
  if (!g_queue_is_empty(&connection->output))
    condition |= G_IO_OUT;
  fd_watch_set(connection->watch, condition);
}

/* Takes @text and @fd. */
static void put_line(Connection *connection, char *text, int fd)
{
  Line *line = g_new0(Line, 1);

  line->text = text;
  line->length = strlen(text);
  line->fd = fd;
  if (connection->fd < 0 || connection->output_bytes > OUTPUT_LIMIT) {
    line_free(line);
    connection_close(connection);
    return;
  }
  g_queue_push_tail(&connection->output, line);
  connection->output_bytes += line->length;
  flush_output(connection);
  update(connection);
}

static void put_message(Connection *connection, Json *message, int fd)
{
  put_line(connection, message_to_line(message), fd);
}

static Json *make_error(const char *class, const char *description)
{
  Json *message = json_new_object(), *error = json_new_object();
  g_autofree char *valid = g_utf8_make_valid(description, -1);

  json_set_string(error, "class", class);
  json_set_string(error, "desc", valid);
  json_set(message, "error", error);
  return message;
}

/* An error that answers no command. */
static void put_error(Connection *connection, const char *description)
{
  g_autoptr(Json) message = make_error(CONTROL_CLASS_GENERIC, description);

  put_message(connection, message, -1);
}

/* ---- Answers ---- */

/* Takes @message and @fd, and frees the request. */
static void answer(ControlRequest *request, Json *message, int fd)
{
  Connection *connection = request->connection;

  connection->requests--;
  if (request->id)
    json_set(message, "id", g_steal_pointer(&request->id));
  put_message(connection, message, fd);
  json_unref(message);
  g_free(request);
  handle_lines(connection); /* those that were not looked at while too many waited */
  update(connection);
  connection_unref(connection);
}

void control_request_return_fd(ControlRequest *request, Json *result, int fd)
{
  Json *message = json_new_object();

  if (result)
    json_set(message, "return", result);
  else
    json_set(message, "return", json_new_object());
  answer(request, message, fd);
}

void control_request_return(ControlRequest *request, Json *result)
{
  control_request_return_fd(request, result, -1);
}

void control_request_return_string(ControlRequest *request, const char *result)
{
  g_autofree char *valid = g_utf8_make_valid(result, -1);

  control_request_return(request, json_new_string(valid));
}

void control_request_fail(ControlRequest *request, const char *class, const char *format, ...)
{
  g_autofree char *description = NULL;
  va_list arguments;

  va_start(arguments, format);
  description = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  answer(request, make_error(class, description), -1);
}

gboolean control_request_is_heard(const ControlRequest *request)
{
  return request->connection->fd >= 0;
}

/* ---- Events ---- */

static void keep_event(ControlServer *server, const char *line)
{
  if (strlen(line) > KEPT_BYTES)
    return;
  g_queue_push_tail(&server->events, g_strdup(line));
  server->event_bytes += strlen(line);
  while (server->events.length > KEPT_EVENTS || server->event_bytes > KEPT_BYTES) {
    g_autofree char *oldest = g_queue_pop_head(&server->events);

    server->event_bytes -= strlen(oldest);
  }
}

char *control_server_kept_events(const ControlServer *server)
{
  GString *text = g_string_new(NULL);

  for (GList *event = server->events.head; event; event = event->next)
    g_string_append(text, event->data);
  return g_string_free(text, /* free_segment= */ FALSE);
}

static char *make_event(const char *event, Json *data)
{
  g_autoptr(Json) message = json_new_object();
  Json *timestamp = json_new_object();
  gint64 now = g_get_real_time();

  json_set_string(message, "event", event);
  if (data)
    json_set(message, "data", json_ref(data));
  json_set_int(timestamp, "seconds", now / G_USEC_PER_SEC);
  json_set_int(timestamp, "microseconds", now % G_USEC_PER_SEC);
  json_set(message, "timestamp", timestamp);
  return message_to_line(message);
}

void control_server_emit(ControlServer *server, const char *event, Json *data)
{
  g_autofree char *line = make_event(event, data);

  keep_event(server, line);
  for (guint i = server->connections->len; i-- > 0;) { /* from the end: a connection may be closed here */
    Connection *connection = g_ptr_array_index(server->connections, i);

    if (connection->is_subscribed) {
      connection_ref(connection);
      put_line(connection, g_strdup(line), -1);
      connection_unref(connection);
    }
  }
}

/* Answers, and returns FALSE, where they are none of @table. */
static gboolean check(ControlRequest *request, const Argument *table, const Json *given)
{
  g_autoptr(GError) error = NULL;

  if (arguments_check(table, given, &error))
    return TRUE;
  control_request_fail(request, CONTROL_CLASS_ARGUMENT, "%s", error->message);
  return FALSE;
}

static const Argument subscribe_arguments[] = {
  { "kept", ARGUMENT_BOOLEAN },
  { NULL },
};

static void subscribe(ControlRequest *request, const Json *arguments)
{
  Connection *connection = request->connection;

  connection->is_subscribed = TRUE;
  if (json_get_bool(arguments, "kept")) {
    for (GList *event = connection->server->events.head; event && connection->fd >= 0; event = event->next)
      put_line(connection, g_strdup(event->data), -1);
  }
  control_request_return(request, NULL);
}

static void query_events(ControlRequest *request)
{
  Json *events = json_new_array();

  for (GList *event = request->connection->server->events.head; event; event = event->next) {
    const char *line = event->data;

    json_append(events, message_parse(line, strlen(line) - 1, NULL));
  }
  control_request_return(request, events);
}

/* ---- Input ---- */

static void execute(ControlRequest *request, const char *name, Json *arguments)
{
  const ControlServer *server = request->connection->server;

  if (g_str_equal(name, "subscribe")) {
    if (check(request, subscribe_arguments, arguments))
      subscribe(request, arguments);
  } else if (g_str_equal(name, "query-events")) {
    if (check(request, NULL, arguments))
      query_events(request);
  } else {
    server->execute(request, name, arguments, server->user_data);
  }
}

static const Argument command_members[] = {
  { "execute", ARGUMENT_STRING, .is_needed = TRUE },
  { "arguments", ARGUMENT_OBJECT },
  { "id", ARGUMENT_ANY },
  { NULL },
};

static void handle_command(Connection *connection, Json *message)
{
  ControlRequest *request = g_new0(ControlRequest, 1);
  Json *arguments = json_get_object(message, "arguments");
  g_autoptr(Json) none = json_new_object();

  request->connection = connection_ref(connection);
  request->id = json_ref(json_get(message, "id"));
  connection->requests++;
  if (check(request, command_members, message))
    execute(request, json_get_string(message, "execute"), arguments ? arguments : none);
}

static void handle_line(Connection *connection, const char *text, gsize length)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(Json) message = message_parse(text, length, &error);

  if (message)
    handle_command(connection, message);
  else
    put_error(connection, error->message);
}

static void handle_lines(Connection *connection)
{
  const char *line;
  gsize length;

  if (connection->is_handling)
    return;
  connection->is_handling = TRUE;
  while (connection->fd >= 0 && connection->requests < REQUEST_LIMIT &&
         lines_next(&connection->input, &line, &length))
    handle_line(connection, line, length);
  connection->is_handling = FALSE;
  if (connection->fd >= 0 && connection->requests < REQUEST_LIMIT &&
      lines_rest(&connection->input) > MESSAGE_MAX_LENGTH) {
    put_error(connection, "a line that is too long");
    connection_close(connection);
  }
}

static void receive(Connection *connection, gboolean is_hung_up)
{
  guint8 bytes[8192];
  ssize_t got = read(connection->fd, bytes, sizeof bytes);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got > 0) {
    connection->used = ++connection->server->n_lines;
    lines_append(&connection->input, bytes, (gsize)got);
    handle_lines(connection);
  } else if (got < 0 || is_hung_up) {
    connection_close(connection);
  } else {
    connection->is_input_over = TRUE;
  }
}

static void on_connection(GIOCondition ready, gpointer user_data)
{
  Connection *connection = connection_ref(user_data);

  if (ready & G_IO_OUT)
    flush_output(connection);
  if (connection->fd >= 0 && (ready & ~G_IO_OUT)) {
    if (connection->is_input_over || connection->requests >= REQUEST_LIMIT)
      connection_close(connection); /* not asked for: it has hung up */
    else
      receive(connection, (ready & (G_IO_HUP | G_IO_ERR)) != 0);
  }
  update(connection);
  connection_unref(connection);
}

/* ---- The listening socket ---- */

static void greet(Connection *connection)
{
  g_autoptr(Json) message = json_new_object();
  Json *greeting = json_new_object();

  json_set_string(greeting, "version", PACKAGE_VERSION);
  json_set(message, "domrun", greeting);
  put_message(connection, message, -1);
}

static gboolean is_idle(Connection *connection)
{
  return connection->requests == 0 && !connection->is_subscribed && g_queue_is_empty(&connection->output) &&
         !connection->is_handling;
}

/* The one that has said nothing for the longest time gives way: of @pid's, or of all where that is 0. FALSE
 * where all are in use. */
static gboolean make_room(ControlServer *server, pid_t pid)
{
  Connection *oldest = NULL;

  for (guint i = 0; i < server->connections->len; i++) {
    Connection *connection = g_ptr_array_index(server->connections, i);

    if (is_idle(connection) && (pid == 0 || connection->pid == pid) &&
        (!oldest || connection->used < oldest->used))
      oldest = connection;
  }
  if (!oldest)
    return FALSE;
  connection_ref(oldest);
  put_error(oldest, "too many connections: this one was idle");
  connection_close(oldest);
  connection_unref(oldest);
  return TRUE;
}

static guint count_of(const ControlServer *server, pid_t pid)
{
  guint count = 0;

  for (guint i = 0; i < server->connections->len; i++)
    count += ((const Connection *)g_ptr_array_index(server->connections, i))->pid == pid;
  return count;
}

/* Why @peer may not connect, or NULL. */
static const char *find_objection(ControlServer *server, const struct ucred *peer)
{
  if (peer->uid != geteuid() && peer->uid != 0)
    return "this guest belongs to another user";
  if (server->stranger != 0 && peer->pid == server->stranger)
    return "QEMU has no business here";
  if (count_of(server, peer->pid) >= SHARE_LIMIT && !make_room(server, peer->pid))
    return "too many connections of one process";
  if (server->connections->len >= CONNECTION_LIMIT && !make_room(server, 0))
    return "too many connections";
  return NULL;
}

/* Takes @fd. */
static void add_connection(ControlServer *server, int fd)
{
  Connection *connection = g_rc_box_new0(Connection);
  struct ucred peer = { .uid = (uid_t)-1 };
  socklen_t length = sizeof peer;
  const char *objection;

  getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  objection = find_objection(server, &peer);
  connection->server = server;
  connection->fd = fd;
  connection->pid = peer.pid;
  connection->used = ++server->n_lines;
  lines_init(&connection->input);
  connection->watch = fd_watch_new(server->context, fd, on_connection, connection);
  g_ptr_array_add(server->connections, connection_ref(connection));
  if (objection) {
    put_error(connection, objection);
    connection_close(connection);
  } else {
    greet(connection);
  }
  connection_unref(connection);
}

void control_server_set_stranger(ControlServer *server, pid_t pid)
{
  server->stranger = pid;
}

static gboolean on_accept_again(gpointer user_data)
{
  ControlServer *server = user_data;

  g_clear_pointer(&server->accept_again, g_source_unref);
  fd_watch_set(server->watch, G_IO_IN);
  return G_SOURCE_REMOVE;
}

/* What is lacking would make the socket readable at once again. */
static void accept_later(ControlServer *server)
{
  fd_watch_set(server->watch, 0);
  server->accept_again = g_timeout_source_new(ACCEPT_AGAIN_MILLISECONDS);
  g_source_set_callback(server->accept_again, on_accept_again, server, NULL);
  g_source_attach(server->accept_again, server->context);
}

static void on_listening(GIOCondition ready, gpointer user_data)
{
  ControlServer *server = user_data;
  int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd >= 0)
    add_connection(server, fd);
  else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
    accept_later(server);
}

void control_server_close(ControlServer *server)
{
  g_clear_pointer(&server->watch, fd_watch_free);
  fd_clear(&server->fd);
  if (server->accept_again)
    g_source_destroy(server->accept_again);
  g_clear_pointer(&server->accept_again, g_source_unref);
}

gboolean control_server_has_clients(const ControlServer *server)
{
  return server->connections->len > 0;
}

ControlServer *control_server_new(GMainContext *context, int fd, ControlExecuteFunc func, gpointer user_data)
{
  ControlServer *server = g_new0(ControlServer, 1);

  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  server->context = context;
  server->fd = fd;
  server->execute = func;
  server->user_data = user_data;
  server->connections = g_ptr_array_new_with_free_func(connection_unref);
  g_queue_init(&server->events);
  server->watch = fd_watch_new(context, fd, on_listening, server);
  fd_watch_set(server->watch, G_IO_IN);
  return server;
}

void control_server_free(ControlServer *server)
{
  if (!server)
    return;
  control_server_close(server);
  while (server->connections->len > 0) {
    Connection *connection = connection_ref(g_ptr_array_index(server->connections, 0));

    connection_close(connection);
    connection_unref(connection);
  }
  g_ptr_array_unref(server->connections);
  g_queue_clear_full(&server->events, g_free);
  g_free(server);
}
