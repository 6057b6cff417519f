/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "process/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "process/reaper.h"

static const int handled[] = { SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGCONT };
static const int ignored[] = { SIGPIPE, SIGTTIN, SIGTTOU, SIGXFSZ };

struct Signals {
  sigset_t mask; /* as it was, as the next */
  struct sigaction actions[G_N_ELEMENTS(ignored)];
  int fd;
  FdWatch *watch;
  void (*func)(int signal, gpointer user_data);
  gpointer user_data;
};

static void on_signals(GIOCondition ready, gpointer user_data)
{
  Signals *signals = user_data;
  struct signalfd_siginfo info;

  if (read(signals->fd, &info, sizeof info) == sizeof info)
    signals->func((int)info.ssi_signo, signals->user_data);
}

/* A signal that is ignored and blocked would still reach the signalfd. */
static void make_set(sigset_t *set)
{
  sigemptyset(set);
  if (reaper_is_needed())
    sigaddset(set, SIGCHLD);
  for (gsize i = 0; i < G_N_ELEMENTS(handled); i++) {
    struct sigaction action;

    if (sigaction(handled[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
      sigaddset(set, handled[i]);
  }
}

Signals *signals_new(GMainContext *context, void (*func)(int signal, gpointer user_data), gpointer user_data,
                     GError **error)
{
  const struct sigaction ignore = { .sa_handler = SIG_IGN };
  autofd int fd = -1;
  Signals *signals;
  sigset_t set;

  make_set(&set);
  fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot receive signals: %s", g_strerror(errno));
    return NULL;
  }
  signals = g_new0(Signals, 1);
  sigprocmask(SIG_BLOCK, &set, &signals->mask);
  for (gsize i = 0; i < G_N_ELEMENTS(ignored); i++)
    sigaction(ignored[i], &ignore, &signals->actions[i]);
  signals->fd = g_steal_fd(&fd);
  signals->func = func;
  signals->user_data = user_data;
  signals->watch = fd_watch_new(context, signals->fd, on_signals, signals);
  fd_watch_set(signals->watch, G_IO_IN);
  return signals;
}

/* A signal that comes too late must not end the program in place of its exit code: neither one that waits,
 * nor the next of a burst. */
static void ignore_the_rest(void)
{
  static const int ending[] = { SIGHUP, SIGINT, SIGTERM };
  const struct sigaction ignore = { .sa_handler = SIG_IGN };

  for (gsize i = 0; i < G_N_ELEMENTS(ending); i++)
    sigaction(ending[i], &ignore, NULL);
}

void signals_free(Signals *signals)
{
  if (!signals)
    return;
  ignore_the_rest();
  fd_watch_free(signals->watch);
  fd_clear(&signals->fd);
  for (gsize i = 0; i < G_N_ELEMENTS(ignored); i++)
    sigaction(ignored[i], &signals->actions[i], NULL);
  sigprocmask(SIG_SETMASK, &signals->mask, NULL);
  g_free(signals);
}

int signals_open_stop(void)
{
  sigset_t set;

  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
