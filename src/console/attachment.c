/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The other side may have nothing more to type and still read: only when it has closed its socket does
 * poll(2) say POLLHUP. What it typed before is still passed on, unless the guest does not take it for
 * PATIENCE_LONG.
 */
#include "config.h"

#include "console/attachment.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "base/patience.h"

struct Attachment {
  GMainContext *context;
  Console *console;
  Viewer *viewer;
  int fd;
  FdWatch *watch; /* for its end */
  gboolean has_typed_all;
  GSource *patience; /* it has gone, and the guest has not taken all that it typed */
  void (*left)(Attachment *attachment, gpointer user_data);
  gpointer user_data;
};

static gboolean on_patience_over(gpointer user_data)
{
  Attachment *attachment = user_data;

  g_clear_pointer(&attachment->patience, g_source_unref);
  attachment->left(attachment, attachment->user_data);
  return G_SOURCE_REMOVE;
}

static void on_hang_up(GIOCondition ready, gpointer user_data)
{
  Attachment *attachment = user_data;

  if (attachment->has_typed_all) {
    attachment->left(attachment, attachment->user_data);
    return;
  }
  fd_watch_set(attachment->watch, 0);
  attachment->patience = g_timeout_source_new(patience_of(PATIENCE_LONG));
  g_source_set_callback(attachment->patience, on_patience_over, attachment, NULL);
  g_source_attach(attachment->patience, attachment->context);
}

static void on_input_end(gpointer user_data)
{
  Attachment *attachment = user_data;

  attachment->has_typed_all = TRUE;
  fd_watch_set(attachment->watch, G_IO_HUP);
}

Attachment *attachment_new(GMainContext *context, Console *console, int *ret_fd,
                           void (*left)(Attachment *attachment, gpointer user_data), gpointer user_data,
                           GError **error)
{
  Attachment *attachment;
  ViewerOptions options = { .patience = PATIENCE_LONG, .input_limit = INPUT_LIMIT, .ended = on_input_end };
  int fds[2];

  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make a socket: %s", g_strerror(errno));
    return NULL;
  }
  g_unix_set_fd_nonblocking(fds[0], TRUE, NULL);
  attachment = g_new0(Attachment, 1);
  attachment->context = context;
  attachment->console = console;
  attachment->fd = options.in = options.out = fds[0];
  attachment->left = left;
  attachment->user_data = user_data;
  options.user_data = attachment;
  attachment->watch = fd_watch_new(context, fds[0], on_hang_up, attachment);
  fd_watch_set(attachment->watch, G_IO_HUP);
  attachment->viewer = console_add_viewer(console, &options);
  *ret_fd = fds[1];
  return attachment;
}

void attachment_free(Attachment *attachment)
{
  if (!attachment)
    return;
  console_remove_viewer(attachment->console, attachment->viewer);
  fd_watch_free(attachment->watch);
  if (attachment->patience)
    g_source_destroy(attachment->patience);
  g_clear_pointer(&attachment->patience, g_source_unref);
  fd_clear(&attachment->fd);
  g_free(attachment);
}
