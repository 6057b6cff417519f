/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Standard output belongs to others, too: the shell, other programs of the pipeline. Making it non-blocking
 * would make it so for them. A terminal can be opened a second time, for this program alone; everything else
 * is written as poll(2) allows.
 */
#include "config.h"

#include "console/stdio.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "console/terminal.h"

struct Stdio {
  Console *console;
  const char *alias;
  Terminal *terminal; /* NULL: standard input is none */
  int out;            /* the terminal, opened again; -1: standard output itself is used */
  Viewer *viewer;     /* NULL: it has left */
  gboolean has_escape;
};

/* A terminal that nobody can type or paste as much into while its guest is busy, so that Ctrl+] is seen. */
enum { TERMINAL_INPUT_LIMIT = 64 * 1024 };

static gboolean find_escape(guint8 *bytes, gsize *length, gpointer user_data)
{
  const guint8 *escape = memchr(bytes, STDIO_ESCAPE, *length);

  if (!escape)
    return FALSE;
  *length = (gsize)(escape - bytes);
  return TRUE;
}

/* What is said next stands on a line of its own. */
static void remove_viewer(Stdio *stdio)
{
  if (!stdio->viewer)
    return;
  console_remove_viewer(stdio->console, g_steal_pointer(&stdio->viewer));
  g_clear_pointer(&stdio->terminal, terminal_free);
  terminal_reset(stdio->out, console_is_within_line(stdio->console));
  fd_clear(&stdio->out);
}

static void on_leave(gpointer user_data)
{
  Stdio *stdio = user_data;

  remove_viewer(stdio);
  announce_notice("left '%s'; the guest runs on, Ctrl-C asks it to power down", stdio->alias);
}

static void on_lost(gpointer user_data)
{
  const Stdio *stdio = user_data;

  announce_notice("standard output is not read: what '%s' prints is dropped until it is", stdio->alias);
}

static int open_terminal_again(void)
{
  if (!isatty(STDOUT_FILENO))
    return -1;
  return open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

Stdio *stdio_new(GMainContext *context, Console *console, const char *alias, gboolean has_escape)
{
  Stdio *stdio = g_new0(Stdio, 1);
  ViewerOptions options = { .in = STDIN_FILENO,
                            .patience = PATIENCE_LONG,
                            .is_waited_for = TRUE,
                            .input_limit = INPUT_LIMIT,
                            .leave = on_leave,
                            .lost = on_lost,
                            .user_data = stdio };

  stdio->console = console;
  stdio->alias = alias;
  stdio->terminal = terminal_new(STDIN_FILENO, has_escape ? TERMINAL_RAW : TERMINAL_WITH_SIGNALS);
  stdio->out = open_terminal_again();
  options.is_shared = stdio->out < 0;
  options.out = stdio->out < 0 ? STDOUT_FILENO : stdio->out;
  if (stdio->terminal && has_escape) {
    options.filter = find_escape;
    options.input_limit = TERMINAL_INPUT_LIMIT;
  }
  stdio->has_escape = options.filter != NULL;
  stdio->viewer = console_add_viewer(console, &options);
  return stdio;
}

void stdio_announce(const Stdio *stdio)
{
  if (stdio->viewer && stdio->has_escape && isatty(STDERR_FILENO))
    announce_notice("connected to '%s'; Ctrl+] leaves the console", stdio->alias);
}

void stdio_free(Stdio *stdio)
{
  if (!stdio)
    return;
  remove_viewer(stdio);
  g_free(stdio);
}

void stdio_suspend(Stdio *stdio)
{
  terminal_suspend(stdio->terminal);
}

void stdio_resume(Stdio *stdio)
{
  if (!stdio->viewer)
    return;
  terminal_resume(stdio->terminal);
  viewer_resume_input(stdio->viewer);
}
