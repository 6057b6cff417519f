/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that get what a guest writes: replaced at their size, and never through another's symbolic link.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/log-file.h"
#include "host/output-file.h"

typedef struct {
  char *directory;
  char *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
  fixture->directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  fixture->path = g_build_filename(fixture->directory, "log", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
  GDir *directory = g_dir_open(fixture->directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name(directory))) {
    g_autofree char *path = g_build_filename(fixture->directory, name, NULL);

    g_remove(path);
  }
  g_dir_close(directory);
  g_rmdir(fixture->directory);
  g_free(fixture->path);
  g_free(fixture->directory);
}

static char *numbered(const Fixture *fixture, int number)
{
  return number < 0 ? g_strdup(fixture->path) : g_strdup_printf("%s.%d", fixture->path, number);
}

/* What FILE (@number -1) or FILE.N has; NULL: it is not there. */
static char *contents(const Fixture *fixture, int number)
{
  g_autofree char *path = numbered(fixture, number);
  char *text = NULL;

  g_file_get_contents(path, &text, NULL, NULL);
  return text;
}

static void assert_contents(const Fixture *fixture, int number, const char *expected)
{
  g_autofree char *text = contents(fixture, number);

  g_assert_cmpstr(text, ==, expected);
}

static LogFile *open_log(const Fixture *fixture, gboolean append, guint64 size, guint backups)
{
  const LogLimits limits = { .size = size, .backups = backups };
  g_autoptr(GError) error = NULL;
  LogFile *log = log_file_open(fixture->path, append, &limits, NULL, &error);

  g_assert_no_error(error);
  g_assert_nonnull(log);
  return log;
}

static void put(LogFile *log, const char *text)
{
  gsize length = strlen(text);

  while (length > 0) {
    ssize_t count = log_file_write(log, (const guint8 *)text, length);

    g_assert_cmpint(count, >, 0);
    text += count;
    length -= (gsize)count;
  }
}

static char *repeat(char c, gsize count)
{
  return g_strnfill(count, c);
}

static void test_names(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 1000, 3);
  int fd = log_file_fd(log);

  for (char c = 'a'; c <= 'f'; c++) {
    g_autofree char *text = repeat(c, 1000);

    put(log, text);
  }
  for (int number = -1; number < 3; number++) {
    g_autofree char *expected = repeat((char)('e' - number), 1000);

    assert_contents(fixture, number, expected);
  }
  assert_contents(fixture, 3, NULL);
  g_assert_cmpint(log_file_fd(log), ==, fd);
}

/* Lines are not split, but for those that are longer than what is left empty for their sake. */
static void test_lines(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 1000, 3);
  g_autofree char *most = repeat('x', 950);
  g_autofree char *first = g_strconcat(most, "\n", NULL);
  g_autofree char *second = g_strconcat(most, "\nshort\n", NULL);
  g_autofree char *third = g_strconcat(second, "more than the rest of this log has room for\n", NULL);
  g_autofree char *long_line = repeat('y', 1500);

  put(log, first);
  put(log, third); /* one piece of two lines that fit and one that does not */
  put(log, long_line);
  assert_contents(fixture, 2, first);
  assert_contents(fixture, 1, second);
  {
    g_autofree char *text = contents(fixture, 0);

    g_assert_true(g_str_has_prefix(text, "more than the rest"));
    g_assert_cmpuint(strlen(text), ==, 1000);
  }
}

static void test_no_backups(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 100, 0);
  g_autofree char *first = repeat('a', 100);

  put(log, first);
  put(log, "second");
  assert_contents(fixture, -1, "second");
  assert_contents(fixture, 0, NULL);
}

static void test_never(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 0, 3);
  g_autofree char *text = repeat('a', 3 * 1024 * 1024);

  put(log, text);
  assert_contents(fixture, -1, text);
  assert_contents(fixture, 0, NULL);
}

static void test_append(Fixture *fixture, gconstpointer data)
{
  g_autofree char *old = repeat('a', 60);
  g_autofree char *new = repeat('b', 60);
  g_autofree char *both = g_strconcat(old, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", NULL);
  LogFile *log = open_log(fixture, FALSE, 100, 3);

  put(log, old);
  log_file_free(log);
  log = open_log(fixture, TRUE, 100, 3);
  put(log, new);
  log_file_free(log);
  assert_contents(fixture, 0, both);
  assert_contents(fixture, -1, "bbbbbbbbbbbbbbbbbbbb");

  log = open_log(fixture, FALSE, 100, 3); /* what is there goes, and the old ones stay */
  log_file_free(log);
  assert_contents(fixture, -1, "");
  assert_contents(fixture, 0, both);

  g_assert_true(g_file_set_contents(fixture->path, both, -1, NULL));
  log = open_log(fixture, TRUE, 50, 1); /* it is larger than it may be */
  put(log, "new");
  log_file_free(log);
  assert_contents(fixture, -1, "new");
  assert_contents(fixture, 0, both);
}

/* logrotate's copytruncate, say. */
static void test_emptied_by_others(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 1000, 3);
  g_autofree char *text = repeat('a', 1000);

  put(log, text);
  g_assert_cmpint(truncate(fixture->path, 0), ==, 0);
  put(log, "begins again");
  assert_contents(fixture, -1, "begins again");
  assert_contents(fixture, 0, NULL);
}

static void test_mode_is_kept(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 100, 3);
  g_autofree char *text = repeat('a', 100);
  struct stat status;

  g_assert_cmpint(chmod(fixture->path, 0640), ==, 0);
  put(log, text);
  put(log, "b");
  g_assert_cmpint(stat(fixture->path, &status), ==, 0);
  g_assert_cmpint(status.st_mode & 0777, ==, 0640);
}

/* Nothing is written beyond the size, and all is well again when the obstacle has gone. */
static void test_cannot_be_replaced(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 100, 1);
  g_autofree char *text = repeat('a', 100);
  g_autofree char *obstacle = numbered(fixture, 0);

  g_assert_cmpint(g_mkdir(obstacle, 0700), ==, 0);
  put(log, text);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint(log_file_write(log, (const guint8 *)"b", 1), ==, -1);
  assert_contents(fixture, -1, text);
  g_assert_cmpint(g_rmdir(obstacle), ==, 0);
  put(log, "b");
  assert_contents(fixture, -1, "b");
  assert_contents(fixture, 0, text);
}

/* In a directory of others somebody puts a link in the place of the new file. */
static void test_link_in_place_of_the_new_one(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 100, 0);
  g_autofree char *victim = g_build_filename(fixture->directory, "victim", NULL);
  g_autofree char *text = repeat('a', 100);

  put(log, text);
  g_assert_cmpint(g_remove(fixture->path), ==, 0);
  g_assert_cmpint(g_chmod(fixture->directory, 0500), ==, 0);
  if (geteuid() != 0) /* root may all the same */
    g_assert_cmpint(log_file_write(log, (const guint8 *)"b", 1), ==, -1);
  g_assert_cmpint(g_chmod(fixture->directory, 0700), ==, 0);
  g_assert_cmpint(symlink(victim, fixture->path), ==, 0);
  put(log, "b");
  assert_contents(fixture, -1, "b");
  g_assert_false(g_file_test(victim, G_FILE_TEST_EXISTS));
}

static void test_size_limit(Fixture *fixture, gconstpointer data)
{
  g_autoptr(LogFile) log = open_log(fixture, FALSE, 0, 0);
  const struct rlimit limit = { .rlim_cur = 1000, .rlim_max = RLIM_INFINITY };
  struct rlimit before;

  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
  signal(SIGXFSZ, SIG_IGN);
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
  for (guint i = 0; i < 100; i++)
    log_file_write(log, (const guint8 *)"twenty characters...", 20);
  g_assert_cmpint(log_file_write(log, (const guint8 *)"x", 1), ==, -1);
  g_assert_cmpint(errno, ==, EFBIG);
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
}

/* ---- Symbolic links ---- */

static int open_output(const char *path, GError **error)
{
  return output_file_open(path, /* append= */ FALSE, NULL, NULL, error);
}

static void test_links(Fixture *fixture, gconstpointer data)
{
  g_autofree char *victim = g_build_filename(fixture->directory, "victim", NULL);
  g_autoptr(GError) error = NULL;
  autofd int fd = -1;

  g_assert_cmpint(symlink(victim, fixture->path), ==, 0);
  fd = open_output(fixture->path, &error); /* one's own directory */
  g_assert_no_error(error);
  g_assert_cmpint(g_remove(victim), ==, 0);
  fd_clear(&fd);

  g_assert_cmpint(g_chmod(fixture->directory, 01777), ==, 0); /* like /tmp */
  fd = open_output(fixture->path, &error);
  g_assert_cmpint(fd, ==, -1);
  g_assert_nonnull(error);
  g_assert_nonnull(strstr(error->message, fixture->path));
  g_assert_false(g_file_test(victim, G_FILE_TEST_EXISTS));
  g_clear_error(&error);

  fd = open_output(victim, &error);
  g_assert_no_error(error);
}

static void test_names_of_paths(void)
{
  g_assert_cmpstr(output_file_name("/a/b"), ==, "b");
  g_assert_cmpstr(output_file_name("b"), ==, "b");
  g_assert_cmpstr(output_file_name("/a/"), ==, ".");
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  ADD("/log/names", test_names);
  ADD("/log/lines", test_lines);
  ADD("/log/no-backups", test_no_backups);
  ADD("/log/never", test_never);
  ADD("/log/append", test_append);
  ADD("/log/emptied-by-others", test_emptied_by_others);
  ADD("/log/mode-is-kept", test_mode_is_kept);
  ADD("/log/cannot-be-replaced", test_cannot_be_replaced);
  ADD("/log/link-in-place-of-the-new-one", test_link_in_place_of_the_new_one);
  ADD("/log/size-limit", test_size_limit);
  ADD("/output/links", test_links);
  g_test_add_func("/output/names", test_names_of_paths);
  return g_test_run();
}
