/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest that has taken its emulator over would try, in the emulator's place, or in that of a program
 * beside it: domrun starts it with all that confines that program, but for what it puts on itself, such as
 * QEMU's filter of system calls. It prints, on one line, a word for each thing that it could do, and ends.
 * What it tries in its own directory is about "secret" and "program" there; the name of the guest, or of that
 * directory, is "attempts-PORT", a TCP port of loopback that somebody listens on.
 */
#include "config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(const char *what, int is_done)
{
  if (is_done)
    fprintf(stderr, " %s", what);
}

static void try_files(void)
{
  struct stat status;

  tell("read", open("secret", O_RDONLY) >= 0);
  tell("write", open("secret", O_WRONLY) >= 0);
  tell("append", open("secret", O_WRONLY | O_APPEND) >= 0);
  tell("truncate", truncate("secret", 0) == 0);
  tell("create", open("created", O_WRONLY | O_CREAT, 0600) >= 0);
  tell("temporary", open("/tmp/domrun-confined", O_WRONLY | O_CREAT, 0600) >= 0);
  tell("mkdir", mkdir("made", 0700) == 0);
  tell("symlink", symlink("secret", "link") == 0);
  tell("hardlink", link("secret", "hard") == 0);
  tell("fifo", mkfifo("fifo", 0600) == 0);
  tell("unlink", unlink("secret") == 0);
  tell("rename", rename("secret", "moved") == 0);
  tell("list", open(".", O_RDONLY | O_DIRECTORY) >= 0);
  tell("home", getenv("HOME") && open(getenv("HOME"), O_RDONLY | O_DIRECTORY) >= 0);
  tell("shadow", open("/etc/shadow", O_RDONLY) >= 0);
  tell("cron", open("/etc/cron.d/domrun", O_WRONLY | O_CREAT, 0600) >= 0);
  tell("usr", open("/usr/domrun", O_WRONLY | O_CREAT, 0600) >= 0);
  tell("terminal", open("/dev/ptmx", O_RDWR) >= 0);
  tell("memory", open("/dev/mem", O_RDONLY) >= 0);
  tell("tun", stat("/dev/net/tun", &status) == 0 && open("/dev/net/tun", O_RDWR) >= 0);
  tell("sysctl", open("/proc/sys/kernel/core_pattern", O_WRONLY) >= 0);
}

static void try_supervisor(void)
{
  char path[64], byte[1];
  pid_t supervisor = getppid();

  tell("kill", kill(supervisor, 0) == 0);
  tell("ptrace", ptrace(PTRACE_SEIZE, supervisor, NULL, NULL) == 0);
  snprintf(path, sizeof path, "/proc/%d/mem", (int)supervisor);
  tell("mem", open(path, O_RDWR) >= 0);
  snprintf(path, sizeof path, "/proc/%d/environ", (int)supervisor);
  tell("environ", read(open(path, O_RDONLY), byte, sizeof byte) > 0);
  snprintf(path, sizeof path, "/proc/%d/fd/0", (int)supervisor);
  tell("descriptor", open(path, O_RDONLY) >= 0);
  tell("pidfd", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, supervisor, 0), 0, 0) >= 0);
}

static int connect_to(int port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&address, sizeof address) == 0;
}

static int bind_to(int port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&address, sizeof address) == 0;
}

static int connect_abstract(int port)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  socklen_t length =
      (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
      (socklen_t)snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "domrun-test-%d", port);

  return connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&address, length) == 0;
}

static int bind_socket(const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return bind(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&address, sizeof address) == 0;
}

static void try_network(int port)
{
  tell("connect", connect_to(port));
  tell("bind", bind_to(0) || bind_to(port + 1));
  tell("abstract", connect_abstract(port));
  tell("socket", bind_socket("socket"));
}

/* Where it may make the socket of a display ("-vnc vnc=unix:PATH,..."), and what else of the guest's is near.
 */
static void try_near_display(char **argv)
{
  char path[512], *end;

  while (*argv && strncmp(*argv, "vnc=unix:", strlen("vnc=unix:")) != 0)
    argv++;
  if (!*argv || snprintf(path, sizeof path, "%s", *argv + strlen("vnc=unix:")) >= (int)sizeof path)
    return;
  path[strcspn(path, ",")] = '\0';
  tell("no-display", bind_socket(path) == 0);
  end = strstr(path, "/sockets/");
  if (!end)
    return;
  strcpy(end, "/control");
  tell("control", unlink(path) == 0 || bind_socket(path));
  strcpy(end, "/state");
  tell("state", unlink(path) == 0 || open(path, O_WRONLY) >= 0 || open(path, O_RDONLY) >= 0);
  strcpy(end, "/new");
  tell("beside", bind_socket(path) || open(path, O_WRONLY | O_CREAT, 0600) >= 0);
}

static void try_limits(void)
{
  struct rlimit limit;

  tell("privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
  tell("core", getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max != 0);
  tell("files", getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max > 65536);
  tell("environment", getenv("DOMRUN_TEST_TOKEN") != NULL);
}

/* "-name guest=attempts-PORT,...", or the program's own name. */
static int find_port(char **argv)
{
  for (; *argv; argv++) {
    const char *name = strstr(*argv, "attempts-");

    if (name)
      return atoi(name + strlen("attempts-"));
  }
  return 0;
}

int main(int argc, char **argv)
{
  int port = find_port(argv);

  if (argc == 2 && strcmp(argv[1], "--version") == 0) /* that is asked before, of every virtiofsd */
    return 0;
  if (argc == 2 && strcmp(argv[1], "execute") == 0) { /* the "program" */
    fprintf(stderr, "execute\n");
    return 1;
  }
  fprintf(stderr, "done:");
  if (chdir(dirname(argv[0])) < 0)
    tell("no-directory", 1);
  try_files();
  try_supervisor();
  try_network(port);
  try_near_display(argv);
  try_limits();
  fputc(' ', stderr);
  execl("program", "program", "execute", NULL); /* which is this program, and writes that */
  fprintf(stderr, "end\n");
  _exit(1);
}
