/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/announce.h"

#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/quote.h"

/* A raw terminal does not return the carriage at the end of a line. */
static const char *line_end(void)
{
  struct termios mode;

  return tcgetattr(STDERR_FILENO, &mode) == 0 && !(mode.c_oflag & OPOST) ? "\r\n" : "\n";
}

static void announce_valist(const char *prefix, const char *format, va_list arguments) G_GNUC_PRINTF(2, 0);

static void announce_valist(const char *prefix, const char *format, va_list arguments)
{
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  g_autofree char *safe = quote_for_terminal(text, /* keep_newlines= */ FALSE);
  g_autofree char *line = g_strconcat(prefix, safe, line_end(), NULL);

  fd_write_all(STDERR_FILENO, line, strlen(line));
}

void announce(const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  announce_valist("", format, arguments);
  va_end(arguments);
}

void announce_notice(const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  announce_valist("domrun: ", format, arguments);
  va_end(arguments);
}
