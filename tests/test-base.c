/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enum.h"
#include "base/error.h"
#include "base/exit-code.h"
#include "base/fd.h"
#include "base/file-name.h"
#include "base/nearest.h"
#include "base/patience.h"
#include "base/quote.h"
#include "base/report.h"

typedef enum { SHAPE_NONE, SHAPE_CIRCLE, SHAPE_SQUARE, SHAPE_TRIANGLE, SHAPE_LAST } Shape;

ENUM_TABLE(shape_table,
           SHAPE_LAST, [SHAPE_CIRCLE] = "circle", [SHAPE_SQUARE] = "square", [SHAPE_TRIANGLE] = "triangle");

static void test_enum(void)
{
  g_autofree char *known = enum_known(&shape_table);
  int value = -5;

  for (int i = SHAPE_CIRCLE; i < SHAPE_LAST; i++) {
    g_assert_true(enum_from_string(&shape_table, enum_to_string(&shape_table, i), &value));
    g_assert_cmpint(value, ==, i);
  }
  g_assert_null(enum_to_string(&shape_table, SHAPE_NONE));
  g_assert_null(enum_to_string(&shape_table, SHAPE_LAST));
  g_assert_null(enum_to_string(&shape_table, -1));
  value = -5;
  g_assert_false(enum_from_string(&shape_table, "Circle", &value));
  g_assert_false(enum_from_string(&shape_table, "", &value));
  g_assert_cmpint(value, ==, -5);
  g_assert_cmpstr(known, ==, "circle, square, triangle");
  g_assert_cmpstr(enum_nearest(&shape_table, "sqaure"), ==, "square");
  g_assert_null(enum_nearest(&shape_table, "hexagon"));
}

static void test_nearest(void)
{
  static const struct {
    const char *wanted;
    const char *nearest;
  } cases[] = {
    { "scis", "scsi" },    /* two neighbours swapped */
    { "virto", "virtio" }, /* one left out */
    { "virrtio", "virtio" },
    { "VIRTIO", "virtio" },
    { "sdcard", NULL },
    { "", NULL },
    { "on", NULL }, /* "no" is one swap away, and means the contrary */
    { "NO", "no" },
    { "i", NULL }, /* "ide" with all but one letter missing is no slip of the finger */
    { "a-name-that-is-longer-than-any-name-that-the-format-has", NULL },
  };
  static const char *const names[] = { "fdc", "ide", "no", "sata", "scsi", "usb", "virtio", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    Nearest nearest = NEAREST_INIT(cases[i].wanted);

    nearest_try(&nearest, NULL);
    for (gsize j = 0; names[j]; j++)
      nearest_try(&nearest, names[j]);
    g_assert_cmpstr(nearest.name, ==, cases[i].nearest);
  }
}

static void test_error_text(void)
{
  Place place = { "guest.xml", "<disk>/<target>", 42 };
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) copy = NULL;
  g_autofree char *text = NULL;
  g_autofree char *warning = NULL;

  g_assert_false(
      error_set_document(&error, &place, "bus", "unknown value '%s' (known: %s)", "scis", "ide, scsi"));
  g_assert_false(error_add_hint(&error, "did you mean '%s'?", "scsi"));
  text = error_format(error, "");
  g_assert_cmpstr(text, ==,
                  "guest.xml:42: <disk>/<target>: attribute 'bus': unknown value 'scis' (known: ide, scsi)\n"
                  "  did you mean 'scsi'?");
  g_assert_cmpint(error_exit_code(error), ==, EXIT_CODE_DOCUMENT);
  copy = g_error_copy(error);
  g_clear_error(&error);
  warning = error_format(copy, "warning: ");
  g_assert_true(g_str_has_prefix(warning, "guest.xml:42: warning: <disk>/<target>: attribute 'bus': "));
  g_assert_cmpstr(error_get_hint(copy), ==, "did you mean 'scsi'?");
  g_assert_cmpstr(error_get_attribute(copy), ==, "bus");
}

static void test_error_text_is_one_line(void)
{
  Place place = { "a\nb.xml", NULL, 1 };
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) words = NULL;
  g_autofree char *text = NULL;
  g_autofree char *words_text = NULL;

  error_set_document(&error, &place, NULL, "'x\nguest.xml:1: all is well' is no name");
  text = error_format(error, "");
  g_assert_cmpstr(text, ==, "a\\nb.xml:1: 'x\\nguest.xml:1: all is well' is no name");
  error_set(&words, DOMRUN_ERROR_QEMU_START, NULL, NULL, "QEMU failed: one\n  two");
  words_text = error_format(words, "");
  g_assert_cmpstr(words_text, ==, "domrun: QEMU failed: one\n  two");
}

static void test_error_without_place(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "from elsewhere");
  g_autofree char *text = NULL;
  g_autofree char *foreign_text = NULL;

  g_assert_false(error_set(NULL, DOMRUN_ERROR_HOST, NULL, NULL, "nobody asks"));
  g_assert_false(error_add_hint(NULL, "nobody asks"));
  error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL, "no such thing");
  text = error_format(error, "");
  g_assert_cmpstr(text, ==, "domrun: no such thing");
  g_assert_false(error_add_hint(&foreign, "does not stick"));
  g_assert_null(error_get_hint(foreign));
  g_assert_null(error_get_place(foreign)->file);
  foreign_text = error_format(foreign, "");
  g_assert_cmpstr(foreign_text, ==, "domrun: from elsewhere");
}

static void test_exit_codes(void)
{
  static const struct {
    DomrunError code;
    int exit_code;
  } cases[] = {
    { DOMRUN_ERROR_INTERNAL, 1 }, { DOMRUN_ERROR_USAGE, 2 },      { DOMRUN_ERROR_DOCUMENT, 3 },
    { DOMRUN_ERROR_HOST, 4 },     { DOMRUN_ERROR_QEMU_START, 5 }, { DOMRUN_ERROR_QEMU_DIED, 7 },
  };
  g_autoptr(GError) option =
      g_error_new_literal(G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "no such option");

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;

    error_set(&error, cases[i].code, NULL, NULL, "some error");
    g_assert_cmpint(error_exit_code(error), ==, cases[i].exit_code);
  }
  g_assert_cmpint(error_exit_code(option), ==, EXIT_CODE_USAGE);
}

static char *print_report(Report *report)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  FILE *stream = open_memstream(&text, &length);
  char *copy;

  report_print(report, stream);
  fclose(stream);
  copy = g_strdup(text);
  free(g_steal_pointer(&text));
  return copy;
}

static void test_report(void)
{
  g_autoptr(Report) report = report_new();
  Place late = { "guest.xml", "<disk>", 9 }, early = { "guest.xml", "<memory>", 3 };
  GError *first = NULL, *second = NULL;
  g_autofree char *text = NULL;
  g_autofree char *nothing = NULL;

  report_warning(report, &late, NULL, "it has no effect", "unknown %s", "element");
  g_assert_false(report_has_errors(report));
  g_assert_cmpint(report_exit_code(report), ==, 0);
  error_set(&first, DOMRUN_ERROR_HOST, &late, NULL, "no such file: '%s'", "/a\nb\x1b[31m");
  report_error(report, first);
  error_set_document(&second, &early, "unit", "unknown value 'x'");
  report_error(report, second);
  g_assert_true(report_has_errors(report));
  g_assert_cmpint(report_exit_code(report), ==, EXIT_CODE_HOST);
  text = print_report(report);
  g_assert_cmpstr(text, ==,
                  "guest.xml:9: warning: <disk>: unknown element\n  it has no effect\n"
                  "guest.xml:3: error: <memory>: attribute 'unit': unknown value 'x'\n"
                  "guest.xml:9: error: <disk>: no such file: '/a\\nb\\x1b[31m'\n");
  nothing = print_report(report);
  g_assert_cmpstr(nothing, ==, "");
}

static void warn_on_line(Report *report, int line, const char *message)
{
  Place place = { "guest.xml", "<disk>", line };

  report_warning(report, &place, NULL, "it has no effect", "%s", message);
}

/* What the report comes to, with an error added where @has_error says so. */
static char *conclude_report(Report *report, gboolean has_error)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  FILE *stream = open_memstream(&text, &length);
  GError *error = NULL;
  char *copy;

  if (has_error) {
    error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL, "no KVM");
    report_error(report, error);
  }
  report_conclude(report, stream, "not started", "can be started");
  fclose(stream);
  copy = g_strdup(text);
  free(g_steal_pointer(&text));
  return copy;
}

/* The same words of several places are one finding, whose lines are in order, each once. */
static void test_report_groups(void)
{
  g_autoptr(Report) report = report_new();
  g_autofree char *text = NULL;
  g_autofree char *many = NULL;

  warn_on_line(report, 12, "unknown element");
  warn_on_line(report, 7, "text that does not belong here");
  warn_on_line(report, 3, "unknown element");
  warn_on_line(report, 12, "unknown element");
  text = print_report(report);
  g_assert_cmpstr(text, ==,
                  "guest.xml:3, 12: warning: <disk>: unknown element\n  it has no effect\n"
                  "guest.xml:7: warning: <disk>: text that does not belong here\n  it has no effect\n");
  for (int line = 1; line <= 25; line++)
    warn_on_line(report, line, "unknown element");
  many = print_report(report);
  g_assert_cmpstr(many, ==,
                  "guest.xml:1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 15 more: warning: <disk>: unknown element\n"
                  "  it has no effect\n");
}

static void test_report_concludes(void)
{
  g_autoptr(Report) report = report_new();
  g_autofree char *nothing = conclude_report(report, FALSE);
  g_autofree char *passed = NULL;
  g_autofree char *refused = NULL;
  g_autofree char *alone = NULL;

  g_assert_cmpstr(nothing, ==, "");
  warn_on_line(report, 3, "one");
  passed = conclude_report(report, FALSE);
  g_assert_cmpstr(passed, ==,
                  "guest.xml:3: warning: <disk>: one\n  it has no effect\n"
                  "domrun: 1 warning: can be started\n");
  warn_on_line(report, 3, "one");
  warn_on_line(report, 4, "two");
  refused = conclude_report(report, TRUE);
  g_assert_true(g_str_has_suffix(refused, "\ndomrun: error: no KVM\n"
                                          "domrun: 1 error, 2 warnings: not started\n"));
  alone = conclude_report(report, TRUE);
  g_assert_cmpstr(alone, ==, "domrun: error: no KVM\n");
}

static void test_report_is_bounded(void)
{
  g_autoptr(Report) report = report_new();
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  for (int i = 1; i <= 100000; i++) {
    g_autofree char *message = g_strdup_printf("number %d", i);

    warn_on_line(report, i, message);
  }
  text = conclude_report(report, TRUE);
  lines = g_strsplit(text, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 2 * 200 + 1 + 1 + 1 + 1);
  g_assert_cmpstr(lines[400], ==, "domrun: warning: and 99800 more");
  g_assert_cmpstr(lines[401], ==, "domrun: error: no KVM");
  g_assert_cmpstr(lines[402], ==, "domrun: 1 error, 100000 warnings: not started");
}

static void test_report_is_quiet(void)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(Report) other = report_new();
  g_autofree char *text = NULL;

  report_leave_out_warnings(report);
  warn_on_line(report, 3, "one");
  warn_on_line(other, 4, "two");
  report_move_as_warnings(other, report);
  text = conclude_report(report, TRUE);
  g_assert_cmpstr(text, ==, "domrun: error: no KVM\n");
}

/* What report_print() writes to a terminal, which takes it in pieces; it ends with @end. */
static char *print_on_terminal(Report *report, const char *end)
{
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  g_autoptr(GString) text = g_string_new(NULL);
  FILE *stream;

  g_assert_cmpint(terminal, >=, 0);
  g_assert_true(grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  stream = fopen(ptsname(terminal), "w");
  g_assert_nonnull(stream);
  report_print(report, stream);
  fflush(stream);
  while (!g_str_has_suffix(text->str, end)) {
    char piece[100];
    ssize_t length = read(terminal, piece, sizeof piece);

    g_assert_cmpint((int)length, >, 0);
    g_string_append_len(text, piece, length);
  }
  fclose(stream);
  close(terminal);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_report_colours(void)
{
  static const struct {
    const char *term, *no_color, *text;
  } cases[] = {
    { "xterm", "",
      "\033[1mguest.xml:3:\033[0m \033[1;35mwarning:\033[0m <disk>: \\x1b[31m\r\n  it has no effect\r\n" },
    { "xterm", "1", "guest.xml:3: warning: <disk>: \\x1b[31m\r\n  it has no effect\r\n" },
    { "dumb", "", "guest.xml:3: warning: <disk>: \\x1b[31m\r\n  it has no effect\r\n" },
    { "", "", "guest.xml:3: warning: <disk>: \\x1b[31m\r\n  it has no effect\r\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(Report) report = report_new();
    g_autofree char *text = NULL;

    g_setenv("TERM", cases[i].term, TRUE);
    g_setenv("NO_COLOR", cases[i].no_color, TRUE);
    warn_on_line(report, 3, "\033[31m");
    text = print_on_terminal(report, "no effect\r\n");
    g_assert_cmpstr(text, ==, cases[i].text);
  }
}

static void test_report_moves(void)
{
  g_autoptr(Report) from = report_new();
  g_autoptr(Report) to = report_new();
  GError *error = NULL;
  g_autofree char *text = NULL;

  error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL, "no such file: 'x'");
  report_error(from, error);
  report_move_as_warnings(from, to);
  g_assert_cmpint(report_exit_code(to), ==, 0);
  text = print_report(to);
  g_assert_cmpstr(text, ==, "domrun: warning: no such file: 'x'\n");
}

static void test_quote_for_terminal(void)
{
  static const struct {
    const char *string;
    const char *quoted;
  } cases[] = {
    { "plain text, \xc3\xa4\xe2\x82\xac", "plain text, \xc3\xa4\xe2\x82\xac" },
    { "a\tb\r\x1b[2J\x7f", "a\\tb\\x0d\\x1b[2J\\x7f" },
    { "\xc2\x9b"
      "31m",
      "\\x9b"
      "31m" }, /* CSI as one character */
    { "a\xff"
      "b\xc3",
      "a\\xff"
      "b\\xc3" }, /* not UTF-8 */
    { "\xe2\x80\xae"
      "evil\xe2\x80\x8b",
      "\\u{202e}evil\\u{200b}" },
    { "\xef\xbb\xbf", "\\u{feff}" },
    { "\xd8\x9c\xc2\xad\xf3\xa0\x81\x81", "\\u{061c}\\xad\\u{e0041}" }, /* Arabic mark, soft hyphen, tag */
    { "\xe2\x80\xa8", "\\u{2028}" },
    { "", "" },
  };
  g_autofree char *kept = quote_for_terminal("a\nb", TRUE);
  g_autofree char *escaped = quote_for_terminal("a\nb", FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *quoted = quote_for_terminal(cases[i].string, FALSE);

    g_assert_cmpstr(quoted, ==, cases[i].quoted);
  }
  g_assert_cmpstr(kept, ==, "a\nb");
  g_assert_cmpstr(escaped, ==, "a\\nb");
}

static void test_quote_for_shell(void)
{
  g_autofree char *plain = quote_for_shell("/a/b,c=d:1@2%3+4-5_6.7");
  g_autofree char *empty = quote_for_shell("");
  g_autofree char *tilde = quote_for_shell("~root");
  g_autofree char *apostrophe = quote_for_shell("it's");
  g_autofree char *accent = quote_for_shell("\xc3\xa4 b");
  g_autofree char *controls = quote_for_shell("it's \\ \r\n\t\033[m\302\2331 \377");
  g_autofree char *marks = quote_for_shell("\xc3\xa4\xd8\x9c\xe2\x80\xae.txt");

  g_assert_cmpstr(plain, ==, "/a/b,c=d:1@2%3+4-5_6.7");
  g_assert_cmpstr(empty, ==, "''");
  g_assert_cmpstr(tilde, ==, "'~root'");
  g_assert_cmpstr(apostrophe, ==, "'it'\\''s'");
  g_assert_cmpstr(accent, ==, "'\xc3\xa4 b'");
  g_assert_cmpstr(controls, ==, "$'it\\'s \\\\ \\r\\n\\t\\033[m\\302\\2331 \\377'");
  g_assert_cmpstr(marks, ==, "$'\xc3\xa4\\330\\234\\342\\200\\256.txt'");
}

static void test_fd_ownership(void)
{
  int ends[2], copy;

  g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
  {
    autofd int reader = ends[0];
    autofd int writer = ends[1];

    copy = g_steal_fd(&writer);
    g_assert_cmpint(writer, ==, -1);
    g_assert_cmpint(reader, >=, 0);
    errno = ENOTTY;
  }
  g_assert_cmpint(errno, ==, ENOTTY);
  g_assert_cmpint(fcntl(ends[0], F_GETFD), ==, -1);
  g_assert_cmpint(fcntl(copy, F_GETFD), !=, -1);
  fd_clear(&copy);
  g_assert_cmpint(copy, ==, -1);
}

static gpointer write_slowly(gpointer data)
{
  autofd int fd = GPOINTER_TO_INT(data);
  g_autofree char *bytes = g_malloc0(1024 * 1024);

  g_assert_true(fd_write_all(fd, bytes, 1024 * 1024));
  return NULL;
}

static void test_fd_read_and_write(void)
{
  int ends[2];
  gsize length = 7;
  g_autofree char *bytes = NULL;
  g_autoptr(GThread) writer = NULL;
  autofd int reader = -1;

  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  reader = ends[0];
  g_assert_cmpint(fcntl(ends[1], F_SETFL, O_NONBLOCK), ==,
                  0); /* its buffer fills up, so that it has to wait */
  writer = g_thread_new("writer", write_slowly, GINT_TO_POINTER(ends[1]));
  bytes = fd_read_all(reader, 1024 * 1024, &length);
  g_thread_join(g_steal_pointer(&writer));
  g_assert_nonnull(bytes);
  g_assert_cmpuint(length, ==, 1024 * 1024);
  g_assert_cmpint(bytes[length], ==, '\0');
}

static void test_fd_errors(void)
{
  autofd int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  autofd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  autofd int directory = open("/", O_RDONLY | O_CLOEXEC);
  gsize length = 7;

  g_assert_null(fd_read_all(zeros, 100000, &length));
  g_assert_cmpint(errno, ==, EFBIG);
  g_assert_null(fd_read_all(directory, 100000, &length));
  g_assert_cmpint(errno, ==, EISDIR);
  g_assert_cmpuint(length, ==, 7);
  g_assert_false(fd_write_all(full, "x", 1));
  g_assert_cmpint(errno, ==, ENOSPC);
}

static void test_patience(void)
{
  static const char *const no_factors[] = { "0", "1001", "-1", "2.5", "x", "2 " };

  g_unsetenv("DOMRUN_PATIENCE");
  g_assert_cmpuint(patience_of(250), ==, 250);
  g_assert_true(patience_check(NULL));
  g_setenv("DOMRUN_PATIENCE", "40", /* overwrite= */ TRUE);
  g_assert_cmpuint(patience_of(250), ==, 10000);
  g_assert_cmpuint(patience_of(G_MAXUINT), ==, G_MAXINT);
  for (gsize i = 0; i < G_N_ELEMENTS(no_factors); i++) {
    g_autoptr(GError) error = NULL;

    g_setenv("DOMRUN_PATIENCE", no_factors[i], /* overwrite= */ TRUE);
    g_assert_false(patience_check(&error));
    g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_USAGE);
    g_assert_cmpuint(patience_of(250), ==, 250);
  }
  g_unsetenv("DOMRUN_PATIENCE");
}

/* 255 bytes, and no half of a character. */
static void test_file_name(void)
{
  g_autofree char *short_one = file_name_join("web", "-1.core");
  g_autofree char *long_name = g_strnfill(250, 'x'),
                  *umlauts = g_strconcat(long_name, "\303\244\303\244", NULL);
  g_autofree char *cut = file_name_join(umlauts, "-1.core"), *in_the_midst = file_name_join(umlauts, ".co");

  g_assert_cmpstr(short_one, ==, "web-1.core");
  g_assert_cmpuint(strlen(cut), ==, 255);
  g_assert_true(g_str_has_suffix(cut, "x-1.core"));
  g_assert_cmpuint(strlen(in_the_midst), ==, 255);
  g_assert_true(g_utf8_validate(in_the_midst, -1, NULL));
  {
    g_autofree char *odd = file_name_join(umlauts, ".cor");

    g_assert_cmpuint(strlen(odd), ==, 254); /* the room ends in the midst of the first umlaut */
    g_assert_true(g_str_has_suffix(odd, "x.cor"));
    g_assert_true(g_utf8_validate(odd, -1, NULL));
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/base/enum", test_enum);
  g_test_add_func("/base/nearest", test_nearest);
  g_test_add_func("/base/error/text", test_error_text);
  g_test_add_func("/base/error/text-is-one-line", test_error_text_is_one_line);
  g_test_add_func("/base/error/without-place", test_error_without_place);
  g_test_add_func("/base/error/exit-codes", test_exit_codes);
  g_test_add_func("/base/report/prints", test_report);
  g_test_add_func("/base/report/moves", test_report_moves);
  g_test_add_func("/base/report/groups", test_report_groups);
  g_test_add_func("/base/report/concludes", test_report_concludes);
  g_test_add_func("/base/report/bounded", test_report_is_bounded);
  g_test_add_func("/base/report/quiet", test_report_is_quiet);
  g_test_add_func("/base/report/colours", test_report_colours);
  g_test_add_func("/base/quote/terminal", test_quote_for_terminal);
  g_test_add_func("/base/quote/shell", test_quote_for_shell);
  g_test_add_func("/base/fd/ownership", test_fd_ownership);
  g_test_add_func("/base/fd/read-and-write", test_fd_read_and_write);
  g_test_add_func("/base/fd/errors", test_fd_errors);
  g_test_add_func("/base/file-name", test_file_name);
  g_test_add_func("/base/patience", test_patience);
  return g_test_run();
}
