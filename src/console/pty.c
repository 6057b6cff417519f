/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor has both ends open. If only others had the slave open, then with the last of them the master
 * would report a hang-up for as long as nobody comes, and a main loop would spin. Who has it open is told by
 * inotify, which counts opening and closing, without looking again and again; only while somebody has it open
 * is anything written to it, so that a terminal's own small buffer does not fill with what is old by the time
 * somebody comes.
 *
 * Of two equal events in a row the kernel keeps one, and the count would be wrong. So the directory is
 * watched, too: each event of the terminal comes after one of the directory, and no two that are equal meet.
 *
 * The slave is raw from the start: no echo, no translation, so that bytes pass as they are.
 *
 * When the master is closed, the kernel throws away what the readers have not read yet. So at the end the
 * same inotify tells when they read, until nothing is left or they have had their time.
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
  int slave;
  int notify;
  int notify_id; /* of the terminal's own watch */
  FdWatch *notify_watch;
  guint opened; /* how often others have it open */
  Console *console;
  Viewer *viewer;
  GSource *timer; /* at the end */
  void (*finished)(gpointer user_data);
  gpointer user_data;
};

/* Milliseconds that the end waits for those who have not read everything. */
enum { FINAL_PATIENCE = 250 };

static void pty_check_finished(Pty *pty);

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

static void count(Pty *pty, const struct inotify_event *event)
{
  if (event->wd != pty->notify_id)
    return;
  if (event->mask & IN_OPEN)
    pty->opened++;
  else if ((event->mask & IN_CLOSE) && pty->opened > 0)
    pty->opened--;
}

/* Events were lost, and with them the count: from now on somebody always counts as there. */
static void give_up_counting(Pty *pty)
{
  fd_watch_set(pty->notify_watch, 0);
  pty->opened = 1;
}

static void on_notify(GIOCondition ready, gpointer user_data)
{
  Pty *pty = user_data;
  char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
  ssize_t got = read(pty->notify, bytes, sizeof bytes);

  for (ssize_t at = 0; at < got;) {
    const struct inotify_event *event = (const void *)(bytes + at);

    if (event->mask & IN_Q_OVERFLOW) { /* the last of the queue */
      give_up_counting(pty);
      break;
    }
    count(pty, event);
    at += (ssize_t)(sizeof *event + event->len);
  }
  viewer_set_present(pty->viewer, pty->opened > 0);
  pty_check_finished(pty);
}

static gboolean watch(Pty *pty, guint32 mask)
{
  pty->notify_id = inotify_add_watch(pty->notify, pty->path, mask);
  return pty->notify_id >= 0;
}

static gboolean watch_directory(Pty *pty)
{
  g_autofree char *directory = g_path_get_dirname(pty->path);

  return inotify_add_watch(pty->notify, directory, IN_OPEN | IN_CLOSE) >= 0;
}

/* Where it cannot be known who has it open, somebody always counts as there. */
static void watch_openers(Pty *pty)
{
  pty->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (pty->notify < 0 || !watch_directory(pty) || !watch(pty, IN_OPEN | IN_CLOSE)) {
    fd_clear(&pty->notify);
    return;
  }
  pty->notify_watch = fd_watch_new(pty->context, pty->notify, on_notify, pty);
  fd_watch_set(pty->notify_watch, G_IO_IN);
  viewer_set_present(pty->viewer, FALSE);
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

/* ---- The end ---- */

static void pty_finished(Pty *pty)
{
  void (*finished)(gpointer user_data) = g_steal_pointer(&pty->finished);

  stop_timer(pty);
  finished(pty->user_data);
}

/* The kernel passes what is written to a master on to the slave's queue a moment later, in a thread of its
 * own; poll(2) waits for that, FIONREAD does not. */
static gboolean is_everything_read(const Pty *pty)
{
  struct pollfd slave = { .fd = pty->slave, .events = POLLIN };
  int unread = 0;

  poll(&slave, 1, 0);
  return ioctl(pty->slave, FIONREAD, &unread) < 0 || unread == 0;
}

static void pty_check_finished(Pty *pty)
{
  if (pty->finished && (pty->opened == 0 || is_everything_read(pty)))
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
  if (pty->notify >= 0)
    watch(pty, IN_OPEN | IN_CLOSE | IN_ACCESS);
  pty->timer = g_timeout_source_new(patience_of(FINAL_PATIENCE));
  g_source_set_callback(pty->timer, on_final_patience_over, pty, NULL);
  g_source_attach(pty->timer, pty->context);
  pty_check_finished(pty);
}
