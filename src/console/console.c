/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Output. What QEMU writes is read straight into a ring of 64 KiB; each viewer has a place in it. QEMU is
 * read only as long as no viewer that counts would lose something by it: the slowest reader sets the pace. A
 * viewer that has not read anything for as long as its patience says is "stalled" and does not count any
 * more; the ring runs over its place. It counts again when it has caught up with the end. One that is absent
 * never counts.
 *
 * Input. What the viewers type waits in one small buffer until QEMU takes it; while the buffer is full they
 * are not read, so that a pipe or a terminal makes its writer wait.
 *
 * Everything is driven by poll(2) through the main loop: after each step update() says for every descriptor
 * what it waits for next. There is one timer, for patience, and it runs only while somebody is waited for.
 */
#include "config.h"

#include "console/console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
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

static gboolean is_want_of_room(int code)
{
  return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

/* A full disk may have room again: what it does not take is lost, and what comes next is tried. */
static void lose_output(Viewer *viewer, gsize length, int code)
{
  if (!viewer->is_full)
    announce_notice("what the guest prints cannot be written: %s; it is lost until there is room",
                    g_strerror(code));
  viewer->is_full = TRUE;
  viewer->place += length;
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
    } else if (errno == EAGAIN) {
      return;
    } else if (is_want_of_room(errno)) {
      lose_output(viewer, length, errno);
    } else if (errno != EINTR) { /* nobody will read here any more */
      close_output(viewer);
    }
  }
}

static void show_all(Console *console)
{
  for (guint i = 0; i < console->viewers->len; i++)
    show(g_ptr_array_index(console->viewers, i));
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
  if (got > 0)
    ring_commit(&console->ring, (gsize)got);
  else if (got < 0 && errno == EINTR)
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
  if (ready & ~G_IO_OUT)
    read_guest(console);
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

static gboolean on_patience_over(gpointer user_data)
{
  Console *console = user_data;

  g_clear_pointer(&console->patience, g_source_unref);
  for (guint i = 0; i < console->viewers->len; i++) {
    Viewer *viewer = g_ptr_array_index(console->viewers, i);

    if (!is_holding_up(viewer))
      continue;
    viewer->is_stalled = TRUE;
    if (viewer->options.lost)
      viewer->options.lost(viewer->options.user_data);
  }
  update(console);
  return G_SOURCE_REMOVE;
}

static void start_patience(Console *console, guint milliseconds)
{
  console->patience = g_timeout_source_new(patience_of(milliseconds));
  g_source_set_callback(console->patience, on_patience_over, console, NULL);
  g_source_attach(console->patience, console->context);
}

static void stop_patience(Console *console)
{
  if (console->patience)
    g_source_destroy(console->patience);
  g_clear_pointer(&console->patience, g_source_unref);
}

static void update_patience(Console *console)
{
  guint patience = 0;

  for (guint i = 0; i < console->viewers->len; i++) {
    const Viewer *viewer = g_ptr_array_index(console->viewers, i);

    if (is_holding_up(viewer))
      patience = MAX(patience, viewer->options.patience);
  }
  if (patience == 0)
    stop_patience(console);
  else if (!console->patience)
    start_patience(console, console->is_final ? FINAL_PATIENCE : patience);
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
  stop_patience(console);
  for (guint i = 0; is_final && i < console->viewers->len; i++) {
    Viewer *viewer = g_ptr_array_index(console->viewers, i);

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

/* ---- Viewers ---- */

static void viewer_free(gpointer data)
{
  Viewer *viewer = data;

  fd_watch_free(viewer->in_watch);
  fd_watch_free(viewer->out_watch);
  g_free(viewer);
}

Viewer *console_add_viewer(Console *console, const ViewerOptions *options)
{
  Viewer *viewer = g_new0(Viewer, 1);

  viewer->console = console;
  viewer->options = *options;
  viewer->is_present = TRUE;
  if (options->in >= 0)
    viewer->in_watch = fd_watch_new(console->context, options->in, on_input, viewer);
  if (options->out >= 0)
    viewer->out_watch = fd_watch_new(console->context, options->out, on_output, viewer);
  g_ptr_array_add(console->viewers, viewer);
  show(viewer);
  update(console);
  return viewer;
}

void console_remove_viewer(Console *console, Viewer *viewer)
{
  g_ptr_array_remove(console->viewers, viewer);
  update(console);
}

void viewer_set_present(Viewer *viewer, gboolean is_present)
{
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
  return console;
}

void console_free(Console *console)
{
  if (!console)
    return;
  stop_patience(console);
  close_socket(console);
  g_ptr_array_unref(console->viewers);
  g_byte_array_unref(console->input);
  ring_clear(&console->ring);
  g_free(console);
}
