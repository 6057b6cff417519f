/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket with its real two ends: a server in a thread of its own, and clients that are polite, or
 * are not.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/arguments.h"
#include "control/client.h"
#include "control/guests.h"
#include "control/protocol.h"
#include "control/relay.h"
#include "control/server.h"
#include "control/state.h"
#include "qmp/lines.h"

enum { PATIENCE = 300 * 1000 };

/* Nobody is given up who is only slow, except where a test waits for just that. */
static void set_patient(gboolean is_patient)
{
  g_setenv("DOMRUN_PATIENCE", is_patient ? "100" : "1", /* overwrite= */ TRUE);
}

typedef struct {
  char *directory;
  char *path;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  ControlServer *server;
  GPtrArray *late; /* of ControlRequest, not answered yet; used in the thread only */
} Fixture;

/* ---- The server ---- */

static void return_pipe(ControlRequest *request)
{
  int ends[2];

  g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
  g_assert_true(fd_write_all(ends[1], "through a pipe", 14));
  close(ends[1]);
  control_request_return_fd(request, NULL, ends[0]);
}

static void return_big(ControlRequest *request, Json *arguments)
{
  g_autofree char *text = NULL;
  gint64 length = 0;

  json_get_int(arguments, "length", &length);
  text = g_strnfill((gsize)length, 'x');
  control_request_return_string(request, text);
}

static void answer_late(Fixture *fixture)
{
  g_autoptr(GPtrArray) late = fixture->late;

  fixture->late = g_ptr_array_new();
  for (guint i = 0; i < late->len; i++)
    control_request_return(g_ptr_array_index(late, i), NULL);
}

static void execute(ControlRequest *request, const char *name, Json *arguments, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_nonnull(arguments);
  if (g_str_equal(name, "echo")) {
    control_request_return(request, json_ref(arguments));
  } else if (g_str_equal(name, "pipe")) {
    return_pipe(request);
  } else if (g_str_equal(name, "big")) {
    return_big(request, arguments);
  } else if (g_str_equal(name, "late")) {
    g_ptr_array_add(fixture->late, request);
  } else if (g_str_equal(name, "now")) {
    answer_late(fixture);
    control_request_return(request, NULL);
  } else if (g_str_equal(name, "hang")) {
    control_request_fail(request, CONTROL_CLASS_NO_ANSWER, "QEMU does not answer");
  } else if (g_str_equal(name, "emit")) {
    control_server_emit(fixture->server, "EVENT", arguments);
    control_request_return(request, NULL);
  } else {
    control_request_fail(request, CONTROL_CLASS_COMMAND, "there is no command '%s'", name);
  }
}

static gpointer run_server(gpointer user_data)
{
  Fixture *fixture = user_data;

  g_main_context_push_thread_default(fixture->context);
  g_main_loop_run(fixture->loop);
  g_main_context_pop_thread_default(fixture->context);
  return NULL;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  fixture->directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  fixture->path = g_build_filename(fixture->directory, "control", NULL);
  g_strlcpy(address.sun_path, fixture->path, sizeof address.sun_path);
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  g_assert_cmpint(listen(fd, 64), ==, 0);
  fixture->late = g_ptr_array_new();
  fixture->context = g_main_context_new();
  fixture->loop = g_main_loop_new(fixture->context, FALSE);
  fixture->server = control_server_new(fixture->context, fd, execute, fixture);
  fixture->thread = g_thread_new("server", run_server, fixture);
}

static gboolean quit(gpointer user_data)
{
  Fixture *fixture = user_data;

  control_server_free(fixture->server);
  answer_late(fixture); /* whom nobody hears any more */
  g_main_loop_quit(fixture->loop);
  return G_SOURCE_REMOVE;
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
  g_main_context_invoke(fixture->context, quit, fixture);
  g_thread_join(fixture->thread);
  g_main_loop_unref(fixture->loop);
  g_main_context_unref(fixture->context);
  g_ptr_array_unref(fixture->late);
  g_unlink(fixture->path);
  g_rmdir(fixture->directory);
  g_free(fixture->path);
  g_free(fixture->directory);
}

/* ---- The client's side ---- */

static int open_socket(const Fixture *fixture)
{
  const struct timeval patience = { .tv_sec = PATIENCE / 1000 };
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy(address.sun_path, fixture->path, sizeof address.sun_path);
  g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static ControlClient *open_client(const Fixture *fixture)
{
  GError *error = NULL;
  ControlClient *client = control_client_new(open_socket(fixture), "guest", &error);

  g_assert_no_error(error);
  return client;
}

static Json *make_argument(const char *name, gint64 value)
{
  Json *arguments = json_new_object();

  json_set_int(arguments, name, value);
  return arguments;
}

static Json *call(ControlClient *client, const char *command, Json *arguments)
{
  GError *error = NULL;
  Json *result = control_client_call(client, command, arguments, PATIENCE, &error);

  g_assert_no_error(error);
  g_assert_nonnull(result);
  return result;
}

static void call_only(ControlClient *client, const char *command)
{
  g_autoptr(Json) result = call(client, command, NULL);
}

static void emit(ControlClient *client, gint64 number)
{
  g_autoptr(Json) result = call(client, "emit", make_argument("number", number));
}

static void expect_event(ControlClient *client, gint64 number)
{
  GError *error = NULL;
  g_autoptr(Json) event = control_client_next_event(client, PATIENCE, &error);
  gint64 value = -1;

  g_assert_no_error(error);
  g_assert_cmpstr(json_get_string(event, "event"), ==, "EVENT");
  g_assert_nonnull(json_get_object(event, "timestamp"));
  json_get_int(json_get_object(event, "data"), "number", &value);
  g_assert_cmpint(value, ==, number);
}

/* Writes @text, says that this was all, and returns what came until the server hung up. */
static char *converse(const Fixture *fixture, const char *text, gsize length)
{
  autofd int fd = open_socket(fixture);
  char *reply;
  gsize got;

  fd_write_all(fd, text, length); /* the server may hang up before it has read it all */
  shutdown(fd, SHUT_WR);
  reply = fd_read_all(fd, 64 * 1024 * 1024, &got);
  g_assert_nonnull(reply);
  return reply;
}

/* ---- Tests ---- */

static void test_call(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) client = open_client(fixture);

  for (gint64 i = 0; i < 100; i++) {
    g_autoptr(Json) result = call(client, "echo", make_argument("x", i));
    gint64 value = -1;

    json_get_int(result, "x", &value);
    g_assert_cmpint(value, ==, i);
  }
  g_assert_cmpint(control_client_take_fd(client), ==, -1);
}

static void test_refusals(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) client = open_client(fixture);
  g_autoptr(GError) error = NULL;

  g_assert_null(control_client_call(client, "nonsense", NULL, PATIENCE, &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_REFUSED);
  g_assert_cmpstr(error->message, ==, "guest: there is no command 'nonsense'");
  g_clear_error(&error);
  g_assert_null(control_client_call(client, "hang", NULL, PATIENCE, &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_NO_ANSWER);
}

static void test_deadline(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) client = open_client(fixture);
  gint64 start = g_get_monotonic_time();
  g_autoptr(GError) error = NULL;

  g_assert_null(control_client_call(client, "late", NULL, 50, &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_NO_ANSWER);
  g_assert_cmpint(g_get_monotonic_time() - start, >=, 50 * 1000);
  call_only(client, "now"); /* the answer that came too late is nobody's */
}

static void test_late_answers(Fixture *fixture, gconstpointer data)
{
  static const char text[] = "{\"execute\":\"late\",\"id\":\"a\"}\n{\"execute\":\"echo\",\"id\":[1]}\n"
                             "{\"execute\":\"now\"}\n";
  g_autofree char *reply = converse(fixture, text, strlen(text));
  const char *echo = strstr(reply, "{\"return\":{},\"id\":[1]}\n");
  const char *late = strstr(reply, "{\"return\":{},\"id\":\"a\"}\n");

  g_assert_nonnull(echo);
  g_assert_nonnull(late);
  g_assert_true(echo < late);
  g_assert_true(g_str_has_suffix(reply, "{\"return\":{}}\n"));
}

static void test_answers_to_nobody(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) client = open_client(fixture);

  for (int i = 0; i < 10; i++) {
    static const char text[] = "{\"execute\":\"late\"}\n";
    autofd int fd = open_socket(fixture);

    g_assert_true(fd_write_all(fd, text, strlen(text)));
  }
  call_only(client, "now");
}

static void test_pipe(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) client = open_client(fixture);

  for (int i = 0; i < 3; i++) {
    g_autofree char *text = NULL;
    autofd int fd = -1;
    gsize length;

    call_only(client, "pipe");
    fd = control_client_take_fd(client);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
    text = fd_read_all(fd, 100, &length);
    g_assert_cmpstr(text, ==, "through a pipe");
  }
  call_only(client, "pipe"); /* not taken: the client closes it */
}

static void test_events(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) follower = open_client(fixture), other = open_client(fixture);
  g_autoptr(GError) error = NULL;

  emit(other, 1);
  call_only(follower, "subscribe");
  emit(other, 2);
  emit(follower, 3); /* comes before the answer, and is kept by the client */
  expect_event(follower, 2);
  expect_event(follower, 3);
  g_assert_null(control_client_next_event(follower, 10, &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_NO_ANSWER);
}

static void test_kept_events(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) client = open_client(fixture);
  Json *arguments = json_new_object();
  g_autoptr(Json) events = NULL, subscribed = NULL;

  for (gint64 i = 0; i < 100; i++)
    emit(client, i);
  events = call(client, "query-events", NULL);
  g_assert_cmpuint(json_length(events), ==, 64);
  json_set_bool(arguments, "kept", TRUE);
  subscribed = call(client, "subscribe", arguments);
  for (gint64 i = 36; i < 100; i++)
    expect_event(client, i);
}

static void test_junk(Fixture *fixture, gconstpointer data)
{
  static const char *const lines[] = {
    "",
    "\n",
    "nonsense\n",
    "[]\n",
    "{}\n",
    "{\"execute\":1}\n",
    "{\"execute\":\"echo\",\"arguments\":[]}\n",
    "{\"execute\":\"echo\",\"arguments\":null}\n",
    "{\"execute\":\"subscribe\",\"arguments\":{\"kept\":{}}}\n",
    "{\"execute\":\"subscribe\",\"arguments\":{\"kept\":\"x\"}}\n",
    "{\"execute\":\"subscribe\",\"arguments\":{\"keep\":true}}\n",
    "{\"execute\":\"query-events\",\"arguments\":{\"kept\":true}}\n",
    "{\"execute\":\"echo\",\"argument\":{}}\n",
    "{\"execute\":\"\"}\n",
    "{\"a\":\"\\ud800\"}\n",
    "\xff\xfe\n",
    "{\"execute\":\"echo\",\"id\":{\"a\":[null]},\"id\":2}\n",
  };
  g_autoptr(ControlClient) client = open_client(fixture);

  for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
    g_autofree char *reply = converse(fixture, lines[i], strlen(lines[i]));

    g_assert_true(g_str_has_prefix(reply, "{\"domrun\":{\"version\":"));
    g_assert_true(*lines[i] == 0 || strstr(reply, "\n{\"error\":{\"class\":") || strstr(reply, "\"id\":2"));
  }
  call_only(client, "echo");
}

static const Argument argument_table[] = {
  { "mode", ARGUMENT_STRING, .words = (const char *const[]){ "acpi", "quit", NULL } },
  { "timeout", ARGUMENT_INTEGER, .min = 0, .max = 9 },
  { "path", ARGUMENT_PATH },
  { "name", ARGUMENT_STRING },
  { "kept", ARGUMENT_BOOLEAN },
  { "object", ARGUMENT_OBJECT },
  { "keys", ARGUMENT_KEYS, .min = 0, .max = 255 },
  { "id", ARGUMENT_ANY },
  { NULL },
};

static char *check_arguments(const Argument *table, const char *text)
{
  g_autoptr(Json) given = json_parse(text, strlen(text), 100, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_nonnull(given);
  if (arguments_check(table, given, &error))
    return NULL;
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_USAGE);
  return g_strdup(error->message);
}

static void test_arguments_allowed(void)
{
  static const char *const allowed[] = {
    "{}",
    "{\"mode\":\"quit\",\"timeout\":0,\"path\":\"/x\",\"name\":\"x\",\"kept\":false,\"object\":{\"x\":[]}}",
    "{\"timeout\":9,\"keys\":[\"a\",0,255],\"kept\":true}",
    "{\"id\":null}",
    "{\"id\":[1e300]}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++)
    g_assert_null(check_arguments(argument_table, allowed[i]));
  g_assert_null(check_arguments(NULL, "{}"));
}

static void test_arguments_refused(void)
{
  static const char *const refused[][2] = {
    { "{\"mode\":[]}", "argument 'mode': [] is not one of: acpi, quit" },
    { "{\"mode\":\"hard\"}", "argument 'mode': \"hard\" is not one of: acpi, quit" },
    { "{\"mode\":null}", "argument 'mode': null is not one of: acpi, quit" },
    { "{\"timeout\":-1e300}", "argument 'timeout': -1e300 is not an integer from 0 to 9" },
    { "{\"timeout\":1.0}", "argument 'timeout': 1.0 is not an integer from 0 to 9" },
    { "{\"timeout\":10}", "argument 'timeout': 10 is not an integer from 0 to 9" },
    { "{\"timeout\":-1}", "argument 'timeout': -1 is not an integer from 0 to 9" },
    { "{\"timeout\":18446744073709551615}",
      "argument 'timeout': 18446744073709551615 is not an integer from 0 to 9" },
    { "{\"timeout\":\"5\"}", "argument 'timeout': \"5\" is not an integer from 0 to 9" },
    { "{\"timeout\":true}", "argument 'timeout': true is not an integer from 0 to 9" },
    { "{\"path\":\"x/y\"}", "argument 'path': \"x/y\" is not an absolute path" },
    { "{\"path\":7}", "argument 'path': 7 is not an absolute path" },
    { "{\"name\":\"\"}", "argument 'name': \"\" is not a string, not empty" },
    { "{\"kept\":{}}", "argument 'kept': {} is not true or false" },
    { "{\"kept\":1}", "argument 'kept': 1 is not true or false" },
    { "{\"object\":[[\"0123456789012345678901234567890123456789\"]]}",
      "argument 'object': [[\"0123456789012345678901234567890123456... is not an object" },
    { "{\"keys\":[]}", "argument 'keys': [] is not an array of names of keys, or of integers from 0 to 255" },
    { "{\"keys\":[\"a\",256]}",
      "argument 'keys': [\"a\",256] is not an array of names of keys, or of integers from 0 to 255" },
    { "{\"keys\":[{}]}",
      "argument 'keys': [{}] is not an array of names of keys, or of integers from 0 to 255" },
    { "{\"keys\":\"a\"}",
      "argument 'keys': \"a\" is not an array of names of keys, or of integers from 0 to 255" },
    { "{\"tiemout\":1}",
      "unknown argument 'tiemout' (known: mode, timeout, path, name, kept, object, keys, id); "
      "did you mean 'timeout'?" },
    { "{\"mode\":\"acpi\",\"\":1}",
      "unknown argument '' (known: mode, timeout, path, name, kept, object, keys, id)" },
  };
  static const Argument needing[] = { { "path", ARGUMENT_PATH, .is_needed = TRUE }, { NULL } };
  g_autofree char *missing = check_arguments(needing, "{}"), *none = check_arguments(NULL, "{\"x\":1}");

  for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
    g_autofree char *message = check_arguments(argument_table, refused[i][0]);

    g_assert_cmpstr(message, ==, refused[i][1]);
  }
  g_assert_cmpstr(missing, ==, "the argument 'path' is missing: an absolute path");
  g_assert_cmpstr(none, ==, "unknown argument 'x': there are none");
}

static void test_chance(Fixture *fixture, gconstpointer data)
{
  static const char *const pieces[] = {
    "{",        "}",        "[",        "]", ",",    ":",        "\"", "\n",   "\"execute\"",
    "\"id\"",   "\"echo\"", "\"late\"", "1", "null", "\"pipe\"", "\\", "\xc3", "\"subscribe\"",
    "\"kept\"", "true",     " "
  };
  g_autoptr(ControlClient) client = open_client(fixture);

  for (int i = 0; i < 300; i++) {
    g_autoptr(GString) text = g_string_new("{\"execute\":\"echo\"}\n");
    g_autofree char *reply = NULL;

    for (int changes = g_test_rand_int_range(0, 40); changes > 0; changes--)
      g_string_insert(text, g_test_rand_int_range(0, (gint32)text->len + 1),
                      pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
    g_string_append(text, "\n{\"execute\":\"now\"}\n");
    if (strstr(text->str, "subscribe")) /* such a connection is not closed by the server */
      continue;
    reply = converse(fixture, text->str, text->len);
    g_assert_nonnull(strstr(reply, "domrun"));
  }
  call_only(client, "echo");
}

static void test_long_line(Fixture *fixture, gconstpointer data)
{
  g_autofree char *line = g_strnfill(MESSAGE_MAX_LENGTH + 100000, ' ');
  g_autoptr(ControlClient) client = open_client(fixture);
  autofd int fd = open_socket(fixture);
  char byte;
  gsize length;

  fd_write_all(fd, line, strlen(line)); /* it hangs up before the end of it */
  while (read(fd, &byte, 1) > 0)
    ;
  call_only(client, "echo");
  length = MESSAGE_MAX_LENGTH - 100;
  line[length] = 0;
  memcpy(line, "{\"execute\":\"echo\",\"id\":7}", 25);
  line[length - 1] = '\n';
  {
    g_autofree char *reply = converse(fixture, line, length);

    g_assert_nonnull(strstr(reply, "{\"return\":{},\"id\":7}\n"));
  }
}

/* Waits, without reading anything, until the server has hung up. */
static void expect_dropped(int fd)
{
  struct pollfd wait = { .fd = fd };

  g_assert_cmpint(poll(&wait, 1, PATIENCE), ==, 1);
  g_assert_true(wait.revents & POLLHUP);
}

static void test_slow_reader(Fixture *fixture, gconstpointer data)
{
  static const char command[] = "{\"execute\":\"big\",\"arguments\":{\"length\":300000}}\n";
  g_autoptr(ControlClient) client = open_client(fixture);
  autofd int fd = open_socket(fixture);

  for (int i = 0; i < 50; i++) {
    if (send(fd, command, strlen(command), MSG_NOSIGNAL) < 0)
      break;
  }
  call_only(client, "echo"); /* nobody waits for it */
  expect_dropped(fd);
}

static void test_subscriber_that_does_not_read(Fixture *fixture, gconstpointer data)
{
  static const char command[] = "{\"execute\":\"subscribe\"}\n";
  g_autofree char *text = g_strnfill(100000, 'x');
  g_autoptr(ControlClient) client = open_client(fixture);
  autofd int fd = open_socket(fixture);

  g_assert_true(fd_write_all(fd, command, strlen(command)));
  for (int i = 0; i < 100; i++) {
    Json *arguments = json_new_object();
    g_autoptr(Json) result = NULL;

    json_set_string(arguments, "text", text);
    result = call(client, "emit", arguments);
  }
  expect_dropped(fd);
}

static void test_long_answer(Fixture *fixture, gconstpointer data)
{
  g_autoptr(ControlClient) client = open_client(fixture);
  g_autoptr(Json) result = call(client, "big", make_argument("length", 3 * 1024 * 1024));

  g_assert_cmpuint(strlen(json_as_string(result)), ==, 3 * 1024 * 1024);
}

static void test_many_requests(Fixture *fixture, gconstpointer data)
{
  g_autoptr(GString) text = g_string_new(NULL);
  g_autoptr(ControlClient) client = open_client(fixture);
  autofd int fd = open_socket(fixture);
  struct pollfd hang_up = { .fd = fd };
  g_autofree char *reply = NULL;
  gsize length;
  guint count = 0;

  for (int i = 0; i < 100; i++)
    g_string_append(text, "{\"execute\":\"late\"}\n");
  g_assert_true(fd_write_all(fd, text->str, text->len));
  shutdown(fd, SHUT_WR);
  while (poll(&hang_up, 1, 10) == 0) /* it comes when all are answered */
    call_only(client, "now");
  reply = fd_read_all(fd, 1024 * 1024, &length);
  for (const char *at = reply; (at = strstr(at, "{\"return\":{}}\n")); at++)
    count++;
  g_assert_cmpuint(count, ==, 100);
}

/* ---- The client alone ---- */

static void test_hung_up(void)
{
  g_autoptr(GError) error = NULL;
  int ends[2];

  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  close(ends[1]);
  g_assert_null(control_client_new(ends[0], "guest", &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_NO_GUEST);
}

static void test_silent(void)
{
  g_autoptr(GError) error = NULL;
  int ends[2];

  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  set_patient(FALSE);
  g_assert_null(control_client_new(ends[0], "guest", &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_NO_ANSWER);
  set_patient(TRUE);
  close(ends[1]);
}

static void test_broken_server(void)
{
  static const char *const greetings[] = { "nonsense\n", "{}\n", "{\"domrun\":1}\n", "{\"return\":{}}\n",
                                           "{\"error\":{}}\n" };

  for (gsize i = 0; i < G_N_ELEMENTS(greetings); i++) {
    g_autoptr(GError) error = NULL;
    int ends[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    g_assert_true(fd_write_all(ends[1], greetings[i], strlen(greetings[i])));
    close(ends[1]);
    g_assert_null(control_client_new(ends[0], "guest", &error));
    g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_NO_ANSWER);
  }
}

/* ---- Lines ---- */

static void test_lines(void)
{
  Lines lines;
  const char *line;
  gsize length;

  lines_init(&lines);
  g_assert_false(lines_next(&lines, &line, &length));
  lines_append(&lines, "a\n\nbc", 5);
  g_assert_true(lines_next(&lines, &line, &length));
  g_assert_cmpmem(line, length, "a", 1);
  g_assert_true(lines_next(&lines, &line, &length));
  g_assert_cmpuint(length, ==, 0);
  g_assert_false(lines_next(&lines, &line, &length));
  g_assert_cmpuint(lines_rest(&lines), ==, 2);
  lines_append(&lines, "d", 1);
  g_assert_false(lines_next(&lines, &line, &length));
  lines_append(&lines, "\ne\n", 3);
  g_assert_true(lines_next(&lines, &line, &length));
  g_assert_cmpmem(line, length, "bcd", 3);
  lines_drop(&lines);
  g_assert_cmpuint(lines_rest(&lines), ==, 0);
  lines_append(&lines, "f\n", 2);
  g_assert_true(lines_next(&lines, &line, &length));
  g_assert_cmpmem(line, length, "f", 1);
  lines_clear(&lines);
}

/* ---- Relay ---- */

typedef struct {
  GMainLoop *loop;
  RelayEnd end;
} RelayTest;

static void on_relay_ended(RelayEnd end, gpointer user_data)
{
  RelayTest *test = user_data;

  test->end = end;
  g_main_loop_quit(test->loop);
}

static RelayEnd run_relay(int in, int out, int socket, int escape)
{
  RelayTest test = { .loop = g_main_loop_new(NULL, FALSE) };
  const RelayOptions options = { .in = in,
                                 .out = out,
                                 .is_shared = TRUE,
                                 .socket = socket,
                                 .escape = escape,
                                 .ended = on_relay_ended,
                                 .user_data = &test };
  g_autoptr(Relay) relay = relay_new(NULL, &options);

  g_main_loop_run(test.loop);
  g_main_loop_unref(test.loop);
  return test.end;
}

static gpointer read_half_and_echo(gpointer data)
{
  int fd = GPOINTER_TO_INT(data);
  g_autofree char *bytes = g_malloc(1000000);
  gsize got = 0;

  while (got < 1000000) {
    ssize_t more = read(fd, bytes + got, 1000000 - got);

    g_assert_cmpint(more, >, 0);
    got += (gsize)more;
  }
  g_assert_true(fd_write_all(fd, bytes, 1000000));
  close(fd);
  return NULL;
}

/* All bytes, both ways, through files that are always ready and a socket that is not. */
static void test_relay_bytes(void)
{
  g_autofree char *directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *in = g_build_filename(directory, "in", NULL);
  g_autofree char *out = g_build_filename(directory, "out", NULL);
  g_autofree char *bytes = g_malloc(1000000), *copy = NULL;
  autofd int in_fd = -1, out_fd = -1;
  GThread *thread;
  int ends[2];
  gsize length;

  for (gsize i = 0; i < 1000000; i++)
    bytes[i] = (char)g_test_rand_int();
  g_assert_true(g_file_set_contents(in, bytes, 1000000, NULL));
  in_fd = open(in, O_RDONLY | O_CLOEXEC);
  out_fd = open(out, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  thread = g_thread_new("echo", read_half_and_echo, GINT_TO_POINTER(ends[1]));
  g_assert_cmpint(run_relay(in_fd, out_fd, ends[0], -1), ==, RELAY_ENDED);
  g_thread_join(thread);
  close(ends[0]);
  g_assert_true(g_file_get_contents(out, &copy, &length, NULL));
  g_assert_cmpmem(bytes, 1000000, copy, length);
  g_unlink(in);
  g_unlink(out);
  g_rmdir(directory);
}

static void test_relay_escape(void)
{
  autofd int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
  char bytes[10];
  int in[2], ends[2];

  g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  g_assert_true(fd_write_all(in[1],
                             "abc\x1d"
                             "def",
                             7));
  g_assert_cmpint(run_relay(in[0], out, ends[0], 0x1d), ==, RELAY_LEFT);
  g_assert_cmpint(recv(ends[1], bytes, sizeof bytes, MSG_DONTWAIT), ==, 3);
  g_assert_cmpmem(bytes, 3, "abc", 3);
  close(in[0]);
  close(in[1]);
  close(ends[0]);
  close(ends[1]);
}

static void test_relay_output_that_ends(void)
{
  autofd int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int out[2], ends[2];

  g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  close(out[0]);
  g_assert_true(fd_write_all(ends[1], "x", 1));
  g_assert_cmpint(run_relay(in, out[1], ends[0], -1), ==, RELAY_OUTPUT_ENDED);
  close(out[1]);
  close(ends[0]);
  close(ends[1]);
}

/* ---- State ---- */

static void test_state(void)
{
  const GuestState state = { .name = (char *)"a \"b\"\n\xc3\xa9",
                             .uuid = (char *)"1234",
                             .state = GUEST_PRESERVED,
                             .reason = (char *)"panic",
                             .since = 1700000000123,
                             .started = 1,
                             .supervisor_pid = 42,
                             .emulator_pid = 43,
                             .restarts = 2,
                             .exit_code = 6,
                             .message = (char *)"the guest has panicked" };
  g_auto(GuestState) copy = GUEST_STATE_INIT;
  g_autofree char *directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  autofd int fd = open(directory, O_DIRECTORY | O_CLOEXEC);
  GError *error = NULL;
  struct stat status;

  guest_state_write(&state, fd, &error);
  g_assert_no_error(error);
  g_assert_cmpint(fstatat(fd, CONTROL_STATE_FILE, &status, 0), ==, 0);
  g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
  guest_state_read(fd, &copy, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(copy.name, ==, state.name);
  g_assert_cmpstr(copy.uuid, ==, state.uuid);
  g_assert_cmpint(copy.state, ==, state.state);
  g_assert_cmpstr(copy.reason, ==, state.reason);
  g_assert_cmpint(copy.since, ==, state.since);
  g_assert_cmpint(copy.supervisor_pid, ==, 42);
  g_assert_cmpint(copy.emulator_pid, ==, 43);
  g_assert_cmpint(copy.restarts, ==, 2);
  g_assert_cmpint(copy.exit_code, ==, 6);
  g_assert_cmpstr(copy.message, ==, state.message);
  unlinkat(fd, CONTROL_STATE_FILE, 0);
  g_rmdir(directory);
}

static void test_broken_state(void)
{
  static const char *const texts[] = { "",
                                       "{}",
                                       "nonsense",
                                       "{\"name\":1,\"state\":\"running\",\"pid\":1}",
                                       "{\"name\":\"x\",\"state\":\"flying\",\"pid\":1}",
                                       "{\"name\":\"x\",\"state\":\"running\",\"pid\":0}",
                                       "{\"name\":\"x\",\"state\":\"running\",\"pid\":\"1\"}" };
  g_autofree char *directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  autofd int fd = open(directory, O_DIRECTORY | O_CLOEXEC);

  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    GuestState state = GUEST_STATE_INIT;
    g_autoptr(GError) error = NULL;

    g_assert_true(guest_file_write(fd, CONTROL_STATE_FILE, texts[i], NULL));
    g_assert_false(guest_state_read(fd, &state, &error));
    g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_HOST);
  }
  unlinkat(fd, CONTROL_STATE_FILE, 0);
  g_assert_cmpint(mkfifoat(fd, CONTROL_STATE_FILE, 0600), ==, 0);
  g_assert_null(guest_file_read(fd, CONTROL_STATE_FILE, NULL));
  unlinkat(fd, CONTROL_STATE_FILE, 0);
  g_assert_cmpint(symlinkat("/etc/passwd", fd, CONTROL_STATE_FILE), ==, 0);
  g_assert_null(guest_file_read(fd, CONTROL_STATE_FILE, NULL));
  unlinkat(fd, CONTROL_STATE_FILE, 0);
  g_rmdir(directory);
}

/* ---- Guests ---- */

static RuntimeDir *make_guest(const char *root, const char *name, const char *uuid, gint64 pid)
{
  const GuestState state = {
    .name = (char *)name, .uuid = (char *)uuid, .state = GUEST_RUNNING, .supervisor_pid = pid, .exit_code = -1
  };
  GError *error = NULL;
  RuntimeDir *directory = runtime_dir_new(root, name, &error);

  g_assert_no_error(error);
  g_assert_true(guest_state_write(&state, runtime_dir_fd(directory), NULL));
  return directory;
}

static void expect_found(const char *root, const char *what, const char *name)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(Guest) guest = guests_find(root, what, &error);

  g_assert_no_error(error);
  g_assert_cmpstr(guest->state.name, ==, name);
}

static void test_guests(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  RuntimeDir *web = make_guest(root, "web", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", 4711);
  RuntimeDir *odd = make_guest(root, "-x\n y", "6ba7b810-9dad-11d1-80b4-00c04fd430c9", 4712);
  g_autoptr(GPtrArray) guests = guests_list(root, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_cmpuint(guests->len, ==, 2);
  expect_found(root, "web", "web");
  expect_found(root, "-x\n y", "-x\n y");
  expect_found(root, "4711", "web");
  expect_found(root, "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "web");
  expect_found(root, "6ba7b8109dad11d180b400c04fd430c9", "-x\n y");
  g_assert_null(guests_find(root, "wbe", &error));
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_NO_GUEST);
  g_assert_nonnull(strstr(error_get_hint(error), "did you mean 'web'?"));
  runtime_dir_free(web);
  runtime_dir_free(odd);
  g_assert_cmpint(g_rmdir(root), ==, 0);
}

/* What a supervisor that was killed leaves: all but the lock. */
static char *make_stale(const char *root, const char *name)
{
  RuntimeDir *directory = make_guest(root, name, NULL, 4711);
  char *path = g_strdup(runtime_dir_path(directory));
  g_autofree char *aside = g_strconcat(path, ".aside", NULL);
  g_autofree char *lock = g_build_filename(path, "lock", NULL);
  g_autofree char *state = g_build_filename(path, CONTROL_STATE_FILE, NULL);

  g_assert_cmpint(g_rename(path, aside), ==, 0);
  g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
  g_assert_true(g_file_set_contents(lock, "", 0, NULL));
  g_assert_true(g_file_set_contents(state, "{}", 2, NULL));
  runtime_dir_free(directory);
  g_rmdir(aside);
  return path;
}

static void test_stale_guests(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *stale = make_stale(root, "stale"), *kept = make_stale(root, "kept");
  const GuestState state = {
    .name = (char *)"kept", .state = GUEST_PRESERVED, .supervisor_pid = 1, .exit_code = 6
  };
  autofd int fd = open(kept, O_DIRECTORY | O_CLOEXEC);
  g_autoptr(GPtrArray) guests = NULL;
  const Guest *guest;

  g_assert_true(guest_state_write(&state, fd, NULL));
  guests = guests_list(root, NULL);
  g_assert_cmpuint(guests->len, ==, 1);
  guest = g_ptr_array_index(guests, 0);
  g_assert_false(guest->is_supervised);
  g_assert_null(guest_connect(guest, NULL));
  g_assert_false(g_file_test(stale, G_FILE_TEST_EXISTS));
  g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
  runtime_dir_remove_stale(guest->directory);
  g_assert_cmpint(g_rmdir(root), ==, 0);
}

static gpointer let_go(gpointer user_data)
{
  g_usleep(50 * 1000);
  runtime_dir_free(user_data);
  return NULL;
}

/* The socket has gone, and the name is not free yet. */
static void test_guest_at_its_end(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  RuntimeDir *web = make_guest(root, "web", NULL, 4711);
  g_autoptr(Guest) guest = guests_find(root, "web", NULL);
  g_autoptr(GError) held = NULL, ended = NULL;
  GThread *thread;

  g_assert_nonnull(guest);
  set_patient(FALSE);
  g_assert_null(guest_connect(guest, &held)); /* and it stays so: that is no end */
  set_patient(TRUE);
  g_assert_error(held, DOMRUN_ERROR, DOMRUN_ERROR_HOST);
  thread = g_thread_new("end", let_go, web);
  g_assert_null(guest_connect(guest, &ended));
  g_assert_error(ended, DOMRUN_ERROR, DOMRUN_ERROR_NO_GUEST);
  g_thread_join(thread);
  g_assert_cmpint(g_rmdir(root), ==, 0);
}

static void test_root_of_everybody(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autoptr(GError) making = NULL, looking = NULL;

  g_assert_no_errno(chmod(root, 0777));
  g_assert_null(runtime_dir_new(root, "web", &making));
  g_assert_error(making, DOMRUN_ERROR, DOMRUN_ERROR_HOST);
  g_assert_null(runtime_root_new(root, &looking));
  g_assert_error(looking, DOMRUN_ERROR, DOMRUN_ERROR_HOST);
  g_assert_no_errno(g_rmdir(root));
}

/* Whoever can open a directory can lock it. */
static void test_locked_root(void)
{
  g_autofree char *root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  autofd int fd = open(root, O_DIRECTORY | O_CLOEXEC);
  RuntimeDir *directory = make_guest(root, "web", "22222222-0000-0000-0000-000000000000", 1);
  g_autoptr(GError) error = NULL;

  g_assert_no_errno(flock(fd, LOCK_EX));
  set_patient(FALSE);
  g_assert_null(runtime_dir_new(root, "db", &error));
  g_assert_nonnull(strstr(error->message, "keeps the directory"));
  expect_found(root, "web", "web");
  set_patient(TRUE);
  fd_clear(&fd);
  runtime_dir_free(directory);
  runtime_dir_free(make_guest(root, "db", "33333333-0000-0000-0000-000000000000", 1));
  g_assert_no_errno(g_rmdir(root));
}

/* What looks like a guest of somebody else; only root can make one for this test. */
static void test_guest_of_another(void)
{
  g_autofree char *root = NULL;
  RuntimeDir *directory;
  g_autoptr(RuntimeRoot) opened = NULL;

  if (geteuid() != 0) {
    g_test_skip("needs root");
    return;
  }
  root = g_dir_make_tmp("domrun-XXXXXX", NULL);
  directory = make_guest(root, "web", "22222222-0000-0000-0000-000000000000", 1);
  opened = runtime_root_new(root, NULL);
  g_assert_no_errno(chown(runtime_dir_path(directory), 65534, 65534));
  g_assert_null(runtime_root_find(opened, "web"));
  g_assert_no_errno(chown(runtime_dir_path(directory), 0, 0));
  runtime_dir_free(directory);
  g_rmdir(root);
}

static void test_no_root(void)
{
  g_autoptr(GPtrArray) guests = guests_list("/nonexistent/domrun", NULL);

  g_assert_cmpuint(guests->len, ==, 0);
}

/* Of many that say nothing the oldest give way; one that listens, and one that waits for its answer, stay. */
static void test_idle_connections(Fixture *fixture, gconstpointer data)
{
  ControlClient *idle[200];
  g_autoptr(ControlClient) listener = open_client(fixture), waiting = open_client(fixture);
  GError *error = NULL;

  call_only(listener, "subscribe");
  control_client_call(waiting, "late", NULL, 1, &error);
  g_clear_error(&error);
  for (gsize i = 0; i < G_N_ELEMENTS(idle); i++)
    idle[i] = open_client(fixture);
  g_assert_null(control_client_call(idle[0], "echo", NULL, PATIENCE, &error));
  g_assert_nonnull(error);
  g_clear_error(&error);
  emit(idle[G_N_ELEMENTS(idle) - 1], 7);
  expect_event(listener, 7);
  call_only(idle[G_N_ELEMENTS(idle) - 1], "now");
  for (gsize i = 0; i < G_N_ELEMENTS(idle); i++)
    control_client_free(idle[i]);
}

/* Where all are in use, one more is told so. */
static void test_connections_in_use(Fixture *fixture, gconstpointer data)
{
  ControlClient *used[16];
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS(used); i++) {
    used[i] = open_client(fixture);
    call_only(used[i], "subscribe");
  }
  g_assert_null(control_client_new(open_socket(fixture), "guest", &error));
  g_assert_nonnull(strstr(error->message, "too many connections of one process"));
  for (gsize i = 0; i < G_N_ELEMENTS(used); i++)
    control_client_free(used[i]);
}

/* QEMU, which its guest may have taken over, gets no answer. */
static void test_stranger(Fixture *fixture, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  control_server_set_stranger(fixture->server, getpid());
  g_assert_null(control_client_new(open_socket(fixture), "guest", &error));
  g_assert_nonnull(strstr(error->message, "QEMU has no business here"));
}

static void add(const char *path, void (*test)(Fixture *fixture, gconstpointer data))
{
  g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  signal(SIGPIPE, SIG_IGN);
  set_patient(TRUE);
  add("/control/call", test_call);
  add("/control/refusals", test_refusals);
  add("/control/deadline", test_deadline);
  add("/control/late-answers", test_late_answers);
  add("/control/answers-to-nobody", test_answers_to_nobody);
  add("/control/pipe", test_pipe);
  add("/control/events", test_events);
  add("/control/kept-events", test_kept_events);
  g_test_add_func("/control/arguments/allowed", test_arguments_allowed);
  g_test_add_func("/control/arguments/refused", test_arguments_refused);
  add("/control/junk", test_junk);
  add("/control/chance", test_chance);
  add("/control/long-line", test_long_line);
  add("/control/slow-reader", test_slow_reader);
  add("/control/subscriber-that-does-not-read", test_subscriber_that_does_not_read);
  add("/control/long-answer", test_long_answer);
  add("/control/many-requests", test_many_requests);
  add("/control/idle-connections", test_idle_connections);
  add("/control/connections-in-use", test_connections_in_use);
  add("/control/stranger", test_stranger);
  g_test_add_func("/client/hung-up", test_hung_up);
  g_test_add_func("/client/silent", test_silent);
  g_test_add_func("/client/broken-server", test_broken_server);
  g_test_add_func("/lines", test_lines);
  g_test_add_func("/relay/bytes", test_relay_bytes);
  g_test_add_func("/relay/escape", test_relay_escape);
  g_test_add_func("/relay/output-that-ends", test_relay_output_that_ends);
  g_test_add_func("/state/file", test_state);
  g_test_add_func("/state/broken", test_broken_state);
  g_test_add_func("/guests/found", test_guests);
  g_test_add_func("/guests/stale", test_stale_guests);
  g_test_add_func("/guests/at-its-end", test_guest_at_its_end);
  g_test_add_func("/guests/no-root", test_no_root);
  g_test_add_func("/guests/root-of-everybody", test_root_of_everybody);
  g_test_add_func("/guests/locked-root", test_locked_root);
  g_test_add_func("/guests/of-another", test_guest_of_another);
  return g_test_run();
}
