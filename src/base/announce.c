/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/announce.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "base/exit-code.h"
#include "base/fd.h"
#include "base/patience.h"
#include "base/quote.h"

/* Bytes of a log. A guest that makes QEMU talk must not fill the memory that /run usually is. */
enum { LOG_LIMIT = 1024 * 1024 };

/* Milliseconds for who reads standard error. */
enum { PATIENCE = 50 };

/* The log of this process; fd -1: there is none. */
static struct {
  int directory_fd;
  const char *name;
  int fd;
  gsize size;
} log_file = { .directory_fd = -1, .fd = -1 };

/* ---- The log ---- */

static gboolean open_log_file(gboolean is_continued)
{
  struct stat status;

  log_file.fd =
      openat(log_file.directory_fd, log_file.name,
             O_WRONLY | O_CREAT | (is_continued ? 0 : O_TRUNC) | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  log_file.size = log_file.fd >= 0 && fstat(log_file.fd, &status) == 0 ? (gsize)status.st_size : 0;
  return log_file.fd >= 0;
}

gboolean announce_open_log(int directory_fd, const char *name, gboolean is_continued, GError **error)
{
  announce_close_log();
  log_file.directory_fd = directory_fd;
  log_file.name = name;
  return open_log_file(is_continued) ||
         error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make the log: %s", g_strerror(errno));
}

void announce_close_log(void)
{
  fd_clear(&log_file.fd);
}

static void rotate_log(void)
{
  g_autofree char *old = g_strconcat(log_file.name, ".1", NULL);

  fd_clear(&log_file.fd);
  renameat(log_file.directory_fd, log_file.name, log_file.directory_fd, old);
  open_log_file(/* is_continued= */ FALSE);
}

static void write_log(const char *prefix, const char *safe)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
  g_autofree char *line = g_strconcat(time, " ", prefix, safe, "\n", NULL);
  gsize length = strlen(line);

  if (log_file.fd >= 0 && log_file.size + length > LOG_LIMIT)
    rotate_log();
  if (log_file.fd >= 0 && fd_write_all(log_file.fd, line, length))
    log_file.size += length;
}

/* ---- Lines ---- */

/* A raw terminal does not return the carriage at the end of a line. */
static const char *line_end(void)
{
  struct termios mode;

  return tcgetattr(STDERR_FILENO, &mode) == 0 && !(mode.c_oflag & OPOST) ? "\r\n" : "\n";
}

/* Who reads standard error must not hold up the guest: it is waited for a moment, and then no more until it
 * reads again. A descriptor that others share cannot be
 * made non-blocking, but a pipe that is writable takes PIPE_BUF bytes. FALSE where nothing was written. */
static gboolean write_some(const char *text, int patience)
{
  gsize left = strlen(text);
  const char *at = text;

  while (left > 0) {
    struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
    ssize_t put = -1;

    if (poll(&ready, 1, patience) == 1)
      put = write(STDERR_FILENO, at, MIN(left, PIPE_BUF));
    if (put < 0 && errno != EINTR)
      break;
    at += MAX(put, 0);
    left -= (gsize)MAX(put, 0);
  }
  return at > text;
}

static void tell(const char *line)
{
  static guint missing;

  if (missing > 0) {
    g_autofree char *note = g_strdup_printf("domrun: %u lines were not shown%s", missing, line_end());

    if (write_some(note, 0))
      missing = 0;
  }
  if (missing > 0 || !write_some(line, (int)patience_of(PATIENCE)))
    missing++;
}

static void announce_valist(const char *prefix, gboolean is_told, const char *format, va_list arguments)
    G_GNUC_PRINTF(3, 0);

static void announce_valist(const char *prefix, gboolean is_told, const char *format, va_list arguments)
{
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  g_autofree char *safe = quote_for_terminal(text, /* keep_newlines= */ FALSE);
  g_autofree char *line = g_strconcat(prefix, safe, line_end(), NULL);

  if (log_file.fd >= 0)
    write_log(prefix, safe);
  if (is_told)
    tell(line);
}

void announce(const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  announce_valist("", TRUE, format, arguments);
  va_end(arguments);
}

void announce_notice(const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  announce_valist("domrun: ", TRUE, format, arguments);
  va_end(arguments);
}

void announce_log(const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  announce_valist("domrun: ", FALSE, format, arguments);
  va_end(arguments);
}

/* ---- The end ---- */

/* There may be no memory, for anything. */
static void on_log(const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  static const char start[] = "domrun: error: ", lack[] = "out of memory";
  gboolean is_lack = !message || strstr(message, "failed to allocate");
  const struct iovec parts[] = { { (char *)start, strlen(start) },
                                 { (char *)(is_lack ? lack : message), strlen(is_lack ? lack : message) },
                                 { (char *)"\n", 1 } };

  if (!(level & G_LOG_LEVEL_ERROR)) {
    g_log_default_handler(domain, level, message, user_data);
    return;
  }
  (void)!writev(STDERR_FILENO, parts, G_N_ELEMENTS(parts));
  (void)!writev(log_file.fd, parts, G_N_ELEMENTS(parts));
  _exit(EXIT_CODE_INTERNAL);
}

void announce_fatal_errors(void)
{
  g_log_set_default_handler(on_log, NULL);
}
