/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between fork and exec only async-signal-safe calls are made: no allocation, no message. What fails there is
 * told through a pipe that exec closes: its end without a word means that the program runs; otherwise it says
 * which step failed, and with which errno. (A child that dies before either also closes the pipe; it is then
 * found when it is reaped.)
 *
 * It is a vfork: parent and child share their memory until exec, and the parent waits for as long, so that
 * neither the page tables of all libraries are copied nor every page that the parent touches next (0.4 ms of
 * the 4 ms that the way to QEMU takes). The child therefore changes nothing but variables of its own, in
 * functions that are not inlined into the parent's. Where vfork is no more than a fork (valgrind, emulators)
 * all this holds as well.
 *
 * All signals are blocked around the fork: in the child no handler of the parent's may run. The child resets
 * every signal to its default before it unblocks them, or those that do not concern it stay blocked.
 *
 * The numbers that the child's descriptors are to have may be in use by other descriptors that are to be
 * moved, or by the pipe: all are first moved above the highest number, then down to their places.
 */
#include "config.h"

#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

typedef enum {
  STEP_SIGNALS,
  STEP_PARENT,
  STEP_SESSION,
  STEP_PRIVILEGES,
  STEP_STDIO,
  STEP_DESCRIPTORS,
  STEP_CPUS,
  STEP_GROUP,
  STEP_LIMITS,
  STEP_IDENTITY,
  STEP_RULES,
  STEP_EXEC,
} Step;

static const char *const step_names[] = {
  [STEP_SIGNALS] = "reset the signals",
  [STEP_PARENT] = "be tied to its supervisor",
  [STEP_SESSION] = "start a session",
  [STEP_PRIVILEGES] = "give up privileges",
  [STEP_STDIO] = "set up standard input and output",
  [STEP_DESCRIPTORS] = "pass descriptors",
  [STEP_CPUS] = "be pinned to its CPUs",
  [STEP_GROUP] = "join its control group",
  [STEP_LIMITS] = "be limited",
  [STEP_IDENTITY] = "be another user",
  [STEP_RULES] = "be confined (Landlock)",
  [STEP_EXEC] = "execute",
};

typedef struct {
  Step step;
  int error;
} Failure;

#ifndef SYS_landlock_restrict_self
#define SYS_landlock_add_rule      445
#define SYS_landlock_restrict_self 446
#endif

/* Enough for every guest; a plan that needs more is refused before the fork. */
enum { MAX_FDS = 1024 };

/* What is blocked at exec stays so, in QEMU in all threads: it has handlers for these, and unblocks none. */
static gboolean reset_signals(gboolean is_shielded)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t blocked;

  for (int signal = 1; signal < NSIG; signal++)
    sigaction(signal, &action, NULL); /* SIGKILL and SIGSTOP refuse, as do those that libc keeps */
  sigemptyset(&blocked);
  if (is_shielded) {
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGHUP);
  }
  return sigprocmask(SIG_SETMASK, &blocked, NULL) == 0;
}

/* The parent may have died before it asked to be told; then the signal never comes. */
static gboolean tie_to_parent(const SpawnRequest *request, pid_t parent)
{
  if (request->outlives_parent)
    return TRUE;
  if (prctl(PR_SET_PDEATHSIG, request->is_shielded ? SIGKILL : SIGTERM) < 0)
    return FALSE;
  if (getppid() == parent)
    return TRUE;
  errno = ESRCH;
  return FALSE;
}

/* Of what becomes of a pipe the kernel tells the owner of its open file, by any signal that was chosen:
 * F_SETSIG of fcntl(2). Here as well, the other end may have been closed before. */
static gboolean tie_to_lifeline(int lifeline)
{
  struct pollfd end = { .fd = lifeline };

  if (lifeline <= 0)
    return TRUE;
  if (fcntl(lifeline, F_SETOWN, getpid()) < 0 || fcntl(lifeline, F_SETSIG, SIGKILL) < 0 ||
      fcntl(lifeline, F_SETFL, O_ASYNC | O_NONBLOCK) < 0 || poll(&end, 1, 0) < 0)
    return FALSE;
  if (!(end.revents & POLLHUP))
    return TRUE;
  errno = ESRCH;
  return FALSE;
}

static gboolean set_stdio(int output)
{
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

  return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
         dup2(output, STDERR_FILENO) >= 0;
}

static int highest_number(const SpawnRequest *request)
{
  int highest = STDERR_FILENO;

  for (guint i = 0; i < request->n_fds; i++)
    highest = MAX(highest, request->fds[i].number);
  return highest;
}

/* Descriptors that somebody handed to this program without close-on-exec stay here. */
static gboolean keep_the_rest(int first)
{
  if (syscall(SYS_close_range, (guint)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    return TRUE;
  for (int fd = first; fd < MAX_FDS; fd++) /* a kernel older than 5.11 */
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  return TRUE;
}

static gboolean pass_fds(const SpawnRequest *request, int first_free)
{
  int moved[MAX_FDS];

  for (guint i = 0; i < request->n_fds; i++) {
    moved[i] = fcntl(request->fds[i].fd, F_DUPFD_CLOEXEC, first_free);
    if (moved[i] < 0)
      return FALSE;
  }
  for (guint i = 0; i < request->n_fds; i++) {
    if (dup2(moved[i], request->fds[i].number) < 0)
      return FALSE;
  }
  return keep_the_rest(first_free);
}

/* Lowers a limit, and never raises it. */
static gboolean lower_limit(int which, guint64 most)
{
  struct rlimit limit;

  if (getrlimit(which, &limit) < 0)
    return FALSE;
  limit.rlim_max = MIN(limit.rlim_max, most);
  limit.rlim_cur = MIN(limit.rlim_cur, limit.rlim_max);
  return setrlimit(which, &limit) == 0;
}

static gboolean set_limits(const SpawnBounds *bounds)
{
  static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

  return (bounds->open_files == 0 || lower_limit(RLIMIT_NOFILE, bounds->open_files)) &&
         (!bounds->has_no_core || lower_limit(RLIMIT_CORE, 0)) &&
         (bounds->processes == 0 || !bounds->identity || lower_limit(RLIMIT_NPROC, bounds->processes)) &&
         (!bounds->locks_memory || !bounds->identity || setrlimit(RLIMIT_MEMLOCK, &all) == 0);
}

/* With root's user goes each of root's rights. The kernel then takes back what was said about the parent's
 * end, which is said again. */
static gboolean become(const SpawnRequest *request, pid_t parent)
{
  const SpawnIdentity *identity = request->bounds.identity;

  return !identity || (syscall(SPAWN_SETGROUPS, identity->n_groups, identity->groups) == 0 &&
                       syscall(SPAWN_SETRESGID, identity->gid, identity->gid, identity->gid) == 0 &&
                       syscall(SPAWN_SETRESUID, identity->uid, identity->uid, identity->uid) == 0 &&
                       tie_to_parent(request, parent));
}

/* What there is of the child itself in /proc, whose name nobody knows before there is a child. Where the
 * rules are not about files, that fails, and is not needed. */
static void allow_own_process(int ruleset)
{
  enum { PATH_RULE = 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3 }; /* linux/landlock.h */
  struct {
    guint64 access;
    gint32 fd;
  } __attribute__((packed))
  own = { READ_FILE | READ_DIR, open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC) };

  if (own.fd >= 0)
    syscall(SYS_landlock_add_rule, ruleset, PATH_RULE, &own, 0U);
}

/* Its descriptor is closed by exec. */
static gboolean put_on_rules(int ruleset)
{
  if (ruleset > 0)
    allow_own_process(ruleset);
  return ruleset <= 0 || syscall(SYS_landlock_restrict_self, ruleset, 0U) == 0;
}

static Step run_child(const SpawnRequest *request, pid_t parent, int *report)
{
  int first_free = highest_number(request) + 1;
  int high_report = fcntl(*report, F_DUPFD_CLOEXEC, first_free), ruleset;

  if (high_report < 0)
    return STEP_DESCRIPTORS;
  *report = high_report;
  if (!reset_signals(request->is_shielded))
    return STEP_SIGNALS;
  if (!tie_to_parent(request, parent) || !tie_to_lifeline(request->lifeline))
    return STEP_PARENT;
  if (setsid() < 0)
    return STEP_SESSION;
  if (!request->may_gain_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return STEP_PRIVILEGES;
  if (!set_stdio(request->output))
    return STEP_STDIO;
  if (request->is_private)
    umask(0077 & ~request->others);
  if (request->group > 0 && write(request->group, "0", 1) != 1)
    return STEP_GROUP;
  ruleset = request->bounds.ruleset > 0 ? fcntl(request->bounds.ruleset, F_DUPFD_CLOEXEC, first_free) : -1;
  if (!pass_fds(request, first_free))
    return STEP_DESCRIPTORS;
  if (!set_limits(&request->bounds))
    return STEP_LIMITS;
  if (!become(request, parent))
    return STEP_IDENTITY;
  if (!put_on_rules(ruleset))
    return STEP_RULES;
  if (request->cpus && sched_setaffinity(0, request->cpus_size, request->cpus) < 0)
    return STEP_CPUS;
  execve(request->program, request->argv, request->environment);
  return STEP_EXEC;
}

static G_NORETURN G_NO_INLINE void run_child_and_exit(const SpawnRequest *request, pid_t parent, int report)
{
  Failure failure;
  ssize_t put;

  failure.step = run_child(request, parent, &report);
  failure.error = errno;
  put = write(report, &failure, sizeof failure);
  _exit(put == sizeof failure ? 126 : 127);
}

/* Waits for exec, which takes as long as loading the program. */
static gboolean read_report(int report, const SpawnRequest *request, GError **error)
{
  Failure failure;
  ssize_t got;

  do
    got = read(report, &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got == 0)
    return TRUE;
  if (got < 0)
    return error_set(error, DOMRUN_ERROR_QEMU_START, NULL, NULL,
                     "cannot start '%s': cannot hear from its child: %s", request->program,
                     g_strerror(errno));
  if (got != sizeof failure)
    return error_set(error, DOMRUN_ERROR_QEMU_START, NULL, NULL,
                     "cannot start '%s': its child did not report", request->program);
  return error_set(error, DOMRUN_ERROR_QEMU_START, NULL, NULL, "cannot start '%s': cannot %s: %s",
                   request->program, step_names[failure.step], g_strerror(failure.error));
}

/* A child that becomes another user marks the memory as that of one, and it is this process's, too, until
 * exec. */
static pid_t fork_blocked(const SpawnRequest *request, int report)
{
  sigset_t all, saved;
  pid_t parent = getpid(), pid;
  int dumpable = prctl(PR_GET_DUMPABLE);

  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &saved);
  pid = vfork();
  if (pid == 0)
    run_child_and_exit(request, parent, report);
  if (request->bounds.identity)
    prctl(PR_SET_DUMPABLE, dumpable);
  sigprocmask(SIG_SETMASK, &saved, NULL);
  return pid;
}

void spawn_bounds_clear(SpawnBounds *bounds)
{
  if (bounds->ruleset > 0)
    fd_clear(&bounds->ruleset);
  *bounds = (SpawnBounds){ 0 };
}

gboolean spawn(const SpawnRequest *request, pid_t *ret_pid, GError **error)
{
  int pipe_fds[2];
  autofd int reader = -1, writer = -1;
  pid_t pid;

  if (request->n_fds > MAX_FDS)
    return error_set(error, DOMRUN_ERROR_QEMU_START, NULL, NULL,
                     "the guest needs %u descriptors, more than %d", request->n_fds, MAX_FDS);
  if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL))
    return error_set(error, DOMRUN_ERROR_QEMU_START, NULL, NULL, "cannot make a pipe: %s", g_strerror(errno));
  reader = pipe_fds[0];
  writer = pipe_fds[1];
  pid = fork_blocked(request, writer);
  if (pid < 0)
    return error_set(error, DOMRUN_ERROR_QEMU_START, NULL, NULL, "cannot fork: %s", g_strerror(errno));
  fd_clear(&writer);
  if (!read_report(reader, request, error)) {
    kill(pid, SIGKILL); /* where the report could not be read, the program may run */
    waitid(P_PID, (id_t)pid, NULL, WEXITED);
    return FALSE;
  }
  *ret_pid = pid;
  return TRUE;
}

pid_t spawn_copy(GError **error)
{
  pid_t pid = fork();

  if (pid < 0)
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot fork: %s", g_strerror(errno));
  if (pid == 0)
    setsid();
  return pid;
}

gboolean spawn_replace(char *const *argv, const char *package, GError **error)
{
  int cause;

  execvp(argv[0], argv);
  cause = errno;
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot execute '%s': %s", argv[0], g_strerror(cause));
  if (cause == ENOENT && package)
    error_add_hint(error, "the package %s has it", package);
  return FALSE;
}
