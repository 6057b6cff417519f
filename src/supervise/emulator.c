/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process is watched through a pidfd, which becomes readable the moment it ends; where the kernel has
 * none (before 5.3, or a sandbox that hides the call), GLib's child watch does it, with a thread.
 *
 * At the end the last events and messages may still lie in the sockets. They are read before the end is told,
 * so that whoever decides what the end means knows all that QEMU said.
 */
#include "config.h"

#include "supervise/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/fd-watch.h"
#include "host/confinement.h"
#include "host/emulator-lock.h"
#include "host/threads.h"
#include "process/environment.h"
#include "process/spawn.h"
#include "supervise/emulator-log.h"

struct Emulator {
  pid_t pid;           /* 0: reaped */
  gint64 start;        /* process_start() */
  gboolean is_adopted; /* it is no child of this process */
  int pidfd;
  FdWatch *watch;       /* of the pidfd; or, without one, */
  GSource *child_watch; /* GLib's */
  QmpClient *qmp;
  EmulatorLog *log;
  const EmulatorHandlers *handlers;
  gpointer user_data;
};

static void on_qmp_ready(gpointer user_data)
{
  const Emulator *emulator = user_data;

  emulator->handlers->ready(emulator->user_data);
}

static void on_qmp_event(const char *name, Json *data, gpointer user_data)
{
  const Emulator *emulator = user_data;

  emulator->handlers->event(name, data, emulator->user_data);
}

static void on_qmp_closed(const GError *error, gpointer user_data)
{
  const Emulator *emulator = user_data;

  if (emulator->pid != 0)
    emulator->handlers->lost(error, emulator->user_data);
}

static void on_qmp_skipped(const GError *error, gpointer user_data)
{
  announce_notice("what QEMU said is skipped: %s", error->message);
}

static const QmpClientHandlers qmp_handlers = {
  .ready = on_qmp_ready,
  .event = on_qmp_event,
  .closed = on_qmp_closed,
  .skipped = on_qmp_skipped,
};

static void tell_end(Emulator *emulator, const EmulatorEnd *end)
{
  emulator->pid = 0;
  g_clear_pointer(&emulator->watch, fd_watch_free);
  qmp_client_drain(emulator->qmp);
  if (emulator->log)
    emulator_log_drain(emulator->log);
  emulator->handlers->ended(end, emulator->user_data);
}

static void on_pidfd(GIOCondition ready, gpointer user_data)
{
  Emulator *emulator = user_data;
  siginfo_t info = { 0 };
  EmulatorEnd end = { 0 };

  if (emulator->is_adopted) {
    end.is_unknown = TRUE;
    tell_end(emulator, &end);
    return;
  }
  if (waitid(P_PID, (id_t)emulator->pid, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
    return;
  end.was_killed = info.si_code != CLD_EXITED;
  end.value = info.si_status;
  tell_end(emulator, &end);
}

static void on_child(GPid pid, int status, gpointer user_data)
{
  const EmulatorEnd end = { .was_killed = WIFSIGNALED(status),
                            .value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) };

  tell_end(user_data, &end);
}

static void watch_process(Emulator *emulator, GMainContext *context)
{
  emulator->pidfd = (int)syscall(SYS_pidfd_open, emulator->pid, 0); /* close-on-exec by itself */
  if (emulator->pidfd >= 0) {
    emulator->watch = fd_watch_new(context, emulator->pidfd, on_pidfd, emulator);
    fd_watch_set(emulator->watch, G_IO_IN);
    return;
  }
  emulator->child_watch = g_child_watch_source_new(emulator->pid);
  g_source_set_callback(emulator->child_watch, G_SOURCE_FUNC(on_child), emulator, NULL);
  g_source_attach(emulator->child_watch, context);
}

/* What QEMU inherits, and over it what the plan says, of which there may be much. */
static char **make_environment(const Plan *plan, const SpawnIdentity *identity)
{
  g_autoptr(GHashTable) words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_auto(GStrv) inherited = environment_inherited(identity, plan->uses_proxies);
  g_autoptr(GStrvBuilder) environment = g_strv_builder_new();
  GHashTableIter iter;
  gpointer word;

  for (char **variable = inherited; *variable; variable++)
    g_hash_table_replace(words, g_strndup(*variable, strcspn(*variable, "=")), g_strdup(*variable));
  for (guint i = 0; i < plan->environment->len; i++) {
    const PlanVariable *variable = g_ptr_array_index(plan->environment, i);

    g_hash_table_replace(words, g_strdup(variable->name),
                         g_strconcat(variable->name, "=", variable->value, NULL));
  }
  g_hash_table_iter_init(&iter, words);
  while (g_hash_table_iter_next(&iter, /* key= */ NULL, &word))
    g_strv_builder_add(environment, word);
  return g_strv_builder_end(environment);
}

/* What the command line names, and above these what it does not know of. */
static GArray *list_fds(const Resources *resources, const EmulatorLocks *locks)
{
  GArray *fds = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(SpawnFd));
  int highest = STDERR_FILENO;

  for (guint i = 0; i < resources_count(resources); i++) {
    const Resource *resource = resources_get(resources, i);
    const SpawnFd fd = { .fd = resource->fd, .number = resource->plan->fd };

    g_array_append_val(fds, fd);
    highest = MAX(highest, fd.number);
  }
  for (guint i = 0; i < G_N_ELEMENTS(locks->fds); i++) {
    const SpawnFd fd = { .fd = locks->fds[i], .number = ++highest };

    g_array_append_val(fds, fd);
  }
  if (resources_lifeline(resources) >= 0) {
    const SpawnFd fd = { .fd = resources_lifeline(resources), .number = ++highest };

    g_array_append_val(fds, fd);
  }
  return fds;
}

/* Those of the emulator itself, which threads inherit: memory is taken where they run. */
static CpuMask *cpus_of(const Plan *plan)
{
  const GArray *cpus = plan->cpus;

  for (guint i = 0; i < plan->threads->len; i++) {
    const PlanThread *thread = g_ptr_array_index(plan->threads, i);

    if (thread->kind == PLAN_THREAD_EMULATOR && thread->cpus)
      cpus = thread->cpus;
  }
  return cpus ? cpu_mask_new(cpus) : NULL;
}

/* What the plan names, and what became of it: ports that were chosen, sockets in the guest's directory. */
static gboolean make_rules(const Plan *plan, const Resources *resources, const EmulatorPlace *place,
                           int *ret_ruleset, GError **error)
{
  g_autoptr(Access) access = access_new(plan);

  for (guint i = 0; i < resources_count(resources); i++) {
    const Resource *resource = resources_get(resources, i);

    if (resource->port > 0)
      g_ptr_array_add(access->listens, g_strdup_printf("%d", resource->port));
  }
  if (plan->makes_sockets) {
    g_autofree char *socket = g_build_filename(place->sockets, "socket", NULL);

    access_add(access, PLAN_ACCESS_SOCKET, socket);
  }
  return confinement_rules(access, plan->program, place->confinement, ret_ruleset, error);
}

static gboolean locks_memory(const Plan *plan)
{
  return plan_find_requirement(plan, PLAN_REQUIRE_LOCKED) || plan_has_option(plan, "-overcommit");
}

static gboolean start_process(Emulator *emulator, const Plan *plan, const Resources *resources,
                              const EmulatorLocks *locks, const EmulatorPlace *place, int output,
                              GError **error)
{
  const SpawnIdentity *identity = place->account ? account_identity(place->account) : NULL;
  gboolean is_limited = (place->confinement & 1u << CONFINEMENT_LIMITS) != 0;
  g_auto(GStrv) argv = plan_to_argv(plan, PLAN_RUN);
  g_auto(GStrv) environment = make_environment(plan, identity);
  g_autoptr(GArray) fds = list_fds(resources, locks);
  g_autoptr(CpuMask) cpus = cpus_of(plan);
  autofd int rules = -1;
  SpawnRequest request = {
    .program = plan->program,
    .argv = argv,
    .environment = environment,
    .fds = (const SpawnFd *)(gpointer)fds->data,
    .n_fds = fds->len,
    .output = output,
    .group = place->group,
    .bounds = { .open_files = is_limited ? CONFINEMENT_OPEN_FILES : 0,
                .has_no_core = is_limited,
                .identity = identity,
                .processes = is_limited ? CONFINEMENT_PROCESSES : 0,
                .locks_memory = locks_memory(plan) },
    .cpus = cpus ? cpu_mask_bits(cpus) : NULL,
    .cpus_size = cpus ? cpu_mask_size(cpus) : 0,
    .is_private = TRUE,
    .others = plan->file_modes,
    .is_shielded = TRUE, /* the supervisor has these signals too, and asks the guest first */
    .outlives_parent = !place->is_tied,
  };

  if (!plan->program)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the emulator '%s' was not found", plan->emulator);
  if (!make_rules(plan, resources, place, &rules, error))
    return FALSE;
  request.bounds.ruleset = rules;
  if (!spawn(&request, &emulator->pid, error))
    return FALSE;
  emulator->start = process_start(emulator->pid);
  return TRUE;
}

int emulator_take_qmp_socket(Resources *resources)
{
  for (guint i = 0; i < resources_count(resources); i++) {
    if (resources_get(resources, i)->plan->kind == PLAN_RESOURCE_QMP)
      return resources_take_peer(resources, i);
  }
  g_assert_not_reached();
}

Emulator *emulator_start(GMainContext *context, const Plan *plan, Resources *resources,
                         const EmulatorLocks *locks, const EmulatorPlace *place,
                         const EmulatorHandlers *handlers, gpointer user_data, GError **error)
{
  g_autoptr(Emulator) emulator = g_new0(Emulator, 1);
  autofd int output = -1;
  int pipe_fds[2];

  emulator->pidfd = -1;
  emulator->handlers = handlers;
  emulator->user_data = user_data;
  if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL)) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make a pipe: %s", g_strerror(errno));
    return NULL;
  }
  output = pipe_fds[1];
  emulator->log = emulator_log_new(context, pipe_fds[0]);
  if (!start_process(emulator, plan, resources, locks, place, output, error))
    return NULL;
  resources_pass_lifeline(resources);
  emulator->qmp = qmp_client_new(context, emulator_take_qmp_socket(resources), &qmp_handlers, emulator);
  watch_process(emulator, context);
  return g_steal_pointer(&emulator);
}

/* What it said while nobody read is lost. A pipe of which only one end is open has another for who opens it
 * in /proc. */
static void adopt_log(Emulator *emulator, GMainContext *context)
{
  g_autofree char *output = g_strdup_printf("/proc/%d/fd/%d", (int)emulator->pid, STDERR_FILENO);
  int fd = open(output, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    announce_notice("what QEMU says is not heard any more: %s", g_strerror(errno));
  else
    emulator->log = emulator_log_new(context, fd);
}

Emulator *emulator_adopt(GMainContext *context, pid_t pid, gint64 start, int qmp,
                         const EmulatorHandlers *handlers, gpointer user_data, GError **error)
{
  g_autoptr(Emulator) emulator = g_new0(Emulator, 1);
  autofd int fd = qmp;

  emulator->is_adopted = TRUE;
  emulator->handlers = handlers;
  emulator->user_data = user_data;
  emulator->pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1; /* close-on-exec by itself */
  if (emulator->pidfd < 0 && errno != ESRCH && errno != EINVAL) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot watch QEMU, process %d: %s", (int)pid,
              g_strerror(errno));
    return NULL;
  }
  if (emulator->pidfd < 0 || process_start(pid) != start) {
    error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "QEMU, process %d, has just ended", (int)pid);
    return NULL;
  }
  emulator->pid = pid;
  emulator->start = start;
  adopt_log(emulator, context);
  emulator->qmp = qmp_client_new(context, g_steal_fd(&fd), &qmp_handlers, emulator);
  emulator->watch = fd_watch_new(context, emulator->pidfd, on_pidfd, emulator);
  fd_watch_set(emulator->watch, G_IO_IN);
  return g_steal_pointer(&emulator);
}

static gboolean has_ended(const Emulator *emulator, int milliseconds)
{
  struct pollfd end = { .fd = emulator->pidfd, .events = POLLIN };

  return poll(&end, 1, milliseconds) > 0;
}

void emulator_leave(Emulator *emulator)
{
  if (emulator)
    emulator->pid = 0;
  emulator_free(emulator);
}

void emulator_free(Emulator *emulator)
{
  if (!emulator)
    return;
  if (emulator->child_watch)
    g_source_destroy(emulator->child_watch);
  g_clear_pointer(&emulator->child_watch, g_source_unref);
  if (emulator->pid != 0 && emulator->is_adopted) {
    emulator_kill(emulator);
    has_ended(emulator, -1);
  } else if (emulator->pid != 0) {
    kill(emulator->pid, SIGKILL);
    waitid(P_PID, (id_t)emulator->pid, NULL, WEXITED);
  }
  fd_watch_free(emulator->watch);
  fd_clear(&emulator->pidfd);
  qmp_client_free(emulator->qmp);
  emulator_log_free(emulator->log);
  g_free(emulator);
}

gboolean emulator_is_gone(const Emulator *emulator)
{
  siginfo_t info = { 0 };

  if (emulator->pid != 0 && emulator->is_adopted)
    return has_ended(emulator, 0);
  return emulator->pid == 0 || waitid(P_PID, (id_t)emulator->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
         info.si_pid != 0;
}

pid_t emulator_pid(const Emulator *emulator)
{
  return emulator->pid;
}

gint64 emulator_start_time(const Emulator *emulator)
{
  return emulator->start;
}

QmpClient *emulator_qmp(const Emulator *emulator)
{
  return emulator->qmp;
}

void emulator_kill(const Emulator *emulator)
{
  if (emulator->pid != 0 && emulator->is_adopted)
    syscall(SYS_pidfd_send_signal, emulator->pidfd, SIGKILL, NULL, 0);
  else if (emulator->pid != 0)
    kill(emulator->pid, SIGKILL);
}

void emulator_relay_log(Emulator *emulator)
{
  if (emulator->log)
    emulator_log_relay(emulator->log);
}

char *emulator_last_words(const Emulator *emulator)
{
  return emulator->log ? emulator_log_last_words(emulator->log) : NULL;
}

char *emulator_end_describe(const EmulatorEnd *end)
{
  if (end->is_unknown)
    return g_strdup("of its status only the supervisor was told that had started it");
  if (end->was_killed)
    return g_strdup_printf("killed by signal %d (%s)", end->value, strsignal(end->value));
  return g_strdup_printf("exit status %d", end->value);
}
