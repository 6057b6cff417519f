/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An emulator whose guest powers off as soon as it runs, for tests that start a thousand of them; one that is
 * named "stays" does when it is asked to. It speaks as much of QMP as that takes, and marks each run by a
 * byte in every file that it is handed (-add-fd).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(int fd, const char *text)
{
  if (write(fd, text, strlen(text)) < 0)
    _exit(3);
}

static int number_after(const char *text, const char *word)
{
  const char *found = strstr(text, word);

  return found ? (int)strtol(found + strlen(word), NULL, 10) : -1;
}

/* "socket,id=charmonitor,fd=3,..." */
static int find_monitor(char **argv)
{
  int fd = -1;

  for (; *argv && fd < 0; argv++)
    fd = number_after(*argv, "socket,id=charmonitor,fd=");
  return fd;
}

static int stays(char **argv)
{
  for (; *argv; argv++) {
    if (strncmp(*argv, "guest=stays,", strlen("guest=stays,")) == 0)
      return 1;
  }
  return 0;
}

/* "set=1,fd=7,..." */
static void mark(char **argv)
{
  for (; argv[0] && argv[1]; argv++) {
    if (strcmp(argv[0], "-add-fd") == 0)
      say(number_after(argv[1], "fd="), "x");
  }
}

static void answer(int fd, int id, const char *result)
{
  char text[128];

  snprintf(text, sizeof text, "{\"return\":%s,\"id\":%d}\n", result, id);
  say(fd, text);
}

/* Until the guest has ended. */
static void obey(int fd, FILE *stream, char **argv)
{
  static char line[1 << 16];
  int is_marked = 0;

  while (fgets(line, sizeof line, stream)) {
    int is_status = strstr(line, "\"query-status\"") != NULL;

    if (is_status && !is_marked)
      mark(argv);
    is_marked |= is_status;
    answer(fd, number_after(line, "\"id\":"), is_status ? "{\"status\":\"running\",\"running\":true}" : "{}");
    if ((is_status && !stays(argv)) || strstr(line, "\"quit\"") || strstr(line, "\"system_powerdown\"")) {
      say(fd, "{\"timestamp\":{\"seconds\":0,\"microseconds\":0},\"event\":\"SHUTDOWN\","
              "\"data\":{\"guest\":true,\"reason\":\"guest-shutdown\"}}\n");
      return;
    }
  }
}

/* Asked for what it has ("-machine help"), as `check` does. */
static int tells_help(char **argv)
{
  if (!argv[1] || !argv[2] || strcmp(argv[2], "help") != 0)
    return 0;
  printf("Supported machines are:\nq35                  Standard PC (alias of pc-q35-7.2)\n");
  return 1;
}

int main(int argc, char **argv)
{
  int fd = accept(find_monitor(argv), NULL, NULL);
  FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;

  if (tells_help(argv))
    return 0;
  if (!stream)
    return 2;
  say(fd, "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,\"minor\":2,\"major\":7},\"package\":\"\"},"
          "\"capabilities\":[]}}\n");
  obey(fd, stream, argv);
  return 0;
}
