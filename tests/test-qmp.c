/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "qmp/client.h"
#include "qmp/message.h"

/* ---- Messages ---- */

static const char *const accepted[] = {
  "{}",
  " { \"return\" : [ 1 , -2.5e3 , true , null , \"\" ] } \r",
  "{\"x\":\"\\u00e9\\ud83d\\ude00\\\\\\\"\\/\\b\\f\\n\\r\\t\"}",
  "{\"x\":\"M\xc3\xbcller /* no comment */ // ' [[[{{{\"}",
};

static const char *const refused[] = {
  "",
  "[]",
  "1",
  "null",
  "\"x\"",
  "{",
  "}",
  "{}}",
  "{\"a\"",
  "{\"a\":}",
  "{\"a\" 1}",
  "{'a':1}",
  "{/* comment */}",
  "{\"a\":1,\"a\":2}",
  "{}#",
  "{\"a\":\"\\ud800\"}",
  "{\"a\":\"\\ud800x\"}",
  "{\"a\":\"\\ud800\\u0041\"}",
  "{\"a\":\"\\udc00\"}",
  "{\"a\":\"\\u0000\"}",
  "{\"a\":\"\\u12\"}",
  "{\"a\":\"\\x41\"}",
  "{\"a\":\"line\nbreak\"}",
  "{\"a\":\"\x01\"}",
  "{\"a\":\"\xff\"}",
  "{\"a\":\"",
  "{\"a\":\"\\",
};

static Json *parse(const char *line, GError **error)
{
  return message_parse(line, strlen(line), error);
}

static void test_accepted(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(accepted); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) message = parse(accepted[i], &error);

    g_assert_no_error(error);
    g_assert_nonnull(message);
  }
}

static void test_refused(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) message = parse(refused[i], &error);

    if (message)
      g_error("accepted: %s", refused[i]);
    g_assert_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL);
  }
}

static void test_nul(void)
{
  static const char bytes[] = "{\"a\":\"\0\"}\0";

  for (gsize length = 0; length < sizeof bytes; length++) {
    g_autoptr(GError) error = NULL;

    g_assert_null(message_parse(bytes, length, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL);
  }
}

static char *nested(guint depth)
{
  g_autofree char *opening = g_strnfill(depth - 1, '[');
  g_autofree char *closing = g_strnfill(depth - 1, ']');

  return g_strconcat("{\"a\":", opening, closing, "}", NULL);
}

/* What comes from QEMU fits into what is made of it. */
static void test_nesting_of_what_is_told_on(void)
{
  g_autofree char *deepest = nested(MESSAGE_INNER_DEPTH);
  g_autofree char *deeper = nested(MESSAGE_INNER_DEPTH + 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(Json) message = message_parse_inner(deepest, strlen(deepest), &error);

  g_assert_no_error(error);
  g_assert_null(message_parse_inner(deeper, strlen(deeper), &error));
  g_assert_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL);
}

static void test_nesting(void)
{
  g_autofree char *deepest = nested(MESSAGE_MAX_DEPTH);
  g_autofree char *deeper = nested(MESSAGE_MAX_DEPTH + 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(Json) message = parse(deepest, &error);

  g_assert_no_error(error);
  g_assert_null(parse(deeper, &error));
  g_assert_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL);
}

static void test_types(void)
{
  g_autoptr(Json) message = parse("{\"s\":\"x\",\"i\":7,\"d\":1.5,\"o\":{},\"n\":null}", NULL);
  gint64 value = 42;

  g_assert_cmpstr(json_get_string(message, "s"), ==, "x");
  g_assert_null(json_get_string(message, "i"));
  g_assert_null(json_get_string(message, "n"));
  g_assert_null(json_get_string(message, "absent"));
  g_assert_nonnull(json_get_object(message, "o"));
  g_assert_null(json_get_object(message, "s"));
  g_assert_null(json_get_object(message, "n"));
  g_assert_false(json_get_int(message, "d", &value));
  g_assert_false(json_get_int(message, "s", &value));
  g_assert_cmpint(value, ==, 42);
  g_assert_true(json_get_int(message, "i", &value));
  g_assert_cmpint(value, ==, 7);
}

/* Whatever the bytes are, there is an object or an error, and no crash. */
static void test_chance(void)
{
  static const char *const pieces[] = { "{",   "}",       "[",       "]",  ",",    ":",    "\"",
                                        "\\u", "\\ud800", "\\udc00", "\\", "true", "-",    "1e",
                                        ".",   "0",       "/*",      "//", "'",    "\xc3", "\"a\":" };

  for (int i = 0; i < 20000; i++) {
    g_autoptr(GString) line = g_string_new(accepted[g_test_rand_int_range(0, G_N_ELEMENTS(accepted))]);
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) message = NULL;

    for (int changes = g_test_rand_int_range(0, 5); changes > 0; changes--) {
      gssize at = g_test_rand_int_range(0, (gint32)line->len + 1);

      if (g_test_rand_bit() || at == (gssize)line->len)
        g_string_insert(line, at, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
      else
        g_string_erase(line, at, 1);
    }
    message = message_parse(line->str, line->len, &error);
    g_assert_true((message != NULL) == (error == NULL));
  }
}

/* ---- The client ---- */

typedef struct {
  int peer;
  QmpClient *client;
  GString *log; /* what was called, in order */
  gboolean frees_in_event;
} Fixture;

static void on_ready(gpointer user_data)
{
  g_string_append(((Fixture *)user_data)->log, "ready;");
}

static void on_event(const char *name, Json *data, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf(fixture->log, "%s %s;", name, data ? "data" : "-");
  if (fixture->frees_in_event)
    g_clear_pointer(&fixture->client, qmp_client_free);
}

static void on_closed(const GError *error, gpointer user_data)
{
  g_string_append(((Fixture *)user_data)->log, error ? "broke;" : "closed;");
}

static void on_reply(Json *result, const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (result)
    g_string_append_printf(fixture->log, "%s;", json_kind_name(json_kind(result)));
  else
    g_string_append_printf(fixture->log, "%s;", error->message);
}

static const QmpClientHandlers handlers = { on_ready, on_event, on_closed, /* skipped= */ NULL };

static void fixture_set_up(Fixture *fixture, gconstpointer data)
{
  int fds[2];

  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  fixture->peer = fds[1];
  fixture->log = g_string_new(NULL);
  fixture->client = qmp_client_new(NULL, fds[0], &handlers, fixture);
}

static void fixture_tear_down(Fixture *fixture, gconstpointer data)
{
  qmp_client_free(fixture->client);
  fd_clear(&fixture->peer);
  g_string_free(fixture->log, TRUE);
}

static void say(Fixture *fixture, const char *text)
{
  g_assert_true(fd_write_all(fixture->peer, text, strlen(text)));
  while (g_main_context_iteration(NULL, FALSE))
    ;
}

static void expect_command(Fixture *fixture, const char *line)
{
  char bytes[1024];
  ssize_t got = recv(fixture->peer, bytes, sizeof bytes - 1, MSG_DONTWAIT);

  g_assert_cmpint(got, >, 0);
  bytes[got] = '\0';
  g_assert_cmpstr(bytes, ==, line);
}

static void greet(Fixture *fixture)
{
  say(fixture, "{\"QMP\": {}}\r\n");
  expect_command(fixture, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
  say(fixture, "{\"return\": {}, \"id\": 1}\r\n");
  g_assert_true(qmp_client_is_ready(fixture->client));
}

static void test_byte_by_byte(Fixture *fixture, gconstpointer data)
{
  for (const char *c = "{\"QMP\": {}}\r\n{\"event\": \"E\"}\n"; *c; c++)
    say(fixture, (const char[]){ *c, '\0' });
  expect_command(fixture, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
  for (const char *c = "{\"return\": {}, \"id\": 1}\n{\"event\": \"F\", \"data\": {}}\n"; *c; c++)
    say(fixture, (const char[]){ *c, '\0' });
  g_assert_cmpstr(fixture->log->str, ==, "E -;ready;F data;");
}

static void test_commands(Fixture *fixture, gconstpointer data)
{
  Json *arguments = json_new_object();

  greet(fixture);
  json_set_string(arguments, "name", "x\ny");
  qmp_client_execute(fixture->client, "one", arguments, on_reply, fixture);
  qmp_client_execute(fixture->client, "two", NULL, on_reply, fixture);
  qmp_client_execute(fixture->client, "three", NULL, NULL, NULL);
  expect_command(fixture, "{\"execute\":\"one\",\"arguments\":{\"name\":\"x\\ny\"},\"id\":2}\n"
                          "{\"execute\":\"two\",\"id\":3}\n{\"execute\":\"three\",\"id\":4}\n");
  say(fixture, "{\"id\": 3, \"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\n"
               "{\"id\": 9, \"return\": 1}\n{\"return\": 1}\n{\"id\": 4, \"return\": {}}\n"
               "{\"id\": 2, \"return\": [1]}\n{\"id\": 2, \"return\": [1]}\n");
  g_assert_cmpstr(fixture->log->str, ==, "ready;QMP command 'two': no;an array;");
}

static void test_end(Fixture *fixture, gconstpointer data)
{
  greet(fixture);
  qmp_client_execute(fixture->client, "one", NULL, on_reply, fixture);
  shutdown(fixture->peer, SHUT_WR);
  while (g_main_context_iteration(NULL, FALSE))
    ;
  g_assert_false(qmp_client_is_ready(fixture->client));
  qmp_client_execute(fixture->client, "two", json_new_object(), on_reply, fixture);
  g_assert_cmpstr(fixture->log->str, ==,
                  "ready;QMP command 'one': the connection ended;closed;"
                  "QMP command 'two': the connection has ended;");
}

static void test_broken(Fixture *fixture, gconstpointer data)
{
  say(fixture, "{\"event\": \"E\"}\nHTTP/1.1\n{\"event\": \"F\"}\n");
  g_assert_cmpstr(fixture->log->str, ==, "E -;broke;");
}

static void test_skipped(Fixture *fixture, gconstpointer data)
{
  g_autofree char *part = g_strnfill(100000, 'x');

  greet(fixture);
  qmp_client_execute(fixture->client, "one", NULL, on_reply, fixture);
  qmp_client_execute(fixture->client, "two", NULL, on_reply, fixture);
  for (gsize sent = 0; sent < 2 * (gsize)MESSAGE_MAX_LENGTH; sent += strlen(part))
    say(fixture, part);
  say(fixture, "\n{\"event\": \"E\"}\n{\"id\": 3, \"return\": 1}\n{}\nHTTP/1.1\n{\"event\": \"F\"}\n");
  g_assert_true(qmp_client_is_ready(fixture->client));
  g_assert_cmpstr(fixture->log->str, ==,
                  "ready;QMP command 'one': QEMU's answer was not understood: not a QMP message: a line that "
                  "is too long;E -;an integer;F -;");
}

/* What was in the buffer behind the event is not looked at any more. */
static void test_freed_by_a_handler(Fixture *fixture, gconstpointer data)
{
  fixture->frees_in_event = TRUE;
  say(fixture, "{\"event\": \"E\"}\n{\"event\": \"F\"}\n");
  g_assert_cmpstr(fixture->log->str, ==, "E -;");
  g_assert_null(fixture->client);
}

/* More than a socket holds, to a peer that reads late. */
static void test_much_output(Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill(100000, 'x');
  gsize total = 0;
  ssize_t got;
  char bytes[65536];

  greet(fixture);
  for (int i = 0; i < 20; i++)
    qmp_client_execute(fixture->client, long_name, NULL, NULL, NULL);
  while ((got = recv(fixture->peer, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
    total += (gsize)got;
    while (g_main_context_iteration(NULL, FALSE))
      ;
  }
  g_assert_cmpuint(total, >, 20 * 100000);
}

#define ADD(path, func)                                                                                      \
  g_test_add("/qmp/client/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/qmp/message/accepted", test_accepted);
  g_test_add_func("/qmp/message/refused", test_refused);
  g_test_add_func("/qmp/message/nul", test_nul);
  g_test_add_func("/qmp/message/nesting", test_nesting);
  g_test_add_func("/qmp/message/nesting-of-what-is-told-on", test_nesting_of_what_is_told_on);
  g_test_add_func("/qmp/message/types", test_types);
  g_test_add_func("/qmp/message/chance", test_chance);
  ADD("byte-by-byte", test_byte_by_byte);
  ADD("commands", test_commands);
  ADD("end", test_end);
  ADD("broken", test_broken);
  ADD("skipped", test_skipped);
  ADD("freed-by-a-handler", test_freed_by_a_handler);
  ADD("much-output", test_much_output);
  return g_test_run();
}
