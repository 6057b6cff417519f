/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Consoles alone: a socket pair stands for QEMU, socket pairs, pipes and pseudo terminals for the viewers,
 * and all of it runs in one main loop. Nothing here counts on the speed of the machine: who must not be
 * passed over has endless patience, who must be has little, and what happens is waited for.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "console/attachment.h"
#include "console/console.h"
#include "console/pty.h"
#include "console/ring.h"
#include "console/terminal.h"

enum {
  DEADLINE = 120 * 1000, /* of a test that hangs, in milliseconds */
  ENDLESS = 1000 * 1000,
  LITTLE = 20,
};

/* ---- Waiting ---- */

static gboolean on_deadline(gpointer user_data)
{
  g_assert_not_reached();
  return G_SOURCE_REMOVE;
}

/* Runs the main loop until @is_so says so. */
static void wait_until(gboolean (*is_so)(gpointer user_data), gpointer user_data)
{
  guint deadline = g_timeout_add(DEADLINE, on_deadline, NULL);

  while (!is_so(user_data))
    g_main_context_iteration(NULL, TRUE);
  g_source_remove(deadline);
}

/* Until nothing is left to be done that is ready now. */
static void settle(void)
{
  while (g_main_context_iteration(NULL, FALSE))
    ;
}

/* ---- The two ends ---- */

static void make_sockets(int fds[2], int send_buffer)
{
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
  if (send_buffer > 0)
    g_assert_cmpint(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer), ==, 0);
}

/* QEMU: writes pseudo-random bytes, @left of them, as fast as they are taken. */
typedef struct {
  int fd;
  FdWatch *watch;
  guint64 left;
  guint64 random;
  GChecksum *sum;
  guint8 block[16384];
  gsize start;
  gsize end;
  GByteArray *typed; /* what it has read */
} Guest;

static void fill_block(Guest *guest)
{
  for (gsize i = 0; i < sizeof guest->block; i += sizeof guest->random) {
    guest->random = guest->random * 6364136223846793005u + 1442695040888963407u;
    memcpy(guest->block + i, &guest->random, sizeof guest->random);
  }
  guest->start = 0;
  guest->end = (gsize)MIN(sizeof guest->block, guest->left);
  g_checksum_update(guest->sum, guest->block, (gssize)guest->end);
}

static void on_guest(GIOCondition ready, gpointer user_data)
{
  Guest *guest = user_data;
  ssize_t put;

  if (guest->start == guest->end)
    fill_block(guest);
  put = write(guest->fd, guest->block + guest->start, guest->end - guest->start);
  g_assert_true(put >= 0 || errno == EAGAIN);
  guest->start += (gsize)MAX(put, 0);
  guest->left -= (guint64)MAX(put, 0);
  if (guest->left == 0)
    fd_watch_set(guest->watch, 0);
}

static Guest *guest_new(Console *console)
{
  Guest *guest = g_new0(Guest, 1);
  int fds[2];

  make_sockets(fds, 0);
  guest->fd = fds[1];
  guest->watch = fd_watch_new(NULL, fds[1], on_guest, guest);
  guest->sum = g_checksum_new(G_CHECKSUM_SHA256);
  guest->random = 42;
  guest->typed = g_byte_array_new();
  console_connect(console, fds[0]);
  return guest;
}

static void guest_free(Guest *guest)
{
  fd_watch_free(guest->watch);
  fd_clear(&guest->fd);
  g_checksum_free(guest->sum);
  g_byte_array_unref(guest->typed);
  g_free(guest);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)

static void guest_flood(Guest *guest, guint64 length)
{
  guest->left += length;
  fd_watch_set(guest->watch, G_IO_OUT);
}

static void guest_say(const Guest *guest, const char *text)
{
  g_assert_cmpint(write(guest->fd, text, strlen(text)), ==, (gssize)strlen(text));
}

static gboolean guest_has_written_all(gpointer user_data)
{
  const Guest *guest = user_data;

  return guest->left == 0;
}

static void guest_read(Guest *guest)
{
  guint8 bytes[65536];
  ssize_t got;

  while ((got = read(guest->fd, bytes, sizeof bytes)) > 0)
    g_byte_array_append(guest->typed, bytes, (guint)got);
}

/* A viewer's far end. */
typedef struct {
  int fd;
  FdWatch *watch;
  guint64 got;
  GChecksum *sum;
  GString *last; /* the last bytes that came */
  gboolean has_ended;
} Reader;

static gboolean read_some(Reader *reader, gsize limit)
{
  char bytes[65536];
  ssize_t got = read(reader->fd, bytes, MIN(limit, sizeof bytes));

  if (got == 0 || (got < 0 && errno == EIO)) {
    reader->has_ended = TRUE;
    fd_watch_set(reader->watch, 0);
  }
  if (got <= 0)
    return FALSE;
  reader->got += (guint64)got;
  g_checksum_update(reader->sum, (const guchar *)bytes, got);
  g_string_append_len(reader->last, bytes, got);
  if (reader->last->len > RING_SIZE)
    g_string_erase(reader->last, 0, (gssize)(reader->last->len - RING_SIZE));
  return TRUE;
}

static void on_reader(GIOCondition ready, gpointer user_data)
{
  read_some(user_data, G_MAXSIZE);
}

/* Takes @fd. */
static Reader *reader_new(int fd)
{
  Reader *reader = g_new0(Reader, 1);

  reader->fd = fd;
  reader->watch = fd_watch_new(NULL, fd, on_reader, reader);
  reader->sum = g_checksum_new(G_CHECKSUM_SHA256);
  reader->last = g_string_new(NULL);
  return reader;
}

static void reader_free(Reader *reader)
{
  fd_watch_free(reader->watch);
  fd_clear(&reader->fd);
  g_checksum_free(reader->sum);
  g_string_free(reader->last, TRUE);
  g_free(reader);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reader, reader_free)

static void reader_begin(Reader *reader)
{
  fd_watch_set(reader->watch, G_IO_IN);
}

typedef struct {
  const Reader *reader;
  guint64 length;
  const char *text;
} Awaited;

static gboolean has_come(gpointer user_data)
{
  const Awaited *awaited = user_data;

  const GString *last = awaited->reader->last;
  gsize length;

  if (!awaited->text)
    return awaited->reader->got >= awaited->length;
  length = strlen(awaited->text);
  return last->len >= length && memcmp(last->str + last->len - length, awaited->text, length) == 0;
}

static void expect_length(const Reader *reader, guint64 length)
{
  Awaited awaited = { .reader = reader, .length = length };

  wait_until(has_come, &awaited);
  g_assert_cmpuint(reader->got, ==, length);
}

static void expect_text(const Reader *reader, const char *text)
{
  Awaited awaited = { .reader = reader, .text = text };

  wait_until(has_come, &awaited);
}

/* ---- One console ---- */

typedef struct {
  Console *console;
  Guest *guest;
  gboolean is_finished;
  guint lost;
} Fixture;

static void on_finished(gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->is_finished = TRUE;
}

static void on_lost(gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->lost++;
}

static gboolean is_finished(gpointer user_data)
{
  const Fixture *fixture = user_data;

  return fixture->is_finished;
}

static gboolean is_one_lost(gpointer user_data)
{
  const Fixture *fixture = user_data;

  return fixture->lost > 0;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
  fixture->console = console_new(NULL, on_finished, fixture);
  fixture->guest = guest_new(fixture->console);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
  guest_free(fixture->guest);
  console_free(fixture->console);
}

/* A viewer on a socket of which the console has @near. */
static Viewer *add_viewer(Fixture *fixture, int near, guint patience)
{
  const ViewerOptions options = { .in = near,
                                  .out = near,
                                  .patience = patience,
                                  .input_limit = INPUT_LIMIT,
                                  .lost = on_lost,
                                  .user_data = fixture };

  return console_add_viewer(fixture->console, &options);
}

/* ---- Output ---- */

static void test_all_bytes(Fixture *fixture, gconstpointer data)
{
  enum { VIEWERS = 5, SIZE = 64 * 1024 * 1024 };
  Reader *readers[VIEWERS];
  int near[VIEWERS];

  for (guint i = 0; i < VIEWERS; i++) {
    int fds[2];

    make_sockets(fds, 0);
    near[i] = fds[0];
    add_viewer(fixture, near[i], ENDLESS);
    readers[i] = reader_new(fds[1]);
    reader_begin(readers[i]);
  }
  guest_flood(fixture->guest, SIZE);
  for (guint i = 0; i < VIEWERS; i++)
    expect_length(readers[i], SIZE);
  for (guint i = 0; i < VIEWERS; i++) {
    g_assert_cmpstr(g_checksum_get_string(readers[i]->sum), ==, g_checksum_get_string(fixture->guest->sum));
    reader_free(readers[i]);
  }
  settle();
  for (guint i = 0; i < VIEWERS; i++)
    close(near[i]);
  g_assert_cmpuint(fixture->lost, ==, 0);
}

/* The slowest one sets the pace as long as it is patient enough: nothing is lost. */
static void test_slow_reader_loses_nothing(Fixture *fixture, gconstpointer data)
{
  enum { SIZE = 2 * 1024 * 1024 };
  g_autoptr(Reader) reader = NULL;
  int fds[2];

  make_sockets(fds, 4096);
  add_viewer(fixture, fds[0], ENDLESS);
  reader = reader_new(fds[1]);
  guest_flood(fixture->guest, SIZE);
  while (reader->got < SIZE) {
    settle();
    read_some(reader, 1500);
  }
  g_assert_cmpstr(g_checksum_get_string(reader->sum), ==, g_checksum_get_string(fixture->guest->sum));
  close(fds[0]);
}

static void test_who_does_not_read_is_passed_over(Fixture *fixture, gconstpointer data)
{
  enum { SIZE = 4 * 1024 * 1024 };
  g_autoptr(Reader) reader = NULL;
  g_autoptr(Reader) sleeper = NULL;
  g_autofree char *end = NULL;
  guint64 buffered;
  int fds[2], sleeping[2];

  make_sockets(fds, 0);
  make_sockets(sleeping, 4096);
  add_viewer(fixture, fds[0], ENDLESS);
  add_viewer(fixture, sleeping[0], LITTLE);
  reader = reader_new(fds[1]);
  sleeper = reader_new(sleeping[1]);
  reader_begin(reader);
  guest_flood(fixture->guest, SIZE);
  wait_until(guest_has_written_all, fixture->guest);
  expect_length(reader, SIZE);
  g_assert_cmpuint(fixture->lost, ==, 1);

  /* It wakes, and gets what its socket holds, and then the last 64 KiB. */
  while (read_some(sleeper, G_MAXSIZE))
    ;
  buffered = sleeper->got;
  g_assert_cmpuint(buffered, <, 64 * 1024);
  reader_begin(sleeper);
  expect_length(sleeper, buffered + RING_SIZE);
  g_assert_cmpmem(sleeper->last->str, sleeper->last->len, reader->last->str, reader->last->len);

  /* From then on it counts as before. */
  end = g_strnfill(1000, 'e');
  guest_say(fixture->guest, end);
  expect_text(sleeper, end);
  expect_length(sleeper, buffered + RING_SIZE + 1000);
  close(fds[0]);
  close(sleeping[0]);
}

static gboolean on_drip(gpointer user_data)
{
  Reader *reader = user_data;

  read_some(reader, 1024);
  return G_SOURCE_CONTINUE;
}

/* Each of its reads makes progress, within its patience, but not enough of it. */
static void test_who_reads_too_slowly_is_passed_over(Fixture *fixture, gconstpointer data)
{
  enum { SIZE = 4 * 1024 * 1024, INTERVAL = 250, PATIENCE = 600 };
  g_autoptr(Reader) reader = NULL;
  guint drip;
  int fds[2];

  make_sockets(fds, 4096);
  add_viewer(fixture, fds[0], PATIENCE);
  reader = reader_new(fds[1]);
  guest_flood(fixture->guest, SIZE);
  drip = g_timeout_add(INTERVAL, on_drip, reader);
  wait_until(is_one_lost, fixture);
  wait_until(guest_has_written_all, fixture->guest);
  g_source_remove(drip);
  /* At most what was buffered, and what gave back less time than was used. */
  g_assert_cmpuint(reader->got, <, 64 * 1024);
  close(fds[0]);
}

static void test_late_viewer_gets_the_ring(Fixture *fixture, gconstpointer data)
{
  enum { SIZE = 3 * RING_SIZE + 1234 };
  g_autoptr(Reader) first = NULL;
  g_autoptr(Reader) late = NULL;
  int fds[2], others[2];

  guest_say(fixture->guest, "nobody is there");
  settle();
  make_sockets(fds, 0);
  add_viewer(fixture, fds[0], ENDLESS);
  first = reader_new(fds[1]);
  reader_begin(first);
  expect_text(first, "nobody is there");
  guest_flood(fixture->guest, SIZE);
  expect_length(first, strlen("nobody is there") + SIZE);

  make_sockets(others, 0);
  add_viewer(fixture, others[0], ENDLESS);
  late = reader_new(others[1]);
  reader_begin(late);
  expect_length(late, RING_SIZE);
  g_assert_cmpmem(late->last->str, late->last->len, first->last->str, first->last->len);
  close(fds[0]);
  close(others[0]);
}

static void test_reader_that_has_gone(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Reader) reader = NULL;
  int fds[2], gone[2];

  make_sockets(gone, 0);
  add_viewer(fixture, gone[0], ENDLESS);
  close(gone[1]);
  make_sockets(fds, 0);
  add_viewer(fixture, fds[0], ENDLESS);
  reader = reader_new(fds[1]);
  reader_begin(reader);
  guest_flood(fixture->guest, 1024 * 1024);
  expect_length(reader, 1024 * 1024);
  close(fds[0]);
  close(gone[0]);
}

/* ---- Input ---- */

static void type(int fd, const char *text)
{
  g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
}

static void test_typists_in_order(Fixture *fixture, gconstpointer data)
{
  g_autoptr(GString) expected = g_string_new(NULL);
  int first[2], second[2];

  make_sockets(first, 0);
  make_sockets(second, 0);
  add_viewer(fixture, first[0], ENDLESS);
  add_viewer(fixture, second[0], ENDLESS);
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *text = g_strdup_printf("<%u>", i);

    type(i % 2 ? first[1] : second[1], text);
    g_string_append(expected, text);
    settle();
    guest_read(fixture->guest);
  }
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, expected->str, expected->len);
  for (guint i = 0; i < 2; i++) {
    close(first[i]);
    close(second[i]);
  }
}

/* As much as is taken: while nobody reads at the far end, it must come to an end. */
static void type_as_much_as_is_taken(int fd, GByteArray *typed)
{
  gboolean is_taken = TRUE;

  while (is_taken) {
    guint8 bytes[1000];
    ssize_t put;

    for (guint i = 0; i < sizeof bytes; i++)
      bytes[i] = (guint8)((typed->len + i) ^ ((typed->len + i) >> 8));
    put = write(fd, bytes, sizeof bytes);
    is_taken = put > 0;
    if (is_taken)
      g_byte_array_append(typed, bytes, (guint)put);
    settle();
  }
}

static void test_guest_that_takes_no_input(Fixture *fixture, gconstpointer data)
{
  g_autoptr(GByteArray) typed = g_byte_array_new();
  g_autoptr(Reader) reader = NULL;
  int fds[2];

  make_sockets(fds, 0);
  add_viewer(fixture, fds[0], ENDLESS);
  reader = reader_new(fds[1]);
  type_as_much_as_is_taken(fds[1], typed);
  g_assert_cmpuint(typed->len, <, 1024 * 1024); /* what two sockets hold */

  /* It prints all the same. */
  guest_say(fixture->guest, "busy");
  reader_begin(reader);
  expect_text(reader, "busy");

  while (fixture->guest->typed->len < typed->len) {
    guest_read(fixture->guest);
    settle();
  }
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, typed->data, typed->len);
  close(fds[0]);
}

static gboolean find_x(guint8 *bytes, gsize *length, gpointer user_data)
{
  const guint8 *x = memchr(bytes, 'x', *length);

  if (x)
    *length = (gsize)(x - bytes);
  return x != NULL;
}

static void on_leave(gpointer user_data)
{
  gboolean *has_left = user_data;

  *has_left = TRUE;
}

static gboolean is_true(gpointer user_data)
{
  const gboolean *is_so = user_data;

  return *is_so;
}

static void test_escape(Fixture *fixture, gconstpointer data)
{
  gboolean has_left = FALSE;
  ViewerOptions options = { .out = -1,
                            .patience = ENDLESS,
                            .input_limit = INPUT_LIMIT,
                            .filter = find_x,
                            .leave = on_leave,
                            .user_data = &has_left };
  int fds[2];

  make_sockets(fds, 0);
  options.in = fds[0];
  console_add_viewer(fixture->console, &options);
  type(fds[1], "before");
  settle();
  g_assert_false(has_left);
  type(fds[1], " it\x78 after");
  wait_until(is_true, &has_left);
  guest_read(fixture->guest);
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "before it", 9);
  close(fds[0]);
  close(fds[1]);
}

static void test_end_of_input(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Reader) reader = NULL;
  int fds[2];

  make_sockets(fds, 0);
  add_viewer(fixture, fds[0], ENDLESS);
  reader = reader_new(fds[1]);
  type(fds[1], "last words");
  shutdown(fds[1], SHUT_WR);
  settle();
  guest_read(fixture->guest);
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "last words", 10);
  guest_say(fixture->guest, "still heard");
  reader_begin(reader);
  expect_text(reader, "still heard");
  close(fds[0]);
}

/* ---- QEMU's end and its next beginning ---- */

static void restart(Fixture *fixture)
{
  fd_clear(&fixture->guest->fd);
  console_finish(fixture->console, /* is_final= */ FALSE);
  wait_until(is_finished, fixture);
  fixture->is_finished = FALSE;
  guest_free(fixture->guest);
  fixture->guest = guest_new(fixture->console);
}

static void test_restart(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);
  g_autoptr(Reader) reader = NULL;
  g_autofree char *path = g_strdup(pty_path(pty));
  int fds[2];

  make_sockets(fds, 0);
  add_viewer(fixture, fds[0], ENDLESS);
  reader = reader_new(fds[1]);
  reader_begin(reader);
  guest_say(fixture->guest, "the first's last words\n");
  restart(fixture);
  expect_text(reader, "last words\n");

  guest_say(fixture->guest, "the second's first\n");
  expect_text(reader, "the first's last words\nthe second's first\n");
  type(fds[1], "to the second");
  settle();
  guest_read(fixture->guest);
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "to the second", 13);
  g_assert_cmpstr(pty_path(pty), ==, path);
  close(fds[0]);
}

/* What was typed while there was no QEMU is the next one's. */
static void test_typed_between(Fixture *fixture, gconstpointer data)
{
  int fds[2];

  make_sockets(fds, 0);
  add_viewer(fixture, fds[0], ENDLESS);
  fd_clear(&fixture->guest->fd);
  console_finish(fixture->console, /* is_final= */ FALSE);
  type(fds[1], "between");
  settle();
  guest_free(fixture->guest);
  fixture->guest = guest_new(fixture->console);
  settle();
  guest_read(fixture->guest);
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "between", 7);
  close(fds[0]);
  close(fds[1]);
}

static void test_end(Fixture *fixture, gconstpointer data)
{
  enum { SIZE = 100 * 1000 }; /* more than the ring: the rest is in QEMU's socket */
  g_autoptr(Reader) reader = NULL;
  ViewerOptions options = { .in = -1, .patience = ENDLESS, .is_waited_for = TRUE };
  int fds[2], silent[2];

  make_sockets(fds, 4096);
  make_sockets(silent, 4096);
  options.out = fds[0];
  console_add_viewer(fixture->console, &options);
  reader = reader_new(fds[1]);
  guest_flood(fixture->guest, SIZE);
  wait_until(guest_has_written_all, fixture->guest);
  add_viewer(fixture, silent[0], ENDLESS); /* is not waited for */
  fd_clear(&fixture->guest->fd);
  console_finish(fixture->console, /* is_final= */ TRUE);
  settle();
  g_assert_false(fixture->is_finished);
  reader_begin(reader);
  wait_until(is_finished, fixture);
  expect_length(reader, SIZE);
  g_assert_cmpstr(g_checksum_get_string(reader->sum), ==, g_checksum_get_string(fixture->guest->sum));
  g_assert_cmpuint(fixture->lost, <=, 1);
  close(fds[0]);
  close(silent[0]);
  close(silent[1]);
}

/* ---- Files ---- */

static void test_full_disk(Fixture *fixture, gconstpointer data)
{
  const ViewerOptions options = {
    .in = -1, .out = open("/dev/full", O_WRONLY | O_CLOEXEC), .patience = ENDLESS, .is_shared = TRUE
  };
  g_autoptr(Reader) reader = NULL;
  int fds[2];

  console_add_viewer(fixture->console, &options);
  make_sockets(fds, 0);
  add_viewer(fixture, fds[0], ENDLESS);
  reader = reader_new(fds[1]);
  reader_begin(reader);
  guest_flood(fixture->guest, 1024 * 1024);
  expect_length(reader, 1024 * 1024);
  close(fds[0]);
  close(options.out);
}

/* ---- Attachments ---- */

static void on_left(Attachment *attachment, gpointer user_data)
{
  gboolean *has_left = user_data;

  *has_left = TRUE;
}

static void test_attachment(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Reader) reader = NULL;
  gboolean has_left = FALSE;
  Attachment *attachment;
  int fd;

  attachment = attachment_new(NULL, fixture->console, &fd, on_left, &has_left, NULL);
  g_assert_nonnull(attachment);
  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  reader = reader_new(fd);
  reader_begin(reader);
  guest_flood(fixture->guest, 1024 * 1024);
  expect_length(reader, 1024 * 1024);

  /* It has nothing more to type, and still reads. */
  type(fd, "the last that it types");
  shutdown(fd, SHUT_WR);
  settle();
  guest_say(fixture->guest, "heard");
  expect_text(reader, "heard");
  g_assert_false(has_left);

  fd_watch_set(reader->watch, 0);
  fd_clear(&reader->fd);
  wait_until(is_true, &has_left);
  attachment_free(attachment);
  guest_read(fixture->guest);
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "the last that it types", 22);
}

/* What it typed is passed on when the guest takes it. */
static void test_attachment_that_hangs_up(Fixture *fixture, gconstpointer data)
{
  g_autoptr(GByteArray) typed = g_byte_array_new();
  gboolean has_left = FALSE;
  Attachment *attachment;
  int fd;

  attachment = attachment_new(NULL, fixture->console, &fd, on_left, &has_left, NULL);
  g_assert_nonnull(attachment);
  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  type(fd, "hello");
  close(fd);
  wait_until(is_true, &has_left);
  guest_read(fixture->guest);
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "hello", 5);
  attachment_free(attachment);
}

/* ---- Pseudo terminals ---- */

static int open_terminal(const char *path)
{
  int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

  g_assert_cmpint(fd, >=, 0);
  return fd;
}

static void test_terminal_both_ways(Fixture *fixture, gconstpointer data)
{
  enum { SIZE = 4 * 1024 * 1024 };
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);
  g_autoptr(Reader) reader = NULL;
  g_autoptr(GByteArray) typed = g_byte_array_new();

  reader = reader_new(open_terminal(pty_path(pty)));
  reader_begin(reader);
  settle();
  guest_flood(fixture->guest, SIZE);
  expect_length(reader, SIZE);
  g_assert_cmpstr(g_checksum_get_string(reader->sum), ==, g_checksum_get_string(fixture->guest->sum));

  type(reader->fd, "\x03\x04\x1a\r\n\xff"); /* raw */
  while (fixture->guest->typed->len < 6) {
    g_main_context_iteration(NULL, TRUE);
    guest_read(fixture->guest);
  }
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "\x03\x04\x1a\r\n\xff", 6);
}

static void test_terminal_opened_again(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);

  guest_say(fixture->guest, "before anybody came;");
  settle();
  for (guint i = 0; i < 20; i++) {
    g_autoptr(Reader) reader = reader_new(open_terminal(pty_path(pty)));
    g_autofree char *between = g_strdup_printf("after %u;", i);
    struct termios mode;

    reader_begin(reader);
    expect_text(reader, i == 0 ? "before anybody came;" : "meanwhile;");
    g_assert_cmpstr(reader->last->str, ==, i == 0 ? "before anybody came;" : "meanwhile;");
    g_assert_cmpint(tcgetattr(reader->fd, &mode), ==, 0);
    g_assert_cmpint(mode.c_lflag & (ECHO | ICANON | ISIG), ==, 0);
    g_byte_array_set_size(fixture->guest->typed, 0);
    type(reader->fd, between);
    while (fixture->guest->typed->len < strlen(between)) {
      g_main_context_iteration(NULL, TRUE);
      guest_read(fixture->guest);
    }
    g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, between, strlen(between));
    fd_watch_set(reader->watch, 0);
    fd_clear(&reader->fd);
    settle();
    guest_say(fixture->guest, "meanwhile;");
    settle();
  }
}

/* Two have it open, one of them leaves. */
static void test_terminal_shared(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);
  g_autoptr(Reader) stays = NULL;
  int others[3];

  stays = reader_new(open_terminal(pty_path(pty)));
  for (guint i = 0; i < G_N_ELEMENTS(others); i++)
    others[i] = open_terminal(pty_path(pty));
  settle();
  for (guint i = 0; i < G_N_ELEMENTS(others); i++)
    close(others[i]);
  settle();
  guest_say(fixture->guest, "still here");
  reader_begin(stays);
  expect_text(stays, "still here");
}

/* What was typed by somebody who has left is the guest's. */
static void test_terminal_of_a_short_visitor(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);
  int fd;

  settle();
  fd = open_terminal(pty_path(pty));
  type(fd, "hello");
  close(fd);
  while (fixture->guest->typed->len < 5) {
    g_main_context_iteration(NULL, TRUE);
    guest_read(fixture->guest);
  }
  g_assert_cmpmem(fixture->guest->typed->data, fixture->guest->typed->len, "hello", 5);
  settle(); /* comes to rest, though the terminal says for ever that it is hung up */
}

/* Other terminals of the host are none of its business. */
static void test_terminals_of_others(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Console) other = console_new(NULL, NULL, NULL);
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);
  g_autoptr(Pty) others = pty_new(NULL, other, NULL);
  g_autofree char *path = g_strdup(pty_path(others));
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  char unwatched[64];

  g_assert_true(unlockpt(master) == 0 && ptsname_r(master, unwatched, sizeof unwatched) == 0);
  settle();
  for (guint i = 0; i < 10; i++) {
    close(open_terminal(unwatched));
    g_assert_false(g_main_context_pending(NULL));
  }
  close(master);
  close(open_terminal(path));
  g_assert_true(g_main_context_pending(NULL)); /* that is how it shows */
  settle();
}

static void on_pty_finished(gpointer user_data)
{
  gboolean *is_finished = user_data;

  *is_finished = TRUE;
}

static void finish(Fixture *fixture)
{
  fd_clear(&fixture->guest->fd);
  console_finish(fixture->console, /* is_final= */ TRUE);
  wait_until(is_finished, fixture);
}

static void test_terminal_at_the_end(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);
  g_autoptr(Reader) reader = reader_new(open_terminal(pty_path(pty)));
  gboolean is_pty_finished = FALSE;

  settle();
  guest_say(fixture->guest, "farewell");
  finish(fixture);
  reader_begin(reader);
  pty_finish(pty, on_pty_finished, &is_pty_finished);
  wait_until(is_true, &is_pty_finished);
  g_clear_pointer(&pty, pty_free);
  expect_text(reader, "farewell");
}

/* Nobody reads: it ends all the same; nobody is there: at once. */
static void test_terminal_unread_at_the_end(Fixture *fixture, gconstpointer data)
{
  g_autoptr(Pty) pty = pty_new(NULL, fixture->console, NULL);
  g_autoptr(Pty) lonely = pty_new(NULL, fixture->console, NULL);
  gboolean is_pty_finished = FALSE;
  int fd = open_terminal(pty_path(pty));

  settle();
  guest_say(fixture->guest, "farewell");
  finish(fixture);
  pty_finish(lonely, on_pty_finished, &is_pty_finished);
  g_assert_true(is_pty_finished);
  is_pty_finished = FALSE;
  pty_finish(pty, on_pty_finished, &is_pty_finished);
  g_assert_false(is_pty_finished);
  wait_until(is_true, &is_pty_finished);
  close(fd);
}

/* ---- The user's terminal ---- */

static void assert_reset(const char *term, gboolean is_within_line, const char *head, const char *end)
{
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
  char path[64], bytes[1024];
  struct termios mode;
  gsize length = 0;

  g_assert_true(unlockpt(master) == 0 && ptsname_r(master, path, sizeof path) == 0);
  slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_assert_cmpint(tcgetattr(slave, &mode), ==, 0);
  cfmakeraw(&mode);
  g_assert_cmpint(tcsetattr(slave, TCSANOW, &mode), ==, 0);
  g_setenv("TERM", term, TRUE);
  terminal_reset(slave, is_within_line);
  g_assert_cmpint(write(slave, "$", 1), ==, 1);
  do {
    ssize_t got = read(master, bytes + length, sizeof bytes - 1 - length);

    g_assert_cmpint(got, >, 0);
    length += (gsize)got;
  } while (bytes[length - 1] != '$');
  bytes[length] = 0;
  g_assert_true(g_str_has_prefix(bytes, head));
  g_assert_true(g_str_has_suffix(bytes, end));
  close(slave);
  close(master);
}

static void test_terminal_reset(void)
{
  int ends[2];

  assert_reset("xterm", TRUE, "\030\033\\\033[?1047l", "\033[0m\033[?25h\r\n$");
  assert_reset("xterm", FALSE, "\030\033\\\033[?1047l", "\033[0m\033[?25h$");
  assert_reset("dumb", TRUE, "\r\n$", "\r\n$");

  g_assert_cmpint(pipe2(ends, O_CLOEXEC | O_NONBLOCK), ==, 0);
  terminal_reset(ends[1], TRUE); /* is none */
  g_assert_cmpint(read(ends[0], &(char){ 0 }, 1), ==, -1);
  close(ends[0]);
  close(ends[1]);
}

static void test_within_line(Fixture *fixture, gconstpointer data)
{
  g_assert_false(console_is_within_line(fixture->console));
  guest_say(fixture->guest, "login: ");
  settle();
  g_assert_true(console_is_within_line(fixture->console));
  guest_say(fixture->guest, "root\r\n");
  settle();
  g_assert_false(console_is_within_line(fixture->console));
}

/* ---- Ring ---- */

static void test_ring(void)
{
  Ring ring;
  gsize length;
  guint8 next = 0;

  ring_init(&ring);
  g_assert_cmpuint(ring_start(&ring), ==, 0);
  while (ring.end < 5 * RING_SIZE) {
    guint8 *bytes = ring_reserve(&ring, 1000, &length);

    g_assert_cmpuint(length, >, 0);
    g_assert_cmpuint(length, <=, 1000);
    for (gsize i = 0; i < length; i++)
      bytes[i] = next++;
    ring_commit(&ring, length);
  }
  g_assert_cmpuint(ring_start(&ring), ==, ring.end - RING_SIZE);
  for (guint64 at = ring_start(&ring); at < ring.end; at += length) {
    const guint8 *bytes = ring_peek(&ring, at, &length);

    g_assert_cmpuint(length, >, 0);
    for (gsize i = 0; i < length; i++)
      g_assert_cmpuint(bytes[i], ==, (guint8)(at + i));
  }
  ring_peek(&ring, ring.end, &length);
  g_assert_cmpuint(length, ==, 0);
  ring_clear(&ring);
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  signal(SIGPIPE, SIG_IGN);
  g_test_add_func("/ring", test_ring);
  g_test_add_func("/terminal/reset", test_terminal_reset);
  ADD("/output/within-line", test_within_line);
  ADD("/output/all-bytes", test_all_bytes);
  ADD("/output/slow-reader-loses-nothing", test_slow_reader_loses_nothing);
  ADD("/output/who-does-not-read-is-passed-over", test_who_does_not_read_is_passed_over);
  ADD("/output/who-reads-too-slowly-is-passed-over", test_who_reads_too_slowly_is_passed_over);
  ADD("/output/late-viewer-gets-the-ring", test_late_viewer_gets_the_ring);
  ADD("/output/reader-that-has-gone", test_reader_that_has_gone);
  ADD("/output/full-disk", test_full_disk);
  ADD("/input/typists-in-order", test_typists_in_order);
  ADD("/input/guest-that-takes-none", test_guest_that_takes_no_input);
  ADD("/input/escape", test_escape);
  ADD("/input/end", test_end_of_input);
  ADD("/qemu/restart", test_restart);
  ADD("/qemu/typed-between", test_typed_between);
  ADD("/qemu/end", test_end);
  ADD("/attachment/whole", test_attachment);
  ADD("/terminal/both-ways", test_terminal_both_ways);
  ADD("/terminal/opened-again", test_terminal_opened_again);
  ADD("/terminal/shared", test_terminal_shared);
  ADD("/terminal/short-visitor", test_terminal_of_a_short_visitor);
  ADD("/terminal/of-others", test_terminals_of_others);
  ADD("/terminal/at-the-end", test_terminal_at_the_end);
  ADD("/terminal/unread-at-the-end", test_terminal_unread_at_the_end);
  ADD("/attachment/hangs-up", test_attachment_that_hangs_up);
  return g_test_run();
}
