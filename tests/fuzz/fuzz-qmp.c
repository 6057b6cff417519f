/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes that QEMU sent, or whoever has taken it over: each line by itself, and all of them to a client that
 * waits for the greeting and for answers.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "qmp/client.h"
#include "qmp/message.h"

const char fuzz_folder[] = "tests/fuzz/qmp";
const char fuzz_suffix[] = ".qmp";

typedef struct {
  guint replies;
  guint closed;
  QmpClient *client;
} Session;

/* What was taken can be sent on, as one line that means the same. */
static void try_line(const char *line, gsize length)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(Json) message = message_parse(line, length, &error);
  g_autoptr(Json) again = NULL;
  g_autofree char *text = NULL;

  g_assert_true(!message == !!error);
  if (!message)
    return;
  text = message_to_line(message);
  g_assert_true(strchr(text, '\n') == text + strlen(text) - 1);
  again = message_parse(text, strlen(text) - 1, &error);
  g_assert_no_error(error);
}

static void try_lines(const char *text, gsize length)
{
  while (length > 0) {
    const char *end = memchr(text, '\n', length);
    gsize line = end ? (gsize)(end - text) : length;

    try_line(text, line);
    text += end ? line + 1 : line;
    length -= end ? line + 1 : line;
  }
}

static void on_reply(Json *result, const GError *error, gpointer data)
{
  Session *session = data;

  g_assert_true(!result == !!error);
  session->replies++;
}

static void on_ready(gpointer data)
{
  Session *session = data;

  qmp_client_execute(session->client, "query-status", NULL, on_reply, session);
  qmp_client_execute(session->client, "cont", json_new_object(), on_reply, session);
}

static void on_event(const char *name, Json *data, gpointer user_data)
{
  g_assert_nonnull(name);
}

static void on_closed(const GError *error, gpointer data)
{
  Session *session = data;

  session->closed++;
}

static void try_client(const uint8_t *data, size_t size)
{
  static const QmpClientHandlers handlers = { on_ready, on_event, on_closed, /* skipped= */ NULL };
  g_autoptr(GMainContext) context = g_main_context_new();
  Session session = { 0, 0, NULL };
  int ends[2];

  g_assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  session.client = qmp_client_new(context, ends[0], &handlers, &session);
  g_assert_true(fd_write_all(ends[1], data, MIN(size, 65536)));
  while (g_main_context_iteration(context, FALSE)) {
  }
  close(ends[1]);
  qmp_client_drain(session.client);
  while (g_main_context_iteration(context, FALSE)) {
  }
  g_assert_cmpuint(session.closed, ==, 1);
  g_assert_true(session.replies == 0 || session.replies == 2);
  qmp_client_free(session.client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  try_lines((const char *)data, size);
  try_client(data, size);
  return 0;
}
