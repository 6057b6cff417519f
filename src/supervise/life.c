/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a guest is one enum of states, which states_set() alone changes:
 *
 *                  ┌──▶ paused ──┐
 *     starting ──▶ running ◀─────┘──▶ powering down ──▶ ending ──▶ draining ──▶ ended
 *        ▲            └──▶ dumping ─────────────────────▶ ▲           │
 *        │            └──▶ preserved ────────────────────▶┘           │
 *        └────────────────────── waiting ◀────────────────────────────┘
 *
 * A state may be left out: QEMU can die in any of those before draining. Why the guest ended is a second
 * enum, the cause, which the first thing that tells it sets: a QMP event, or failing that the end of the
 * process. The cause gives the action (<on_poweroff>, <on_reboot>, <on_crash>), and outcome.c decides once
 * what comes of it: when the process has been reaped, or when QEMU is kept. Then the consoles are drained,
 * and QEMU is started again, or not.
 *
 * Who asks for the end of the guest, by a signal or a command, decides over every action: what was asked to
 * stop is not started again (Wish).
 *
 * There is one timer, which belongs to the state: it is gone when the state changes.
 */
#include "config.h"

#include "supervise/life.h"

#include <signal.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/exit-code.h"
#include "base/fd.h"
#include "base/patience.h"
#include "control/guests.h"
#include "host/confinement.h"
#include "host/emulator-lock.h"
#include "host/ownership.h"
#include "process/detach.h"
#include "process/reaper.h"
#include "supervise/adoption.h"
#include "supervise/core-dump.h"
#include "supervise/directory.h"
#include "supervise/events.h"
#include "supervise/outcome.h"
#include "supervise/publish.h"
#include "supervise/requests.h"
#include "supervise/requests-emulator.h"
#include "supervise/states.h"
#include "supervise/stopping.h"
#include "supervise/tuning.h"

/* Milliseconds after which the user is told that QEMU does not answer. */
enum { SLOW_START = 10 * 1000 };

static void start_again(Supervisor *supervisor);

static void on_limits(gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (supervisor->has_run)
    events_finish_start(supervisor);
}

/* ---- What runs beside QEMU ---- */

/* An answer: QEMU is there, and has not taken the program with it. */
static void on_alive(Json *result, const GError *error, gpointer user_data)
{
  const Resource *resource = user_data;

  if (result)
    announce_notice("%s has ended: the guest runs on without %s ('%s')", resource_program(resource),
                    resource_loss(resource), resource->plan->alias);
}

static void on_helper_end(const Resource *resource, gpointer user_data)
{
  const Supervisor *supervisor = user_data;

  if (supervisor->emulator && supervisor->cause == CAUSE_UNKNOWN && supervisor->state != STATE_ENDING)
    qmp_client_execute(emulator_qmp(supervisor->emulator), "query-status", NULL, on_alive,
                       (gpointer)resource);
}

/* ---- The start ---- */

static void on_balloon(Json *result, const GError *error, gpointer user_data)
{
  if (error)
    announce_notice("%s", error->message);
}

/* Nothing here asks for the statistics; who does, by 'domrun qmp', finds them fresh. */
static void ask_for_statistics(Supervisor *supervisor)
{
  const Plan *plan = supervisor->options->plan;
  g_autofree char *path = g_strconcat("/machine/peripheral/", plan->balloon_alias, NULL);
  Json *arguments = json_new_object();

  json_set_string(arguments, "path", path);
  json_set_string(arguments, "property", "guest-stats-polling-interval");
  json_set_int(arguments, "value", plan->balloon_period);
  qmp_client_execute(emulator_qmp(supervisor->emulator), "qom-set", arguments, on_balloon, NULL);
}

static void ask_what_is(Supervisor *supervisor)
{
  publish_ask_displays(supervisor);
  events_ask_status(supervisor);
}

/* The answers come in this order; with the last of them the guest runs. */
static void ask_what_became(Supervisor *supervisor)
{
  QmpClient *qmp = emulator_qmp(supervisor->emulator);
  const Plan *plan = supervisor->options->plan;

  if (plan_holds_guest(plan) && !plan->is_paused)
    qmp_client_execute(qmp, "cont", NULL, NULL, NULL);
  if (plan->balloon_bytes > 0) {
    Json *arguments = json_new_object();

    json_set_int(arguments, "value", (gint64)plan->balloon_bytes);
    qmp_client_execute(qmp, "balloon", arguments, on_balloon, NULL);
  }
  if (plan->balloon_period > 0)
    ask_for_statistics(supervisor);
  ask_what_is(supervisor);
}

static void fail_to_start(Supervisor *supervisor, const GError *error)
{
  supervisor->broken = g_strdup(error->message);
  if (supervisor->state == STATE_STARTING)
    stopping_quit(supervisor, "guest");
}

/* How the process ends says more: on_lost() waits for that. */
static gboolean is_hang_up(const GError *error)
{
  return g_error_matches(error, QMP_ERROR, QMP_ERROR_CLOSED);
}

static void on_tuned(Supervisor *supervisor, const GError *error)
{
  if (is_hang_up(error))
    return;
  if (error && error->domain == DOMRUN_ERROR && !supervisor->error)
    supervisor->error = g_error_copy(error);
  if (error)
    fail_to_start(supervisor, error);
  else
    ask_what_became(supervisor);
}

static void on_command(Json *result, const GError *error, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  supervisor->pending--;
  if (is_hang_up(error))
    return;
  if (error && !supervisor->broken)
    fail_to_start(supervisor, error);
  if (supervisor->pending == 0 && !supervisor->broken)
    tuning_start(supervisor, on_tuned);
}

static void execute_commands(Supervisor *supervisor)
{
  QmpClient *qmp = emulator_qmp(supervisor->emulator);
  const Plan *plan = supervisor->options->plan;

  supervisor->pending = plan->commands->len;
  for (guint i = 0; i < plan->commands->len; i++) {
    const PlanCommand *command = g_ptr_array_index(plan->commands, i);

    qmp_client_execute(qmp, command->name,
                       message_parse(command->arguments, strlen(command->arguments), NULL), on_command,
                       supervisor);
  }
}

static void on_ready(gpointer user_data)
{
  Supervisor *supervisor = user_data;

  supervisor->is_ready = TRUE;
  resources_watch(supervisor->resources, NULL, on_helper_end, supervisor);
  emulator_relay_log(supervisor->emulator);
  if (supervisor->state == STATE_ENDING)
    stopping_on_ready(supervisor);
  else if (supervisor->is_adopted)
    ask_what_is(supervisor);
  else if (supervisor->options->plan->commands->len > 0)
    execute_commands(supervisor);
  else
    tuning_start(supervisor, on_tuned);
}

/* A hang-up comes with the end of the process, or a moment before it: it gets the time to end by itself. */
static void on_lost(const GError *error, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (error)
    announce_notice("the connection to QEMU broke: %s", error->message);
  else
    announce_log("QEMU has hung up");
  if (supervisor->state == STATE_ENDING)
    return;
  if (!supervisor->is_ready && error) /* after a hang-up, how the process ends says more */
    supervisor->broken = g_strdup(error->message);
  if (error)
    stopping_quit(supervisor, "guest");
  else if (supervisor->is_ready)
    stopping_on_hang_up(supervisor);
  else
    stopping_await_end(supervisor, "guest");
}

static gboolean on_slow_start(gpointer user_data)
{
  const Supervisor *supervisor = user_data;

  announce_notice("QEMU does not answer yet; two signals (Ctrl-C), a second apart, end it");
  emulator_relay_log(supervisor->emulator);
  return G_SOURCE_REMOVE;
}

static void on_ended(const EmulatorEnd *end, gpointer user_data);

static const EmulatorHandlers emulator_handlers = {
  .ready = on_ready,
  .event = events_handle,
  .lost = on_lost,
  .ended = on_ended,
};

static gboolean start_emulator(Supervisor *supervisor, GError **error)
{
  const Account *account = supervisor->options->account;
  autofd int lock = emulator_lock_take(runtime_dir_fd(supervisor->directory), supervisor->name,
                                       account ? account_identity(account)->uid : geteuid(),
                                       supervisor->options->dies_together, error);
  const EmulatorPlace place = { .group = limits_fd(supervisor->limits),
                                .confinement = supervisor->options->confinement,
                                .is_tied = supervisor->options->dies_together,
                                .account = account,
                                .sockets = runtime_dir_sockets_path(supervisor->directory) };
  const EmulatorLocks locks = { { uuid_lock_fd(supervisor->uuid_lock), lock } };

  if (lock < 0)
    return FALSE;
  supervisor->is_dump_passing = FALSE;
  supervisor->emulator = emulator_start(NULL, supervisor->options->plan, supervisor->resources, &locks,
                                        &place, &emulator_handlers, supervisor, error);
  if (!supervisor->emulator)
    return FALSE;
  limits_start(supervisor->limits, emulator_pid(supervisor->emulator), on_limits, supervisor);
  return TRUE;
}

/* What is known by now of the last run, and of what the host has given. */
static void translate_again(Supervisor *supervisor)
{
  const SupervisorOptions *options = supervisor->options;
  g_auto(LiveFacts) facts = publish_facts(supervisor);

  if (options->translate_again && (supervisor->n_restarts > 0 || facts.spice_port || facts.spice_tls_port ||
                                   options->plan->names_directory))
    options->translate_again(&facts, options->user_data);
}

/* Before anything is started for the guest that belongs into its group, or would be beside it in ours. */
static void prepare_limits(Supervisor *supervisor)
{
  const SupervisorOptions *options = supervisor->options;

  if (!supervisor->limits)
    supervisor->limits =
        limits_new(&options->plan->limits, runtime_dir_path(supervisor->directory), options->waiting);
  limits_note(supervisor->limits, runtime_dir_fd(supervisor->directory));
  resources_set_beside(supervisor->resources, &(Beside){ .group = limits_fd(supervisor->limits),
                                                         .confinement = options->confinement,
                                                         .account = options->account,
                                                         .is_chowned = options->is_chowned,
                                                         .is_tied = options->dies_together });
}

static gboolean start(Supervisor *supervisor, GError **error)
{
  supervisor->is_ready = supervisor->is_decided = supervisor->will_restart = supervisor->will_be_left = FALSE;
  supervisor->is_asking = supervisor->asks_again = FALSE;
  supervisor->reset = 0;
  supervisor->cause = CAUSE_UNKNOWN;
  supervisor->end_reason = "failed";
  supervisor->wish.is_reboot = FALSE;
  g_clear_pointer(&supervisor->broken, g_free);
  restarts_note(supervisor->restarts, g_get_monotonic_time());
  states_set(supervisor, STATE_STARTING, supervisor->n_restarts > 0 ? "restarting" : "booting");
  states_start_timer(supervisor, SLOW_START, on_slow_start);
  if (supervisor->is_adopted && supervisor->options->look_again)
    supervisor->options->look_again(supervisor->options->user_data);
  supervisor->is_adopted = supervisor->is_unstarted = FALSE;
  prepare_limits(supervisor);
  if (supervisor->options->plan->names_directory &&
      !runtime_dir_make_sockets(supervisor->directory, supervisor->options->account, error))
    return FALSE;
  if (supervisor->options->is_chowned &&
      !ownership_take_all(supervisor->directory, supervisor->options->account, supervisor->options->plan,
                          error))
    return FALSE;
  if (!resources_acquire(supervisor->resources, error))
    return FALSE;
  translate_again(supervisor);
  if (!start_emulator(supervisor, error))
    return FALSE;
  publish_emulator(supervisor);
  adoption_write(supervisor);
  control_server_set_stranger(supervisor->server, emulator_pid(supervisor->emulator));
  consoles_connect(supervisor->consoles, supervisor->resources);
  return TRUE;
}

/* ---- Starting again ---- */

static void fail_to_restart(Supervisor *supervisor)
{
  supervisor->exit_code = error_exit_code(supervisor->error);
  supervisor->will_restart = supervisor->will_be_left = FALSE;
  supervisor->end_reason = "failed";
  states_set(supervisor, STATE_DRAINING, "failed");
  consoles_finish(supervisor->consoles, /* is_final= */ TRUE);
}

static void start_again(Supervisor *supervisor)
{
  supervisor->n_restarts++;
  if (!start(supervisor, &supervisor->error))
    fail_to_restart(supervisor);
}

static gboolean on_restart_time(gpointer user_data)
{
  start_again(user_data);
  return G_SOURCE_REMOVE;
}

static void on_drained(gpointer user_data)
{
  Supervisor *supervisor = user_data;
  guint delay = restarts_delay(supervisor->restarts, g_get_monotonic_time());

  if (!supervisor->will_restart) {
    states_finish(supervisor);
  } else if (supervisor->will_be_left && !directory_rename(supervisor, &supervisor->error)) {
    fail_to_restart(supervisor);
  } else {
    states_set(supervisor, STATE_WAITING, cause_reason(supervisor->cause));
    states_start_timer(supervisor, delay, on_restart_time);
  }
}

/* Between the choice of SPICE's port and QEMU's server on it another server can come, of those that look for
 * a port as VNC's do. */
static gboolean has_lost_port(const Supervisor *supervisor)
{
  g_autofree char *words = supervisor->is_ready ? NULL : emulator_last_words(supervisor->emulator);

  return words && strstr(words, "binding socket to ") && !supervisor->wish.is_stop &&
         !restarts_is_exhausted(supervisor->restarts, g_get_monotonic_time()) &&
         resources_release_ports(supervisor->resources);
}

static void decide(Supervisor *supervisor, const EmulatorEnd *end)
{
  if (supervisor->is_decided || !has_lost_port(supervisor)) {
    outcome_decide(supervisor, end);
    return;
  }
  announce_notice("the port for SPICE went to another program; QEMU is started with the next");
  supervisor->is_decided = supervisor->will_restart = TRUE;
}

static void on_ended(const EmulatorEnd *end, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  limits_stop(supervisor->limits);
  decide(supervisor, end);
  emulator_requests_abandon(supervisor);
  core_dump_abandon(supervisor);
  g_clear_pointer(&supervisor->emulator, emulator_free);
  requests_release(supervisor);
  g_clear_pointer(&supervisor->tuning, tuning_free);
  control_server_set_stranger(supervisor->server, 0);
  if (reaper_is_needed())
    reaper_reap(0);
  states_set(supervisor, STATE_DRAINING,
             supervisor->will_restart ? cause_reason(supervisor->cause) : supervisor->end_reason);
  resources_release_run(supervisor->resources);
  consoles_finish(supervisor->consoles, !supervisor->will_restart);
}

/* ---- Signals ---- */

static void on_signal(int signal, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (signal == SIGTSTP) {
    consoles_suspend(supervisor->consoles);
    raise(SIGSTOP);
  } else if (signal == SIGCONT) {
    consoles_resume(supervisor->consoles);
  } else if (signal == SIGCHLD) {
    reaper_reap(supervisor->emulator ? emulator_pid(supervisor->emulator) : 0);
  } else {
    gint64 now = g_get_monotonic_time();

    announce_log("%s", g_strsignal(signal));
    supervisor->wish.by = signal == SIGTERM ? "SIGTERM" : signal == SIGHUP ? "SIGHUP" : NULL;
    stopping_on_signal(supervisor, now);
  }
}

/* ---- The whole ---- */

static void display_clear(gpointer data)
{
  LiveDisplay *display = data;

  g_free((char *)display->host);
  g_free((char *)display->path);
}

static gboolean take_name(Supervisor *supervisor, GError **error)
{
  const SupervisorOptions *options = supervisor->options;
  RuntimeDir *directory = runtime_dir_new(options->root, options->name, error);

  if (directory)
    supervisor->uuid_lock =
        uuid_lock_new(directory, options->uuid, options->name, /* is_adopted= */ FALSE, error);
  if (!supervisor->uuid_lock) {
    runtime_dir_free(directory);
    return FALSE;
  }
  if (!directory_enter(supervisor, directory, error))
    return FALSE;
  supervisor->resources = resources_new(options->plan, directory);
  return TRUE;
}

static gboolean prepare(Supervisor *supervisor, GError **error)
{
  const SupervisorOptions *options = supervisor->options;
  gboolean is_adopted = options->adopts != NULL;

  confinement_shield(options->confinement);
  supervisor->loop = g_main_loop_new(NULL, /* is_running= */ FALSE);
  supervisor->signals = signals_new(NULL, on_signal, supervisor, error);
  if (!supervisor->signals ||
      !(is_adopted ? adoption_prepare(supervisor, &emulator_handlers, error) : take_name(supervisor, error)))
    return FALSE;
  supervisor->consoles = consoles_new(NULL, options->plan, &options->log_limits, options->attaches_console,
                                      is_adopted, on_drained, supervisor, error);
  return supervisor->consoles && (is_adopted || publish_first(supervisor, error));
}

/* The guest goes on, and what it does is told from here on. */
static gboolean begin(Supervisor *supervisor, GError **error)
{
  if (!supervisor->options->adopts)
    return start(supervisor, error);
  states_set(supervisor, STATE_STARTING, "adopted");
  states_start_timer(supervisor, SLOW_START, on_slow_start);
  adoption_write(supervisor);
  control_server_set_stranger(supervisor->server, emulator_pid(supervisor->emulator));
  consoles_connect(supervisor->consoles, supervisor->resources);
  return TRUE;
}

/* To a client of the control socket the hang-up says that the name is free: it comes last. */
static void clear(Supervisor *supervisor)
{
  if (supervisor->is_adopted && supervisor->state == STATE_IDLE)
    adoption_abandon(supervisor);
  states_stop_timer(supervisor);
  if (supervisor->reset_timer)
    g_source_destroy(supervisor->reset_timer);
  g_clear_pointer(&supervisor->reset_timer, g_source_unref);
  emulator_requests_abandon(supervisor);
  core_dump_abandon(supervisor);
  g_clear_pointer(&supervisor->emulator, emulator_free);
  requests_release(supervisor);
  tuning_free(supervisor->tuning);
  consoles_free(supervisor->consoles);
  resources_free(supervisor->resources);
  if (supervisor->directory)
    ownership_give_back(runtime_dir_fd(supervisor->directory));
  limits_free(supervisor->limits, supervisor->directory ? runtime_dir_fd(supervisor->directory) : -1);
  uuid_lock_free(supervisor->uuid_lock); /* before the name: who may start again finds both free */
  if (supervisor->directory && supervisor->will_be_left)
    directory_leave(supervisor);
  else if (supervisor->directory && supervisor->state == STATE_ENDED)
    directory_leave_trace(supervisor);
  announce_close_log();
  runtime_dir_free(supervisor->directory);
  control_server_free(supervisor->server);
  guests_forget_old(supervisor->options->root);
  signals_free(supervisor->signals);
  restarts_free(supervisor->restarts);
  g_array_unref(supervisor->displays);
  g_clear_pointer(&supervisor->loop, g_main_loop_unref);
  fd_clear(&supervisor->report);
  g_free(supervisor->broken);
  g_free(supervisor->definition);
  g_free(supervisor->name);
}

int life_run(const SupervisorOptions *options, GError **error)
{
  Supervisor supervisor = { .options = options,
                            .name = g_strdup(options->adopts ? options->running_name : options->name),
                            .report = options->report,
                            .started = g_get_real_time() / 1000,
                            .restarts = restarts_new(&options->restart_limit),
                            .requests = G_QUEUE_INIT,
                            .held = G_QUEUE_INIT };

  supervisor.displays = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ TRUE, sizeof(LiveDisplay));
  g_array_set_clear_func(supervisor.displays, display_clear);
  if (prepare(&supervisor, &supervisor.error) && begin(&supervisor, &supervisor.error)) {
    consoles_announce(supervisor.consoles);
    g_main_loop_run(supervisor.loop);
  } else {
    supervisor.exit_code = error_exit_code(supervisor.error);
    supervisor.end_reason = "failed";
    if (supervisor.state != STATE_IDLE)
      states_set(&supervisor, STATE_ENDED, "failed");
  }
  clear(&supervisor);
  if (supervisor.error)
    g_propagate_error(error, supervisor.error);
  return supervisor.exit_code;
}
