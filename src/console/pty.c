/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As long as nobody has the slave open the master reports a hang-up, and nothing is watched but who opens it:
 * inotify tells, once for any number of them. From then on somebody is there until the master reports the
 * next hang-up. So nobody is counted, and nothing wakes this program but its own terminal. Only while
 * somebody has it open is anything written to it, so that a terminal's own small buffer does not fill with
 * what is old by the time somebody comes.
 *
 * The slave is raw from the start: no echo, no translation, so that bytes pass as they are. The kernel keeps
 * that as long as the master is open.
 *
 * To close inotify's descriptor waits for the kernel to have done with its watches, which takes up to 20 ms
 * after the last was removed. So that is done when the end is in sight, and QEMU has things to do.
 *
 * When the master is closed, the kernel throws away what the readers have not read yet. So at the end the
 * slave is opened here, to ask how much that is, and inotify tells when they read, until nothing is left or
 * they have had their time.
 */
#include "config.h"

#include "console/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "base/patience.h"

struct Pty {
  GMainContext *context;
  char *path;
  int master;
  int slave;     /* open at the end, or where inotify cannot be had; else -1 */
  int notify;    /* -1: it cannot be known who has it open, and somebody always counts as there */
  int notify_id; /* -1: none is watched */
  FdWatch *notify_watch;
  FdWatch *hang_up; /* of those who had it open */
  Console *console;
  Viewer *viewer;
  GSource *timer; /* at the end */
  void (*finished)(gpointer user_data);
  gpointer user_data;
};

/* Milliseconds that the end waits for those who have not read everything. */
enum { FINAL_PATIENCE = 250 };

static void pty_check_finished(Pty *pty, guint32 happened);

static gboolean pty_error(GError **error, const char *what)
{
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot %s a pseudo terminal: %s", what,
                   g_strerror(errno));
}

static gboolean open_pair(Pty *pty, GError **error)
{
  char path[64];
  struct termios mode;

  pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (pty->master < 0 || grantpt(pty->master) < 0 || unlockpt(pty->master) < 0 ||
      ptsname_r(pty->master, path, sizeof path) != 0)
    return pty_error(error, "make");
  pty->path = g_strdup(path);
  pty->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (pty->slave < 0 || fchmod(pty->slave, 0600) < 0 || tcgetattr(pty->slave, &mode) < 0)
    return pty_error(error, "open");
  cfmakeraw(&mode);
  return tcsetattr(pty->slave, TCSANOW, &mode) == 0 || pty_error(error, "set up");
}

static gboolean has_hung_up(const Pty *pty)
{
  struct pollfd master = { .fd = pty->master };

  return poll(&master, 1, 0) == 1 && (master.revents & POLLHUP);
}

static void set_present(const Pty *pty, gboolean is_present)
{
  fd_watch_set(pty->hang_up, is_present ? G_IO_HUP : 0);
  viewer_set_present(pty->viewer, is_present);
}

static void on_hang_up(GIOCondition ready, gpointer user_data)
{
  set_present(user_data, FALSE);
}

/* Only that something happened is taken from the events: equal ones become one. */
static guint32 read_events(const Pty *pty)
{
  char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
  ssize_t got = read(pty->notify, bytes, sizeof bytes);
  guint32 happened = 0;

  for (ssize_t at = 0; at < got;) {
    const struct inotify_event *event = (const void *)(bytes + at);

    if (event->wd == pty->notify_id)
      happened |= event->mask;
    at += (ssize_t)(sizeof *event + event->len);
  }
  return happened;
}

static void on_notify(GIOCondition ready, gpointer user_data)
{
  Pty *pty = user_data;
  guint32 happened = read_events(pty);

  if (pty->finished) {
    pty_check_finished(pty, happened);
  } else if (happened & IN_OPEN) { /* who has opened it may have typed something, and gone again */
    viewer_resume_input(pty->viewer);
    set_present(pty, !has_hung_up(pty));
  }
}

static gboolean watch(Pty *pty, guint32 mask)
{
  pty->notify_id = inotify_add_watch(pty->notify, pty->path, mask);
  return pty->notify_id >= 0;
}

static void unwatch(Pty *pty)
{
  if (pty->notify_id >= 0)
    inotify_rm_watch(pty->notify, pty->notify_id);
  pty->notify_id = -1;
}

static void watch_openers(Pty *pty)
{
  pty->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (pty->notify < 0 || !watch(pty, IN_OPEN)) {
    fd_clear(&pty->notify);
    return;
  }
  pty->notify_watch = fd_watch_new(pty->context, pty->notify, on_notify, pty);
  fd_watch_set(pty->notify_watch, G_IO_IN);
  pty->hang_up = fd_watch_new(pty->context, pty->master, on_hang_up, pty);
  fd_clear(&pty->slave);
  set_present(pty, FALSE);
}

Pty *pty_new(GMainContext *context, Console *console, GError **error)
{
  g_autoptr(Pty) pty = g_new0(Pty, 1);
  ViewerOptions options = { .patience = PATIENCE_SHORT, .input_limit = INPUT_LIMIT };

  pty->context = context;
  pty->console = console;
  pty->master = pty->slave = pty->notify = -1;
  if (!open_pair(pty, error))
    return NULL;
  options.in = options.out = pty->master;
  pty->viewer = console_add_viewer(console, &options);
  watch_openers(pty);
  return g_steal_pointer(&pty);
}

static void stop_timer(Pty *pty)
{
  if (pty->timer)
    g_source_destroy(pty->timer);
  g_clear_pointer(&pty->timer, g_source_unref);
}

void pty_free(Pty *pty)
{
  if (!pty)
    return;
  stop_timer(pty);
  if (pty->viewer)
    console_remove_viewer(pty->console, pty->viewer);
  fd_watch_free(pty->notify_watch);
  fd_watch_free(pty->hang_up);
  fd_clear(&pty->notify);
  fd_clear(&pty->slave);
  fd_clear(&pty->master);
  g_free(pty->path);
  g_free(pty);
}

const char *pty_path(const Pty *pty)
{
  return pty->path;
}

void pty_expect_end(Pty *pty)
{
  if (pty->notify >= 0)
    unwatch(pty);
}

void pty_expect_more(Pty *pty)
{
  if (pty->notify >= 0 && pty->notify_id < 0 && watch(pty, IN_OPEN))
    set_present(pty, !has_hung_up(pty));
}

/* ---- The end ---- */

static void pty_finished(Pty *pty)
{
  void (*finished)(gpointer user_data) = g_steal_pointer(&pty->finished);

  stop_timer(pty);
  finished(pty->user_data);
}

/* Whether all who had it open have left. To see the hang-up, this program must not have it open itself; what
 * inotify would tell of that is not asked for. */
static gboolean is_left(Pty *pty)
{
  if (pty->notify < 0)
    return FALSE;
  unwatch(pty);
  fd_clear(&pty->slave);
  if (has_hung_up(pty))
    return TRUE;
  pty->slave = open(pty->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  watch(pty, IN_CLOSE | IN_ACCESS);
  return FALSE;
}

/* The kernel passes what is written to a master on to the slave's queue a moment later, in a thread of its
 * own; poll(2) waits for that, FIONREAD does not. */
static gboolean is_everything_read(const Pty *pty)
{
  struct pollfd slave = { .fd = pty->slave, .events = POLLIN };
  int unread = 0;

  poll(&slave, 1, 0);
  return pty->slave < 0 || ioctl(pty->slave, FIONREAD, &unread) < 0 || unread == 0;
}

static void pty_check_finished(Pty *pty, guint32 happened)
{
  if (((happened & IN_CLOSE) && is_left(pty)) || is_everything_read(pty))
    pty_finished(pty);
}

static gboolean on_final_patience_over(gpointer user_data)
{
  pty_finished(user_data);
  return G_SOURCE_REMOVE;
}

void pty_finish(Pty *pty, void (*finished)(gpointer user_data), gpointer user_data)
{
  pty->finished = finished;
  pty->user_data = user_data;
  fd_watch_set(pty->hang_up, 0);
  pty->timer = g_timeout_source_new(patience_of(FINAL_PATIENCE));
  g_source_set_callback(pty->timer, on_final_patience_over, pty, NULL);
  g_source_attach(pty->timer, pty->context);
  if (pty->notify_id < 0 && !has_hung_up(pty)) /* who has come since nobody looks */
    viewer_set_present(pty->viewer, TRUE);
  pty_check_finished(pty, IN_CLOSE);
}
