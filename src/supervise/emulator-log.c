/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/emulator-log.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/fd-watch.h"

/* A line that is longer is cut into several; of the kept lines the last ones stay. */
enum { MAX_LINE = 2048, MAX_KEPT = 16 };

/* A pipe holds less than that many reads; who writes more, after QEMU has ended, is some child of it. */
enum { DRAIN_READS = 512 };

struct EmulatorLog {
  int fd;
  FdWatch *watch;
  GString *line; /* the beginning of one */
  GQueue kept;   /* of char *: lines that were not relayed */
  gboolean is_relaying;
};

/* QEMU says so of every console's socket, although the connection is there already; and of each file of the
 * firmware's configuration that is not the user's own, as --fast-boot's. */
static gboolean is_noise(const char *line)
{
  return strstr(line, ": info: QEMU waiting for connection on: ") ||
         strstr(line, ": warning: externally provided fw_cfg item names should be prefixed with \"opt/\"");
}

static void end_line(EmulatorLog *log)
{
  gboolean is_worth = log->line->len > 0 && !is_noise(log->line->str);

  if (is_worth && log->is_relaying)
    announce("%s", log->line->str);
  else if (is_worth)
    g_queue_push_tail(&log->kept, g_strdup(log->line->str));
  if (log->kept.length > MAX_KEPT)
    g_free(g_queue_pop_head(&log->kept));
  g_string_truncate(log->line, 0);
}

static void add(EmulatorLog *log, const char *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (bytes[i] == '\n' || log->line->len == MAX_LINE)
      end_line(log);
    if (bytes[i] != '\n' && bytes[i] != '\r')
      g_string_append_c(log->line, bytes[i] ? bytes[i] : '\1'); /* shown as what it is not, but shown */
  }
}

/* FALSE where nothing is there, or nothing comes any more. */
static gboolean receive(EmulatorLog *log)
{
  char bytes[4096];
  ssize_t got = read(log->fd, bytes, sizeof bytes);

  if (got > 0)
    add(log, bytes, (gsize)got);
  else if (got == 0)
    fd_watch_set(log->watch, 0);
  return got > 0 || (got < 0 && errno == EINTR);
}

static void on_log(GIOCondition ready, gpointer user_data)
{
  receive(user_data);
}

EmulatorLog *emulator_log_new(GMainContext *context, int fd)
{
  EmulatorLog *log = g_new0(EmulatorLog, 1);

  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  log->fd = fd;
  log->line = g_string_new(NULL);
  log->watch = fd_watch_new(context, fd, on_log, log);
  fd_watch_set(log->watch, G_IO_IN);
  return log;
}

void emulator_log_free(EmulatorLog *log)
{
  if (!log)
    return;
  fd_watch_free(log->watch);
  fd_clear(&log->fd);
  g_string_free(log->line, TRUE);
  g_queue_clear_full(&log->kept, g_free);
  g_free(log);
}

void emulator_log_relay(EmulatorLog *log)
{
  char *line;

  log->is_relaying = TRUE;
  while ((line = g_queue_pop_head(&log->kept))) {
    announce("%s", line);
    g_free(line);
  }
}

void emulator_log_drain(EmulatorLog *log)
{
  for (guint reads = 0; reads < DRAIN_READS && receive(log); reads++)
    ;
  end_line(log);
}

char *emulator_log_last_words(const EmulatorLog *log)
{
  g_autoptr(GString) words = g_string_new(NULL);

  for (const GList *link = log->kept.head; link; link = link->next)
    g_string_append_printf(words, "%s%s", words->len > 0 ? "\n" : "", (const char *)link->data);
  return words->len > 0 ? g_string_free(g_steal_pointer(&words), FALSE) : NULL;
}
