/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The only fork. The child is a session of its own, so that a terminal's Ctrl-C does not reach it; it cannot
 * gain privileges unless it is to; it has standard input from /dev/null, standard output and error where it
 * is told, exactly the descriptors that it is given, and no others; and it is sent SIGTERM, or SIGKILL, when
 * the thread that started it ends, unless it is to outlive that.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/error.h"

typedef struct {
  int fd;     /* here */
  int number; /* in the child, above 2 */
} SpawnFd;

/* Another user. All of it is borrowed. */
typedef struct {
  uid_t uid;
  gid_t gid;
  const gid_t *groups;
  gsize n_groups;
  const char *name, *home; /* for the environment */
} SpawnIdentity;

/* The system calls by which one thread becomes another user: libc's functions are about all of them, which
 * after vfork(2) are somebody else's. */
#ifdef SYS_setresuid32
#define SPAWN_SETRESUID SYS_setresuid32
#define SPAWN_SETRESGID SYS_setresgid32
#define SPAWN_SETGROUPS SYS_setgroups32
#else
#define SPAWN_SETRESUID SYS_setresuid
#define SPAWN_SETRESGID SYS_setresgid
#define SPAWN_SETGROUPS SYS_setgroups
#endif

/* What bounds a program, for good. All 0: nothing does. */
typedef struct {
  int ruleset;          /* of Landlock, that the child puts on itself; 0, or -1: none */
  guint64 open_files;   /* at most so many; 0: as many as this process may have */
  gboolean has_no_core; /* the child leaves no core file */
  const SpawnIdentity
      *identity;         /* as whom it runs, without any right of root's; borrowed; NULL: as this process */
  guint64 processes;     /* with an identity: that user may have so many processes and threads when the child
                            wants     one more; 0: no limit of ours */
  gboolean locks_memory; /* with an identity: as much as it wants, which root may without */
} SpawnBounds;

/* Closes what is in it. */
void spawn_bounds_clear(SpawnBounds *bounds);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpawnBounds, spawn_bounds_clear)

typedef struct {
  const char *program; /* a path */
  char *const *argv;
  char *const *environment;
  const SpawnFd *fds;
  guint n_fds;
  int output;                   /* becomes standard output and error */
  gboolean may_gain_privileges; /* for a setuid program: the child can */
  gboolean is_shielded;     /* SIGTERM, SIGINT and SIGHUP, which may come to all of a job, are blocked in the
                               child; only SIGKILL ends it */
  gboolean outlives_parent; /* the child goes on when this process has ended */
  int lifeline; /* the reading end of a pipe, an open file of its own that the child has among @fds: it is
                   killed when nobody has the other end any more; 0, or -1: none */
  SpawnBounds bounds; /* borrowed */
  int group; /* cgroup.procs of a control group that the child joins; here; 0, or -1: it joins none */
  gconstpointer cpus;  /* a set for sched_setaffinity(2), where the child is to run; NULL: where this does */
  gsize cpus_size;     /* of it */
  gboolean is_private; /* what it makes is for this user alone, whatever the umask here is; */
  guint32 others;      /* but for these rights, which it may give others */
} SpawnRequest;

/* Copies this process, as fork(2) does: 0 in the copy, which is a session of its own; its pid in the other,
 * which reaps it; -1 with a DOMRUN_ERROR_HOST error. Only while there is one thread and no main loop. */
pid_t spawn_copy(GError **error);

/* Puts the program @argv, looked for in PATH, in the place of this process; it gets this environment,
 * standard input, output and error, and what is not close-on-exec. Returns only where it cannot: FALSE with a
 * DOMRUN_ERROR_HOST error, whose hint is @package that has it, or NULL. */
gboolean spawn_replace(char *const *argv, const char *package, GError **error);

/* Returns when the program runs (exec has succeeded), or with a DOMRUN_ERROR_QEMU_START error that names the
 * step which failed. The caller reaps the child (waitid). */
gboolean spawn(const SpawnRequest *request, pid_t *ret_pid, GError **error);
