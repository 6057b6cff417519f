/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket: the bytes of a client to a server, whose commands do nothing but answer, at once, later
 * or with a refusal; and the same bytes as those of a server to a client.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/arguments.h"
#include "control/client.h"
#include "control/protocol.h"
#include "control/server.h"
#include "fuzz.h"

const char fuzz_folder[] = "tests/fuzz/control";
const char fuzz_suffix[] = ".control";

enum { INPUT_LIMIT = 65536 };

/* ---- The server ---- */

typedef struct {
  GMainContext *context;
  ControlServer *server;
  GQueue later;   /* of ControlRequest: not answered yet */
  GString *reply; /* what the client has got */
} Session;

static const char *const words[] = { "one", "two", NULL };

static const Argument all_arguments[] = {
  { "boolean", ARGUMENT_BOOLEAN },
  { "integer", ARGUMENT_INTEGER, .min = -5, .max = 9 },
  { "string", ARGUMENT_STRING },
  { "word", ARGUMENT_STRING, .words = words },
  { "path", ARGUMENT_PATH },
  { "object", ARGUMENT_OBJECT },
  { "keys", ARGUMENT_KEYS, .min = 1, .max = 255 },
  { "any", ARGUMENT_ANY, .is_needed = TRUE },
  { NULL },
};

static void check_arguments(ControlRequest *request, Json *arguments)
{
  g_autoptr(GError) error = NULL;

  if (!arguments_check(all_arguments, arguments, &error)) {
    control_request_fail(request, CONTROL_CLASS_ARGUMENT, "%s", error->message);
    return;
  }
  g_assert_nonnull(json_get(arguments, "any"));
  g_assert_true(!json_get(arguments, "path") || *json_get_string(arguments, "path") == '/');
  control_request_return(request, json_ref(arguments));
}

static void execute(ControlRequest *request, const char *name, Json *arguments, gpointer user_data)
{
  Session *session = user_data;

  g_assert_true(name && *name);
  g_assert_true(json_is(arguments, JSON_OBJECT));
  if (g_str_equal(name, "later"))
    g_queue_push_tail(&session->later, request);
  else if (g_str_equal(name, "check"))
    check_arguments(request, arguments);
  else if (g_str_equal(name, "string"))
    control_request_return_string(request, json_get_string(arguments, "string") ? "\xff" : "text");
  else if (g_str_equal(name, "descriptor"))
    control_request_return_fd(request, NULL, fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  else if (g_str_equal(name, "emit")) {
    control_server_emit(session->server, CONTROL_EVENT_STATE, arguments);
    control_request_return(request, NULL);
  } else
    control_request_fail(request, CONTROL_CLASS_COMMAND, "there is no command '%s'", name);
}

/* A name that the kernel chooses, which is on no file system. */
static int listen_anywhere(struct sockaddr_un *ret_address, socklen_t *ret_length)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  *ret_length = sizeof *ret_address;
  g_assert_true(bind(fd, (struct sockaddr *)ret_address, sizeof(sa_family_t)) == 0);
  g_assert_true(getsockname(fd, (struct sockaddr *)ret_address, ret_length) == 0);
  g_assert_true(listen(fd, 1) == 0);
  return fd;
}

/* Lets the server do all that it can, and takes what it says. TRUE where it has hung up. */
static gboolean pump(Session *session, int client)
{
  for (;;) {
    char bytes[16384];
    gboolean has_worked = FALSE;
    ssize_t got;

    while (g_main_context_iteration(session->context, FALSE))
      has_worked = TRUE;
    got = recv(client, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0)
      g_string_append_len(session->reply, bytes, got);
    else if (got == 0 || errno != EAGAIN)
      return TRUE;
    else if (!has_worked)
      return FALSE;
  }
}

/* The first of two is answered with its success, the next one refused. */
static gboolean answer_one(Session *session)
{
  ControlRequest *request = g_queue_pop_head(&session->later);

  if (!request)
    return FALSE;
  control_request_is_heard(request);
  if (session->later.length % 2)
    control_request_return(request, NULL);
  else
    control_request_fail(request, CONTROL_CLASS_STATE, "not now");
  return TRUE;
}

/* Writes it all, however often the server wants no more before it has answered. */
static void send_all(Session *session, int client, const uint8_t *data, size_t size)
{
  while (size > 0) {
    ssize_t put = send(client, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (put < 0 && errno != EAGAIN)
      return;
    data += MAX(put, 0);
    size -= (size_t)MAX(put, 0);
    if (pump(session, client))
      return;
    if (put < 0 && !answer_one(session))
      return;
  }
}

/* Each line is one object; returns how many of them answer. */
static guint count_answers(const char *text)
{
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  guint answers = 0;

  for (char **line = lines; *line && line[1]; line++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) message = message_parse(*line, strlen(*line), &error);
    guint kinds;

    g_assert_no_error(error);
    kinds = (json_get(message, "return") != NULL) + (json_get(message, "error") != NULL) +
            (json_get(message, "event") != NULL) + (json_get(message, "domrun") != NULL);
    g_assert_cmpuint(kinds, ==, 1);
    answers += json_get(message, "return") || json_get(message, "error");
  }
  return answers;
}

static guint count_lines(const uint8_t *data, size_t size)
{
  guint lines = 0;

  for (size_t i = 0; i < size; i++)
    lines += data[i] == '\n';
  return lines;
}

static void try_server(const uint8_t *data, size_t size)
{
  Session session = { .context = g_main_context_new(), .later = G_QUEUE_INIT, .reply = g_string_new(NULL) };
  struct sockaddr_un address;
  socklen_t length;
  int listening = listen_anywhere(&address, &length), client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean is_over;

  session.server = control_server_new(session.context, listening, execute, &session);
  g_assert_true(connect(client, (struct sockaddr *)&address, length) == 0);
  send_all(&session, client, data, size);
  shutdown(client, SHUT_WR);
  is_over = pump(&session, client);
  while (answer_one(&session))
    is_over = pump(&session, client);
  g_assert_true(session.reply->len > 0 && session.reply->str[session.reply->len - 1] == '\n');
  g_assert_cmpuint(count_answers(session.reply->str), ==, count_lines(data, size));
  g_assert_true(is_over || strstr((session.reply->str), "{\"return\":{}"));
  g_assert_true(is_over == !control_server_has_clients(session.server));
  close(client);
  control_server_free(session.server);
  g_string_free(session.reply, TRUE);
  g_main_context_unref(session.context);
}

/* ---- The client ---- */

static void use_client(ControlClient *client)
{
  for (int i = 0; i < 3; i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) result = control_client_call(client, "query-status", NULL, CONTROL_FOREVER, &error);
    int fd = control_client_take_fd(client);

    g_assert_true(!result == !!error);
    g_assert_cmpint(fd, ==, -1);
  }
  for (int i = 0; i < 3; i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) event = control_client_next_event(client, CONTROL_FOREVER, &error);

    g_assert_true(!event || !error);
    g_assert_true(!event || json_get_string(event, "event"));
  }
  control_client_await_end(client, CONTROL_FOREVER, /* error= */ NULL);
}

static void try_client(const uint8_t *data, size_t size)
{
  g_autoptr(ControlClient) client = NULL;
  g_autoptr(GError) error = NULL;
  int ends[2];

  g_assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  g_assert_true(fd_write_all(ends[1], data, size));
  close(ends[1]);
  client = control_client_new(ends[0], "guest", &error);
  g_assert_true(!client == !!error);
  if (client)
    use_client(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  size = MIN(size, INPUT_LIMIT);
  try_server(data, size);
  try_client(data, size);
  return 0;
}
