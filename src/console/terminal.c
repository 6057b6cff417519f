/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The saved mode stands in a variable of the file and not in the struct, because a crash gives no other way
 * to reach it: the handler of a fatal signal puts the terminal back (tcsetattr is async-signal-safe) and lets
 * the signal do what it did before. SIGKILL alone leaves a raw terminal behind.
 */
#include "config.h"

#include "console/terminal.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/patience.h"

static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };

static struct {
  struct termios mode;
  struct sigaction actions[G_N_ELEMENTS(fatal_signals)];
  volatile sig_atomic_t fd; /* -1: nothing is to be put back */
} saved = { .fd = -1 };

struct Terminal {
  int fd;
  TerminalMode mode;
};

static void put_back(void)
{
  if (saved.fd >= 0)
    tcsetattr(saved.fd, TCSANOW, &saved.mode);
  saved.fd = -1;
}

static void on_fatal_signal(int signal)
{
  put_back();
  for (gsize i = 0; i < G_N_ELEMENTS(fatal_signals); i++)
    sigaction(fatal_signals[i], &saved.actions[i], NULL);
  raise(signal);
}

static void catch_fatal_signals(void)
{
  const struct sigaction action = { .sa_handler = on_fatal_signal };

  for (gsize i = 0; i < G_N_ELEMENTS(fatal_signals); i++)
    sigaction(fatal_signals[i], &action, &saved.actions[i]);
}

static void release_fatal_signals(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(fatal_signals); i++)
    sigaction(fatal_signals[i], &saved.actions[i], NULL);
}

static gboolean is_own(int fd)
{
  return tcgetpgrp(fd) == getpgrp();
}

static void make_raw(struct termios *mode, TerminalMode how)
{
  tcflag_t signals = mode->c_lflag & ISIG;

  cfmakeraw(mode);
  if (how == TERMINAL_WITH_SIGNALS)
    mode->c_lflag |= signals;
}

/* In the background the terminal is another job's, whose mode must stay. */
static void take(const Terminal *terminal)
{
  struct termios mode;

  if (saved.fd >= 0 || !is_own(terminal->fd) || tcgetattr(terminal->fd, &saved.mode) < 0)
    return;
  mode = saved.mode;
  make_raw(&mode, terminal->mode);
  saved.fd = terminal->fd;
  tcsetattr(terminal->fd, TCSANOW, &mode);
}

Terminal *terminal_new(int fd, TerminalMode mode)
{
  Terminal *terminal;

  if (!isatty(fd))
    return NULL;
  terminal = g_new0(Terminal, 1);
  terminal->fd = fd;
  terminal->mode = mode;
  catch_fatal_signals();
  take(terminal);
  return terminal;
}

void terminal_free(Terminal *terminal)
{
  if (!terminal)
    return;
  put_back();
  release_fatal_signals();
  g_free(terminal);
}

void terminal_suspend(Terminal *terminal)
{
  if (terminal)
    put_back();
}

void terminal_resume(Terminal *terminal)
{
  if (terminal)
    take(terminal);
}

/* Milliseconds for a terminal that takes nothing. */
enum { RESET_PATIENCE = 100 };

/* What the guest left unfinished ends first. Only the screen's own switch 1047: 1049 would also move the
 * cursor where the other screen was never shown. The scrolling region moves it, too, so that it is kept
 * meanwhile. */
void terminal_reset(int fd, gboolean is_within_line)
{
  static const char reset[] =
      "\030\033\\"                                              /* the end of a sequence, of a string */
      "\033[?1047l"                                             /* the usual screen */
      "\0337\033[r\0338"                                        /* no scrolling region */
      "\033[?1000l\033[?1002l\033[?1003l\033[?1006l"            /* no mouse */
      "\033[?1004l\033[?2004l"                                  /* nor focus, bracketed paste */
      "\033[?1l\033>\033[4l\033[?7h\033(B\017\033[0m\033[?25h"; /* keys, text, cursor */
  const char *term = g_getenv("TERM");
  g_autofree char *text = NULL;
  struct pollfd ready = { .fd = fd, .events = POLLOUT };

  if (!isatty(fd))
    return;
  text = g_strconcat(term && !g_str_equal(term, "dumb") ? reset : "", is_within_line ? "\r\n" : "", NULL);
  if (poll(&ready, 1, (int)patience_of(RESET_PATIENCE)) == 1)
    (void)!write(fd, text, strlen(text));
}
