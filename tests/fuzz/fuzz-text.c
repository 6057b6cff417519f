/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A string from anywhere, as it is shown to a user: in messages, as the words of a shell, as what QEMU said,
 * as JSON. However it is shown, it is text that a terminal obeys nowhere; and a shell gets the bytes that
 * went in.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/quote.h"
#include "base/report.h"
#include "fuzz.h"
#include "reader.h"
#include "supervise/emulator-log.h"

const char fuzz_folder[] = "tests/fuzz/text";
const char fuzz_suffix[] = ".txt";

static void try_quotes(const char *string)
{
  g_autofree char *one = quote_for_terminal(string, /* keep_newlines= */ FALSE);
  g_autofree char *many = quote_for_terminal(string, /* keep_newlines= */ TRUE);
  g_autofree char *again = quote_for_terminal(one, /* keep_newlines= */ FALSE);
  g_autofree char *word = quote_for_shell(string);
  g_auto(GStrv) words = reader_shell_words(word);

  reader_check_terminal(one, strlen(one), /* may_have_newlines= */ FALSE);
  reader_check_terminal(many, strlen(many), /* may_have_newlines= */ TRUE);
  reader_check_terminal(word, strlen(word), /* may_have_newlines= */ FALSE);
  g_assert_cmpstr(again, ==, one);
  g_assert_cmpuint(g_strv_length(words), ==, 1);
  g_assert_cmpstr(words[0], ==, string);
}

static void try_json(const char *string)
{
  g_autofree char *valid = g_utf8_make_valid(string, -1);
  g_autoptr(Json) json = json_new_string(valid);
  g_autofree char *text = json_print(json);
  g_autoptr(Json) again = json_parse(text, strlen(text), 1, /* error= */ NULL);

  reader_check_terminal(text, strlen(text), /* may_have_newlines= */ FALSE);
  g_assert_nonnull(again);
  g_assert_cmpstr(json_as_string(again), ==, valid);
}

/* In each of the places that a message has. */
static void try_report(const char *string)
{
  g_autoptr(Report) report = report_new();
  const Place place = { .file = string, .element = string, .line = 7 };
  GError *error = NULL;
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream(&text, &length);

  error_set(&error, DOMRUN_ERROR_HOST, &place, string, "cannot open '%s'", string);
  error_add_hint(&error, "not '%s'?", string);
  report_error(report, error);
  report_warning(report, &place, string, string, "%s", string);
  report_print_json(report, stream);
  report_conclude(report, stream, "not started", "started");
  fclose(stream);
  reader_check_terminal(text, length, /* may_have_newlines= */ TRUE);
  free(text);
}

/* What went to @fd, a file in memory; it is closed. */
static void check_output(int fd)
{
  off_t end = lseek(fd, 0, SEEK_END);
  g_autofree char *text = NULL;

  g_assert_true(end >= 0);
  text = g_malloc((gsize)end + 1);
  g_assert_true(pread(fd, text, (size_t)end, 0) == end);
  reader_check_terminal(text, (gsize)end, /* may_have_newlines= */ TRUE);
  close(fd);
}

/* QEMU says it, in pieces: it is kept, and then told on. */
static void try_log(const uint8_t *data, size_t size)
{
  g_autoptr(GMainContext) context = g_main_context_new();
  int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), output = memfd_create("fuzz", MFD_CLOEXEC), ends[2];
  size_t half;
  EmulatorLog *log;

  size = MIN(size, 16384);
  half = size / 2;
  g_assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  log = emulator_log_new(context, ends[0]);
  g_assert_true(fd_write_all(ends[1], data, half));
  emulator_log_drain(log);
  dup2(output, STDERR_FILENO);
  emulator_log_relay(log);
  g_assert_true(fd_write_all(ends[1], data + half, size - half));
  emulator_log_drain(log);
  dup2(saved, STDERR_FILENO);
  emulator_log_free(log);
  close(ends[1]);
  close(saved);
  check_output(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *string = g_strndup((const char *)data, size);

  try_quotes(string);
  try_json(string);
  try_report(string);
  try_log(data, size);
  return 0;
}
