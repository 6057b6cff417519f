/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/patience.h"
#include "control/protocol.h"
#include "qmp/lines.h"

struct ControlClient {
  int fd;
  char *name;
  Lines input;
  int received;  /* the descriptor that came last; -1: none */
  GQueue events; /* of Json */
  gint64 last_id;
  gboolean is_over; /* the supervisor has hung up */
};

static gboolean ended_error(const ControlClient *client, GError **error)
{
  return error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "the guest '%s' has just ended", client->name);
}

static gboolean broken_error(const ControlClient *client, const char *what, GError **error)
{
  return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the supervisor of '%s': %s", client->name,
                   what);
}

/* ---- Waiting ---- */

/* In microseconds of the monotonic clock; -1: never. */
static gint64 deadline_of(int milliseconds)
{
  return milliseconds < 0 ? -1 : g_get_monotonic_time() + milliseconds * G_GINT64_CONSTANT(1000);
}

/* FALSE without an error where nothing happened in time. */
static gboolean await(const ControlClient *client, short events, gint64 deadline)
{
  struct pollfd wait = { .fd = client->fd, .events = events };

  for (;;) {
    gint64 left = deadline < 0 ? -1 : MAX(0, deadline - g_get_monotonic_time());
    int ready = poll(&wait, 1, left < 0 ? -1 : (int)MIN(G_MAXINT, (left + 999) / 1000));

    if (ready > 0)
      return TRUE;
    if (ready == 0)
      return FALSE;
    if (errno != EINTR)
      return TRUE; /* what is wrong is found by whoever reads or writes */
  }
}

/* ---- Reading ---- */

/* The last one is kept; however many came, none is lost without being closed. */
static void keep_fds(ControlClient *client, struct msghdr *message)
{
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
      continue;
    for (gsize at = 0; CMSG_LEN(at + sizeof(int)) <= part->cmsg_len; at += sizeof(int)) {
      fd_clear(&client->received);
      memcpy(&client->received, CMSG_DATA(part) + at, sizeof client->received);
    }
  }
}

/* Reads what there is. FALSE at the end of the connection. */
static gboolean receive(ControlClient *client)
{
  char bytes[16384];
  struct iovec piece = { .iov_base = bytes, .iov_len = sizeof bytes };
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {
    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space
  };
  ssize_t got = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (got <= 0) {
    client->is_over = TRUE;
    return FALSE;
  }
  keep_fds(client, &message);
  lines_append(&client->input, bytes, (gsize)got);
  return TRUE;
}

/* The next message, whatever it is. NULL without an error at the end of the connection. */
static Json *next_message(ControlClient *client, gint64 deadline, GError **error)
{
  for (;;) {
    g_autoptr(GError) cause = NULL;
    Json *message;
    const char *line;
    gsize length;

    if (lines_next(&client->input, &line, &length)) {
      message = message_parse(line, length, &cause);
      if (!message)
        broken_error(client, cause->message, error);
      return message;
    }
    if (lines_rest(&client->input) > MESSAGE_MAX_LENGTH) {
      broken_error(client, "a line that is too long", error);
      return NULL;
    }
    if (client->is_over)
      return NULL;
    if (!await(client, POLLIN, deadline)) {
      broken_error(client, "no answer", error);
      return NULL;
    }
    receive(client);
  }
}

static gboolean is_event(Json *message)
{
  return json_get_string(message, "event") != NULL;
}

Json *control_client_next_event(ControlClient *client, int milliseconds, GError **error)
{
  gint64 deadline = deadline_of(milliseconds);
  Json *message = g_queue_pop_head(&client->events);

  while (!message) {
    message = next_message(client, deadline, error);
    if (!message)
      return NULL;
    if (!is_event(message))
      g_clear_pointer(&message, json_unref);
  }
  return message;
}

gboolean control_client_await_end(ControlClient *client, int milliseconds, GError **error)
{
  gint64 deadline = deadline_of(milliseconds);
  Json *message;
  GError *cause = NULL;

  while ((message = next_message(client, deadline, &cause)))
    json_unref(message);
  if (!cause)
    return TRUE;
  g_propagate_error(error, cause);
  return FALSE;
}

/* ---- Calls ---- */

static gboolean send_line(ControlClient *client, const char *line, gint64 deadline, GError **error)
{
  gsize length = strlen(line);

  while (length > 0) {
    ssize_t put = send(client->fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0 && errno == EAGAIN && await(client, POLLOUT, deadline))
      continue;
    if (put < 0 && errno == EAGAIN)
      return broken_error(client, "no answer", error);
    if (put < 0) /* it may have said why before it hung up: the answer is read, or its lack found */
      return TRUE;
    line += put;
    length -= (gsize)put;
  }
  return TRUE;
}

static DomrunError code_of_class(const char *class)
{
  if (g_str_equal(class, CONTROL_CLASS_NO_ANSWER))
    return DOMRUN_ERROR_NO_ANSWER;
  if (g_str_equal(class, CONTROL_CLASS_ARGUMENT))
    return DOMRUN_ERROR_USAGE;
  return DOMRUN_ERROR_REFUSED;
}

static Json *result_of(const ControlClient *client, Json *message, GError **error)
{
  Json *result = json_get(message, "return");
  Json *refusal = json_get_object(message, "error");
  const char *class, *description;

  if (result)
    return json_ref(result);
  class = refusal ? json_get_string(refusal, "class") : NULL;
  description = refusal ? json_get_string(refusal, "desc") : NULL;
  if (class && description)
    error_set(error, code_of_class(class), NULL, NULL, "%s: %s", client->name, description);
  else
    broken_error(client, "neither an answer nor an event", error);
  return NULL;
}

/* The answer to @id; an error without an id answers the only command that can be meant. */
static gboolean is_answer(Json *message, gint64 id)
{
  gint64 value;

  if (!json_get(message, "id"))
    return json_get(message, "error") != NULL;
  return json_get_int(message, "id", &value) && value == id;
}

static Json *await_answer(ControlClient *client, gint64 id, gint64 deadline, GError **error)
{
  for (;;) {
    g_autoptr(Json) message = next_message(client, deadline, error);

    if (!message || is_answer(message, id))
      return g_steal_pointer(&message);
    if (is_event(message))
      g_queue_push_tail(&client->events, g_steal_pointer(&message));
  }
}

static gboolean send_command(ControlClient *client, const char *command, Json *arguments, gint64 deadline,
                             GError **error)
{
  g_autoptr(Json) message = json_new_object();
  g_autofree char *line = NULL;

  json_set_string(message, "execute", command);
  if (arguments)
    json_set(message, "arguments", arguments);
  json_set_int(message, "id", ++client->last_id);
  line = message_to_line(message);
  fd_clear(&client->received);
  return send_line(client, line, deadline, error);
}

gboolean control_client_send(ControlClient *client, const char *command, Json *arguments, int milliseconds,
                             GError **error)
{
  return send_command(client, command, arguments, deadline_of(milliseconds), error);
}

gboolean control_client_wait(ControlClient *client, int milliseconds)
{
  return await(client, POLLIN, deadline_of(milliseconds));
}

static Json *receive_answer(ControlClient *client, gint64 deadline, GError **error)
{
  GError *cause = NULL;
  g_autoptr(Json) reply = await_answer(client, client->last_id, deadline, &cause);

  if (reply)
    return result_of(client, reply, error);
  if (cause)
    g_propagate_error(error, cause);
  else
    ended_error(client, error);
  return NULL;
}

Json *control_client_receive(ControlClient *client, int milliseconds, GError **error)
{
  return receive_answer(client, deadline_of(milliseconds), error);
}

Json *control_client_call(ControlClient *client, const char *command, Json *arguments, int milliseconds,
                          GError **error)
{
  gint64 deadline = deadline_of(milliseconds);

  return send_command(client, command, arguments, deadline, error) ? receive_answer(client, deadline, error)
                                                                   : NULL;
}

int control_client_take_fd(ControlClient *client)
{
  return g_steal_fd(&client->received);
}

/* ---- The connection ---- */

static gboolean check_greeting(ControlClient *client, GError **error)
{
  GError *cause = NULL;
  g_autoptr(Json) greeting =
      next_message(client, deadline_of((int)patience_of(CONTROL_SUPERVISOR_PATIENCE)), &cause);
  g_autoptr(Json) result = NULL;

  if (cause) {
    g_propagate_error(error, cause);
    return FALSE;
  }
  if (!greeting)
    return ended_error(client, error);
  if (json_get_object(greeting, "domrun"))
    return TRUE;
  result = result_of(client, greeting, error);
  return result ? broken_error(client, "it does not greet", error) : FALSE;
}

ControlClient *control_client_new(int fd, const char *name, GError **error)
{
  g_autoptr(ControlClient) client = g_new0(ControlClient, 1);

  client->fd = fd;
  client->name = g_strdup(name);
  client->received = -1;
  lines_init(&client->input);
  g_queue_init(&client->events);
  return check_greeting(client, error) ? g_steal_pointer(&client) : NULL;
}

void control_client_free(ControlClient *client)
{
  if (!client)
    return;
  fd_clear(&client->fd);
  fd_clear(&client->received);
  lines_clear(&client->input);
  g_queue_clear_full(&client->events, (GDestroyNotify)json_unref);
  g_free(client->name);
  g_free(client);
}
