/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Output. What QEMU writes is read straight into a ring of 64 KiB; each viewer has a place in it. QEMU is
 * read only as long as no viewer that counts would lose something by it: the slowest reader sets the pace,
 * but not for ever. Each viewer has an allowance of time. What it holds the guest up is taken from that, and
 * what it reads gives time back at PACE, up to its patience, so that nobody slows the guest down below PACE
 * for longer than his patience, whether he reads nothing or a byte now and then. A viewer without allowance
 * is "stalled" and does not count any more; the ring runs over its place. It counts again when it has caught
 * up with the end. One that is absent never counts.
 *
 * A guest's serial port gives one byte at a time, and who is woken for each of them takes more of the
 * processor than the guest does. So what comes right after little else is given a moment for company; what
 * comes after a pause, as the echo of a key does, is read at once.
 *
 * Input. What the viewers type waits in one small buffer until QEMU takes it; while the buffer is full they
 * are not read, so that a pipe or a terminal makes its writer wait.
 *
 * Everything is driven by poll(2) through the main loop: after each step update() says for every descriptor
 * what it waits for next. There is one timer, for the allowance that runs out first, and it runs only while
 * somebody is waited for.
 */
#include "config.h"

#include "console/console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/fd-watch.h"
#include "base/patience.h"
#include "console/ring.h"

struct Viewer {
  Console *console;
  ViewerOptions options;
  FdWatch *in_watch; /* NULL: nothing is typed, or its end was reached */
  FdWatch *out_watch;
  guint64 place; /* in the ring: what was written to it; may lie before the ring's start where it stalled */
  gint64 allowance;  /* how long it may still hold the guest up, in microseconds */
  gint64 held_since; /* when that was last taken from; 0: it does not hold it up */
  gboolean is_present;
  gboolean is_stalled;
  gboolean is_full;      /* its file has no room: said once, until it has */
  gboolean is_suspended; /* its input is not readable for now */
};

struct Console {
  GMainContext *context;
  int fd; /* QEMU's socket; -1: there is none */
  FdWatch *watch;
  Ring ring;
  gint64 read_at;     /* when QEMU was last read */
  gsize read_length;  /* and how much that was */
  GByteArray *input;  /* what QEMU has not taken yet */
  GPtrArray *viewers; /* of Viewer */
  GSource *patience;
  gboolean is_finishing; /* QEMU has ended: read what is left, wait for nothing */
  gboolean is_final;     /* and show it, for no QEMU follows */
  gboolean is_finished;
  void (*finished)(gpointer user_data);
  gpointer user_data;
};

/* How long the end of the guest waits for viewers that do not read, in milliseconds. */
enum { FINAL_PATIENCE = 250 };

/* Bytes in a millisecond: no less than a serial line of 115,200 baud carries, so that a guest that is held up
 * by a slow reader is no slower than on real hardware. */
enum { PACE = 16 };

/* The moment, in microseconds: a socket takes some 270 single bytes before QEMU has to wait, and no port is
 * as fast as that. What came within TRICKLE is right after; less than LITTLE is little. */
enum { MOMENT = 200, TRICKLE = 1000, LITTLE = 512 };

static void update(Console *console);

static guint64 place_of(const Viewer *viewer)
{
  return MAX(viewer->place, ring_start(&viewer->console->ring));
}

static gsize backlog_of(const Viewer *viewer)
{
  return viewer->console->ring.end - place_of(viewer);
}

/* Whether what it has not read yet must be kept for it. */
static gboolean counts(const Viewer *viewer)
{
  return viewer->options.out >= 0 && viewer->is_present && !viewer->is_stalled;
}

/* How much can be read from QEMU without a loss for any viewer that counts. */
static gsize room_in(const Console *console)
{
  gsize room = RING_SIZE;

  for (guint i = 0; i < console->viewers->len; i++) {
    const Viewer *viewer = g_ptr_array_index(console->viewers, i);

    if (counts(viewer))
      room = MIN(room, RING_SIZE - backlog_of(viewer));
  }
  return room;
}

static void close_socket(Console *console)
{
  g_clear_pointer(&console->watch, fd_watch_free);
  fd_clear(&console->fd);
}

/* ---- Output ---- */

/* Of what poll(2) says about a descriptor that blocks, only so much can be relied on: POSIX promises that a
 * pipe takes PIPE_BUF bytes or makes poll wait. */
static ssize_t write_to(const Viewer *viewer, const guint8 *bytes, gsize length)
{
  struct pollfd ready = { .fd = viewer->options.out, .events = POLLOUT };

  if (viewer->options.write)
    return viewer->options.write(bytes, length, viewer->options.user_data);
  if (!viewer->options.is_shared)
    return write(viewer->options.out, bytes, length);
  if (poll(&ready, 1, 0) == 1)
    return write(viewer->options.out, bytes, MIN(length, PIPE_BUF));
  errno = EAGAIN;
  return -1;
}

static void close_output(Viewer *viewer)
{
  g_clear_pointer(&viewer->out_watch, fd_watch_free);
  viewer->options.out = -1;
}

/* Nobody will read here any more. */
static gboolean is_end(int code)
{
  return code == EPIPE || code == ECONNRESET || code == EIO;
}

/* A full disk may have room again: what it does not take is lost, and what comes next is tried. */
static void lose_output(Viewer *viewer, gsize length, int code)
{
  const char *name = viewer->options.name ? viewer->options.name : "standard output";

  if (!viewer->is_full)
    announce_notice("%s cannot be written: %s; what the guest prints is lost there until it can", name,
                    g_strerror(code));
  viewer->is_full = TRUE;
  viewer->place += length;
}

static gint64 patience_in_microseconds(guint milliseconds)
{
  return (gint64)patience_of(milliseconds) * 1000;
}

/* At the end of the guest there is one time for all. */
static void give_time_back(Viewer *viewer, gsize length)
{
  gint64 time = (gint64)length * 1000 / PACE;

  if (!viewer->console->is_final)
    viewer->allowance = MIN(viewer->allowance + time, patience_in_microseconds(viewer->options.patience));
}

static void show(Viewer *viewer)
{
  while (viewer->options.out >= 0 && viewer->is_present) {
    gsize length;
    const guint8 *bytes;
    ssize_t put;

    viewer->place = place_of(viewer);
    bytes = ring_peek(&viewer->console->ring, viewer->place, &length);
    if (length == 0) {
      viewer->is_stalled = FALSE;
      return;
    }
    put = write_to(viewer, bytes, length);
    if (put >= 0) {
      viewer->place += (guint64)put;
      viewer->is_full = FALSE;
      give_time_back(viewer, (gsize)put);
    } else if (errno == EAGAIN) {
      return;
    } else if (is_end(errno)) {
      close_output(viewer);
    } else if (errno != EINTR) {
      lose_output(viewer, length, errno);
    }
  }
}

static void show_all(Console *console)
{
  for (guint i = 0; i < console->viewers->len; i++)
    show(g_ptr_array_index(console->viewers, i));
}

static void await_company(Console *console)
{
  if (console->read_length < LITTLE && g_get_monotonic_time() - console->read_at < TRICKLE)
    g_usleep(MOMENT);
}

/* Reads once from QEMU. FALSE where there is no room, or nothing to read. */
static gboolean read_guest(Console *console)
{
  gsize length;
  guint8 *bytes = ring_reserve(&console->ring, room_in(console), &length);
  ssize_t got;

  if (length == 0 || console->fd < 0)
    return FALSE;
  got = read(console->fd, bytes, length);
  if (got > 0) {
    ring_commit(&console->ring, (gsize)got);
    console->read_at = g_get_monotonic_time();
    console->read_length = (gsize)got;
  } else if (got < 0 && errno == EINTR)
    return TRUE;
  else if (got == 0 || errno != EAGAIN || console->is_finishing)
    close_socket(console);
  return got > 0;
}

static void on_output(GIOCondition ready, gpointer user_data)
{
  Viewer *viewer = user_data;

  show(viewer);
  update(viewer->console);
}

/* ---- Input ---- */

static void send_input(Console *console)
{
  while (console->fd >= 0 && console->input->len > 0) {
    ssize_t put = send(console->fd, console->input->data, console->input->len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0) /* no room; or QEMU is gone, which the reading side will find, and the next one gets it */
      return;
    g_byte_array_remove_range(console->input, 0, (guint)put);
  }
}

static gboolean take_input(Viewer *viewer)
{
  Console *console = viewer->console;
  guint8 bytes[INPUT_LIMIT];
  gsize length, limit = viewer->options.input_limit;
  gboolean is_leaving = FALSE;
  ssize_t got;

  if (console->input->len >= limit)
    return FALSE;
  got = read(viewer->options.in, bytes, MIN(sizeof bytes, limit - console->input->len));
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return FALSE;
  if (got < 0 && errno == EIO && isatty(viewer->options.in)) { /* the terminal is another job's */
    viewer->is_suspended = TRUE;
    return FALSE;
  }
  if (got <= 0) {
    g_clear_pointer(&viewer->in_watch, fd_watch_free);
    if (viewer->options.ended)
      viewer->options.ended(viewer->options.user_data);
    return FALSE;
  }
  length = (gsize)got;
  if (viewer->options.filter)
    is_leaving = viewer->options.filter(bytes, &length, viewer->options.user_data);
  g_byte_array_append(console->input, bytes, (guint)length);
  send_input(console);
  return is_leaving;
}

static void on_input(GIOCondition ready, gpointer user_data)
{
  Viewer *viewer = user_data;
  gboolean is_leaving = take_input(viewer);

  update(viewer->console);
  if (is_leaving)
    viewer->options.leave(viewer->options.user_data); /* the viewer may be gone after this */
}

static void on_socket(GIOCondition ready, gpointer user_data)
{
  Console *console = user_data;

  if (ready & G_IO_OUT)
    send_input(console);
  if (ready & ~G_IO_OUT) {
    await_company(console);
    read_guest(console);
  }
  show_all(console);
  update(console);
}

/* ---- Patience ---- */

/* Whether the guest, or the end of the program, has to wait because this viewer does not read. */
static gboolean is_holding_up(const Viewer *viewer)
{
  if (!counts(viewer))
    return FALSE;
  if (viewer->console->is_final)
    return backlog_of(viewer) > 0 && !viewer->options.is_waited_for;
  return backlog_of(viewer) == RING_SIZE;
}

/* It may have gone without this program having run meanwhile: who reads now is not lost for that. */
static void take_time(Viewer *viewer, gint64 now)
{
  if (viewer->held_since)
    viewer->allowance = MAX(viewer->allowance - (now - viewer->held_since), 0);
  viewer->held_since = is_holding_up(viewer) ? now : 0;
}

static void stall(Viewer *viewer)
{
  viewer->is_stalled = TRUE;
  viewer->held_since = 0;
  if (viewer->options.lost)
    viewer->options.lost(viewer->options.user_data);
}

static gboolean on_patience(GSource *source, GSourceFunc callback, gpointer user_data)
{
  Console *console = user_data;

  g_source_set_ready_time(source, -1);
  show_all(console);
  for (guint i = 0; i < console->viewers->len; i++) {
    Viewer *viewer = g_ptr_array_index(console->viewers, i);

    take_time(viewer, g_get_monotonic_time());
    if (is_holding_up(viewer) && viewer->allowance == 0)
      stall(viewer);
  }
  update(console);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs patience_funcs = { .dispatch = on_patience };

static void update_patience(Console *console)
{
  gint64 now = g_get_monotonic_time();
  gint64 end = -1;

  for (guint i = 0; i < console->viewers->len; i++) {
    Viewer *viewer = g_ptr_array_index(console->viewers, i);

    take_time(viewer, now);
    if (viewer->held_since)
      end = end < 0 ? now + viewer->allowance : MIN(end, now + viewer->allowance);
  }
  g_source_set_ready_time(console->patience, end);
}

/* ---- The whole ---- */

static void update_viewer(Viewer *viewer)
{
  const Console *console = viewer->console;
  gboolean is_behind = viewer->is_present && backlog_of(viewer) > 0;
  gboolean may_type =
      !viewer->is_suspended && !console->is_final && console->input->len < viewer->options.input_limit;

  fd_watch_set(viewer->out_watch, is_behind ? G_IO_OUT : 0);
  fd_watch_set(viewer->in_watch, may_type ? G_IO_IN : 0);
}

static gboolean is_everything_shown(const Console *console)
{
  for (guint i = 0; i < console->viewers->len; i++) {
    const Viewer *viewer = g_ptr_array_index(console->viewers, i);

    if (counts(viewer) && backlog_of(viewer) > 0)
      return FALSE;
  }
  return TRUE;
}

static void update(Console *console)
{
  GIOCondition condition = 0;

  if (room_in(console) > 0)
    condition |= G_IO_IN;
  if (console->input->len > 0)
    condition |= G_IO_OUT;
  fd_watch_set(console->watch, condition);
  for (guint i = 0; i < console->viewers->len; i++)
    update_viewer(g_ptr_array_index(console->viewers, i));
  update_patience(console);
  if (console->is_finishing && !console->is_finished && console->fd < 0 &&
      (!console->is_final || is_everything_shown(console))) {
    console->is_finished = TRUE;
    console->finished(console->user_data);
  }
}

void console_connect(Console *console, int fd)
{
  close_socket(console);
  console->fd = fd;
  console->watch = fd_watch_new(console->context, fd, on_socket, console);
  console->is_finishing = console->is_finished = FALSE;
  send_input(console);
  update(console);
}

void console_finish(Console *console, gboolean is_final)
{
  console->is_finishing = TRUE;
  console->is_final = is_final;
  console->is_finished = FALSE;
  for (guint i = 0; is_final && i < console->viewers->len; i++) {
    Viewer *viewer = g_ptr_array_index(console->viewers, i);

    viewer->held_since = 0;
    viewer->allowance = patience_in_microseconds(FINAL_PATIENCE);
    if (viewer->options.is_waited_for)
      viewer->is_stalled = FALSE;
  }
  do
    show_all(console);
  while (read_guest(console));
  update(console);
}

gboolean console_is_finished(const Console *console)
{
  return console->is_finished;
}

gboolean console_is_within_line(const Console *console)
{
  gsize length;

  return console->ring.end > 0 && *ring_peek(&console->ring, console->ring.end - 1, &length) != '\n';
}

/* ---- Viewers ---- */

static void viewer_free(gpointer data)
{
  Viewer *viewer = data;

  fd_watch_free(viewer->in_watch);
  fd_watch_free(viewer->out_watch);
  g_free(viewer);
}

static void watch_files(Viewer *viewer)
{
  const ViewerOptions *options = &viewer->options;
  GMainContext *context = viewer->console->context;

  if (options->in >= 0)
    viewer->in_watch = fd_watch_new(context, options->in, on_input, viewer);
  if (options->out >= 0)
    viewer->out_watch = fd_watch_new(context, options->out, on_output, viewer);
}

void viewer_set_files(Viewer *viewer, int in, int out)
{
  g_clear_pointer(&viewer->in_watch, fd_watch_free);
  g_clear_pointer(&viewer->out_watch, fd_watch_free);
  viewer->options.in = in;
  viewer->options.out = out;
  viewer->is_stalled = FALSE;
  viewer->held_since = 0;
  viewer->allowance = patience_in_microseconds(viewer->options.patience);
  watch_files(viewer);
  show(viewer);
  update(viewer->console);
}

Viewer *console_add_viewer(Console *console, const ViewerOptions *options)
{
  Viewer *viewer = g_new0(Viewer, 1);

  viewer->console = console;
  viewer->options = *options;
  viewer->is_present = TRUE;
  viewer->allowance = patience_in_microseconds(options->patience);
  watch_files(viewer);
  g_ptr_array_add(console->viewers, viewer);
  show(viewer);
  update(console);
  return viewer;
}

void console_remember(Console *console, const guint8 *bytes, gsize length)
{
  while (length > 0) {
    gsize some;
    guint8 *room = ring_reserve(&console->ring, length, &some);

    memcpy(room, bytes, some);
    ring_commit(&console->ring, some);
    bytes += some;
    length -= some;
  }
  for (guint i = 0; i < console->viewers->len; i++) {
    Viewer *viewer = g_ptr_array_index(console->viewers, i);

    viewer->place = console->ring.end;
  }
}

void console_remove_viewer(Console *console, Viewer *viewer)
{
  g_ptr_array_remove(console->viewers, viewer);
  update(console);
}

void viewer_set_present(Viewer *viewer, gboolean is_present)
{
  if (is_present && !viewer->is_present && !viewer->console->is_final) /* it is another one */
    viewer->allowance = patience_in_microseconds(viewer->options.patience);
  viewer->is_present = is_present;
  show(viewer);
  update(viewer->console);
}

void viewer_resume_input(Viewer *viewer)
{
  viewer->is_suspended = FALSE;
  update(viewer->console);
}

Console *console_new(GMainContext *context, void (*finished)(gpointer user_data), gpointer user_data)
{
  Console *console = g_new0(Console, 1);

  console->context = context;
  console->fd = -1;
  console->input = g_byte_array_new();
  console->viewers = g_ptr_array_new_with_free_func(viewer_free);
  console->finished = finished;
  console->user_data = user_data;
  ring_init(&console->ring);
  console->patience = g_source_new(&patience_funcs, sizeof(GSource));
  g_source_set_callback(console->patience, /* func= */ NULL, console, /* notify= */ NULL);
  g_source_attach(console->patience, context);
  return console;
}

void console_free(Console *console)
{
  if (!console)
    return;
  g_source_destroy(console->patience);
  g_source_unref(console->patience);
  close_socket(console);
  g_ptr_array_unref(console->viewers);
  g_byte_array_unref(console->input);
  ring_clear(&console->ring);
  g_free(console);
}
