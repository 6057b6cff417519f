/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * inject-fault CALL[,CALL...] NUMBER ERRNO REPORT PROGRAM ARGUMENT...: runs the program, and lets the one of
 * its system calls CALL that is number NUMBER fail with ERRNO; with "NUMBER+" it and all that follow it; with
 * 0 none. In place of ERRNO there may be KILL: there the process is killed. What it ends with is what the
 * program ended with, killed by the same signal if it was. Into the file REPORT it writes how many there
 * were of each CALL, a line each, and what the first one that failed was about.
 *
 * The kernel asks before each of these calls (seccomp, user notification), in the program and in all that it
 * starts. Only those of the program itself count, by /proc/PID/exe, a child that has not executed another yet
 * with it; none of the loader's and of a sanitizer's: these are not the program's to handle.
 *
 * That needs no debugger, so leaks are found as ever, and no library that is loaded first, so it works with
 * sanitizers.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum { END_BY_SIGNAL = 4095 }; /* in place of an errno */

enum { MAX_CALLS = 100 };

enum { SKIPPED = 125 }; /* the exit code where this kernel, or what runs it, has no such filter */

/* clang-format off */
#define CALL(name) { #name, SYS_##name }
static const struct { const char *name; int number; } calls[] = {
  CALL(accept4),
  CALL(bind),
  CALL(brk),
  CALL(clone),
#ifdef SYS_clone3
  CALL(clone3),
#endif
  CALL(close),
  CALL(connect),
#ifdef SYS_dup2
  CALL(dup2),
#endif
  CALL(dup3),
  CALL(eventfd2),
  CALL(execve),
  CALL(faccessat),
#ifdef SYS_access
  CALL(access),
#endif
  CALL(fchmod),
  CALL(fcntl),
  CALL(fdatasync),
  CALL(flock),
#ifdef SYS_fork
  CALL(fork),
#endif
  CALL(fstat),
  CALL(fsync),
  CALL(ftruncate),
  CALL(getdents64),
  CALL(ioctl),
#ifdef SYS_link
  CALL(link),
#endif
  CALL(linkat),
  CALL(listen),
  CALL(lseek),
  CALL(memfd_create),
#ifdef SYS_mkdir
  CALL(mkdir),
#endif
  CALL(mkdirat),
  CALL(mmap),
  CALL(newfstatat),
#ifdef SYS_open
  CALL(open),
#endif
  CALL(openat),
#ifdef SYS_pidfd_open
  CALL(pidfd_open),
#endif
  CALL(pipe2),
  CALL(prctl),
  CALL(prlimit64),
  CALL(read),
  CALL(recvmsg),
#ifdef SYS_rename
  CALL(rename),
#endif
  CALL(renameat),
  CALL(renameat2),
#ifdef SYS_rmdir
  CALL(rmdir),
#endif
  CALL(rt_sigaction),
  CALL(rt_sigprocmask),
  CALL(sched_setaffinity),
  CALL(sendmsg),
  CALL(sendto),
  CALL(setsid),
  CALL(setsockopt),
  CALL(signalfd4),
  CALL(socket),
  CALL(socketpair),
#ifdef SYS_symlink
  CALL(symlink),
#endif
#ifdef SYS_unlink
  CALL(unlink),
#endif
  CALL(unlinkat),
#ifdef SYS_vfork
  CALL(vfork),
#endif
  CALL(wait4),
  CALL(waitid),
  CALL(write),
  CALL(writev),
#ifdef SYS_landlock_create_ruleset
  CALL(landlock_create_ruleset),
  CALL(landlock_add_rule),
  CALL(landlock_restrict_self),
#endif
};
/* clang-format on */

static const struct {
  const char *name;
  int number;
} errors[] = {
  { "EACCES", EACCES }, { "EAGAIN", EAGAIN }, { "EINTR", EINTR },        { "EINVAL", EINVAL },
  { "EIO", EIO },       { "EMFILE", EMFILE }, { "ENFILE", ENFILE },      { "ENOENT", ENOENT },
  { "ENOLCK", ENOLCK }, { "ENOMEM", ENOMEM }, { "ENOSPC", ENOSPC },      { "ENOSYS", ENOSYS },
  { "EPERM", EPERM },   { "EROFS", EROFS },   { "KILL", END_BY_SIGNAL },
};

typedef struct {
  char program[4096];
  int listener;
  size_t n_calls;
  size_t calls[MAX_CALLS]; /* in the table above */
  long counts[MAX_CALLS];
  long wanted; /* which of them all fails; 0: none */
  int goes_on; /* those after it too */
  int error;
  long count;
  char about[512]; /* the first that failed */
  pid_t known_pid; /* where that one's last call came from */
  unsigned long known_start, known_end;
  int known_counts;
} Injection;

static int find_call(const char *name, size_t length, size_t *ret_index)
{
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    if (strncmp(calls[i].name, name, length) == 0 && calls[i].name[length] == '\0') {
      *ret_index = i;
      return 1;
    }
  }
  return 0;
}

/* "openat,write,...": 0 where one is not known here. */
static int parse_calls(Injection *injection, const char *names)
{
  for (;;) {
    size_t length = strcspn(names, ",");

    if (injection->n_calls == MAX_CALLS || !find_call(names, length, &injection->calls[injection->n_calls++]))
      return 0;
    if (names[length] == '\0')
      return 1;
    names += length + 1;
  }
}

static int error_number(const char *name)
{
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    if (strcmp(errors[i].name, name) == 0)
      return errors[i].number;
  }
  return 0;
}

/* ---- The program ---- */

/* Asks about each of the calls. */
static unsigned short make_filter(const Injection *injection, struct sock_filter *ret_code)
{
  unsigned short length = 0;

  ret_code[length++] =
      (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < injection->n_calls; i++) {
    unsigned number = (unsigned)calls[injection->calls[i]].number;

    ret_code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    ret_code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  }
  ret_code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  return length;
}

static int install(const Injection *injection)
{
  struct sock_filter code[2 + 2 * MAX_CALLS];
  struct sock_fprog filter = { .len = make_filter(injection, code), .filter = code };
  long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &filter);

  if (fd < 0 && errno == EINVAL) /* before Linux 5.19 */
    fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  return (int)fd;
}

typedef struct {
  char **argv;
  const Injection *injection;
  _Atomic int *listener;
} Child;

/* From the filter on it makes no call but execve. The parent has the same descriptors, until that. */
static int run_child(void *data)
{
  const Child *child = data;
  int fd;

  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    _exit(SKIPPED);
  fd = install(child->injection);
  atomic_store(child->listener, fd >= 0 ? fd : -1);
  if (fd < 0)
    _exit(SKIPPED);
  execve(child->argv[0], child->argv, environ);
  _exit(127);
}

static pid_t start(char **argv, const Injection *injection, int *ret_listener)
{
  static char stack[256 * 1024] __attribute__((aligned(16)));
  _Atomic int *listener =
      mmap(NULL, sizeof *listener, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Child child = { argv, injection, listener };
  pid_t pid;

  if (listener == MAP_FAILED)
    return -1;
  atomic_store(listener, -2);
  pid = clone(run_child, stack + sizeof stack, CLONE_FILES | SIGCHLD, &child);
  while (pid > 0 && atomic_load(listener) == -2)
    usleep(100);
  *ret_listener = atomic_load(listener);
  return pid;
}

/* ---- Which calls count ---- */

static int is_program(const Injection *injection, pid_t pid)
{
  char link[64], target[sizeof injection->program];
  ssize_t length;

  snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
  length = readlink(link, target, sizeof target - 1);
  if (length < 0)
    return 0;
  target[length] = '\0';
  return strcmp(target, injection->program) == 0;
}

static int is_excluded(const char *mapping)
{
  return strstr(mapping, "/ld-linux") || strstr(mapping, "/ld-musl") || strstr(mapping, "/libasan.") ||
         strstr(mapping, "/libubsan.") || strstr(mapping, "/liblsan.");
}

/* By the address of the instruction, and by what is mapped there. */
static int counts(Injection *injection, pid_t pid, unsigned long address)
{
  char path[64], line[4352];
  FILE *file;

  if (pid == injection->known_pid && address >= injection->known_start && address < injection->known_end)
    return injection->known_counts;
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  file = fopen(path, "re");
  injection->known_pid = 0;
  while (file && fgets(line, sizeof line, file)) {
    unsigned long first, last;

    if (sscanf(line, "%lx-%lx", &first, &last) != 2 || address < first || address >= last)
      continue;
    injection->known_pid = pid;
    injection->known_start = first;
    injection->known_end = last;
    injection->known_counts = !is_excluded(line);
    break;
  }
  if (file)
    fclose(file);
  return injection->known_pid == pid && injection->known_counts;
}

/* ---- What it was about ---- */

static void read_text(pid_t pid, unsigned long long address, char *text, size_t size)
{
  char path[64];
  int fd;
  ssize_t length;

  snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  length = fd >= 0 ? pread(fd, text, size - 1, (off_t)address) : -1;
  if (fd >= 0)
    close(fd);
  text[length > 0 ? length : 0] = '\0';
}

/* Where its arguments say that: a path, or what is written. */
static int text_argument(const char *call)
{
  static const char *const first[] = { "open", "access", "execve", "mkdir",       "rename",
                                       "link", "unlink", "rmdir",  "memfd_create" };
  static const char *const second[] = { "openat",   "mkdirat", "renameat",   "renameat2", "linkat",
                                        "unlinkat", "write",   "newfstatat", "faccessat" };

  for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
    if (strcmp(call, first[i]) == 0)
      return 0;
  }
  for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
    if (strcmp(call, second[i]) == 0)
      return 1;
  }
  return -1;
}

static void describe(Injection *injection, const char *call, const struct seccomp_notif *asked)
{
  int argument = text_argument(call);
  char link[64], text[256] = "";

  if (argument >= 0) {
    read_text((pid_t)asked->pid, asked->data.args[argument], text, sizeof text);
  } else {
    ssize_t length;

    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)asked->pid, (int)asked->data.args[0]);
    length = readlink(link, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
  }
  snprintf(injection->about, sizeof injection->about, "%s(%#llx, %#llx) '%s'", call,
           (unsigned long long)asked->data.args[0], (unsigned long long)asked->data.args[1], text);
}

/* ---- The questions ---- */

/* How GLib wakes up its main loop, which cannot fail. */
static int is_wakeup(pid_t pid, const struct seccomp_notif *asked)
{
  static const char eventfd[] = "anon_inode:[eventfd]";
  char link[64], target[sizeof eventfd];

  if (asked->data.nr != SYS_write && asked->data.nr != SYS_read)
    return 0;
  snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, (int)asked->data.args[0]);
  return readlink(link, target, sizeof target) == (ssize_t)strlen(eventfd) &&
         memcmp(target, eventfd, strlen(eventfd)) == 0;
}

/* Which of the calls it is. */
static size_t index_of(const Injection *injection, const struct seccomp_notif *asked)
{
  size_t i = 0;

  while (i + 1 < injection->n_calls && calls[injection->calls[i]].number != asked->data.nr)
    i++;
  return i;
}

static int fails(Injection *injection, const struct seccomp_notif *asked)
{
  pid_t pid = (pid_t)asked->pid;
  size_t index = index_of(injection, asked);

  if (!is_program(injection, pid) ||
      !counts(injection, pid, (unsigned long)asked->data.instruction_pointer) || is_wakeup(pid, asked))
    return 0;
  injection->count++;
  injection->counts[index]++;
  if (injection->wanted == 0 || injection->count < injection->wanted ||
      (injection->count > injection->wanted && !injection->goes_on))
    return 0;
  if (injection->count == injection->wanted)
    describe(injection, calls[injection->calls[index]].name, asked);
  return 1;
}

/* 0 where there will be no more. */
static int answer(Injection *injection)
{
  static union {
    struct seccomp_notif asked;
    char room[4096]; /* a later kernel's may be longer */
  } in;
  static union {
    struct seccomp_notif_resp said;
    char room[4096];
  } out;

  memset(&in, 0, sizeof in);
  memset(&out, 0, sizeof out);
  if (ioctl(injection->listener, SECCOMP_IOCTL_NOTIF_RECV, &in) < 0)
    return errno == EINTR || errno == ENOENT;
  out.said.id = in.asked.id;
  if (fails(injection, &in.asked)) {
    out.said.error = -injection->error;
    if (injection->error == END_BY_SIGNAL)
      kill((pid_t)in.asked.pid, SIGKILL); /* before it goes on */
  }
  if (out.said.error == 0)
    out.said.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ioctl(injection->listener, SECCOMP_IOCTL_NOTIF_SEND, &out);
  return 1;
}

/* Until nobody is left who could ask. */
static void serve(Injection *injection)
{
  for (;;) {
    struct pollfd poll_fd = { .fd = injection->listener, .events = POLLIN };

    if (poll(&poll_fd, 1, -1) < 0 && errno != EINTR)
      return;
    if ((poll_fd.revents & POLLIN) ? !answer(injection) : (poll_fd.revents & (POLLHUP | POLLERR)) != 0)
      return;
  }
}

static void write_report(const Injection *injection, const char *path)
{
  FILE *file = fopen(path, "we");

  if (!file)
    return;
  for (size_t i = 0; i < injection->n_calls; i++)
    fprintf(file, "%ld\n", injection->counts[i]);
  fprintf(file, "%s\n", injection->about);
  fclose(file);
}

/* As the program ended. */
static int end_as(int status)
{
  const struct rlimit none = { 0, 0 };

  if (!WIFSIGNALED(status))
    return WEXITSTATUS(status);
  setrlimit(RLIMIT_CORE, &none);
  signal(WTERMSIG(status), SIG_DFL);
  raise(WTERMSIG(status));
  return 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
  static Injection injection;
  int status = 0;
  pid_t pid;

  if (argc < 6 || !parse_calls(&injection, argv[1]) || error_number(argv[3]) == 0 ||
      !realpath(argv[5], injection.program)) {
    fprintf(stderr, "inject-fault CALL[,CALL...] NUMBER[+] ERRNO REPORT PROGRAM ARGUMENT...\n");
    return 2;
  }
  injection.wanted = strtol(argv[2], NULL, 10);
  injection.goes_on = strchr(argv[2], '+') != NULL;
  injection.error = error_number(argv[3]);
  pid = start(argv + 5, &injection, &injection.listener);
  if (pid < 0)
    return SKIPPED;
  if (injection.listener >= 0)
    serve(&injection);
  if (waitpid(pid, &status, 0) != pid)
    return SKIPPED;
  write_report(&injection, argv[4]);
  return end_as(status);
}
