/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a guest is one enum of states, which set_state() alone changes:
 *
 *     starting ──▶ running ──▶ powering down ──▶ ending ──▶ draining ──▶ ended
 *        ▲                                                      │
 *        └──────────────────────── waiting ◀────────────────────┘
 *
 * A state may be left out: QEMU can die in any of those before draining. Why QEMU ended is a second enum, the
 * cause, which the first thing that tells it sets: a QMP event, or failing that the end of the process. When
 * the process has been reaped the cause gives the action (<on_poweroff>, <on_reboot>, <on_crash>), and this
 * is decided once, in on_ended(); then the consoles are drained, and then QEMU is started again, or not.
 *
 * Signals from the user are counted, and decide over every action: what was asked to stop is not restarted.
 *
 * There is one timer, which belongs to the state: it is gone when the state changes.
 */
#include "config.h"

#include "supervise/supervisor.h"

#include <signal.h>

#include "base/exit-code.h"
#include "host/resources.h"
#include "host/runtime-dir.h"
#include "supervise/announce.h"
#include "supervise/consoles.h"
#include "supervise/emulator.h"
#include "supervise/memory.h"
#include "supervise/signals.h"

typedef enum {
  STATE_IDLE,          /* before the first start */
  STATE_STARTING,      /* QEMU is there, QMP has not answered */
  STATE_RUNNING,       /* the guest runs */
  STATE_POWERING_DOWN, /* and was asked to power down */
  STATE_ENDING,        /* QEMU was told to end */
  STATE_DRAINING,      /* QEMU has ended; what it wrote last is delivered */
  STATE_WAITING,       /* for the next start */
  STATE_ENDED,
  STATE_LAST,
} State;

static const char *const state_names[] = {
  [STATE_IDLE] = "idle",       [STATE_STARTING] = "starting",
  [STATE_RUNNING] = "running", [STATE_POWERING_DOWN] = "powering down",
  [STATE_ENDING] = "ending",   [STATE_DRAINING] = "draining",
  [STATE_WAITING] = "waiting", [STATE_ENDED] = "ended",
};
G_STATIC_ASSERT(G_N_ELEMENTS(state_names) == STATE_LAST);

typedef enum {
  CAUSE_UNKNOWN,
  CAUSE_POWEROFF,       /* by the guest */
  CAUSE_REBOOT,         /* by the guest, and on_reboot makes it an end */
  CAUSE_PANIC,          /* the guest said so */
  CAUSE_INTERNAL_ERROR, /* KVM cannot go on */
  CAUSE_OUTSIDE,        /* somebody else told QEMU to end */
  CAUSE_DIED,           /* by itself, or killed */
} Cause;

enum {
  SLOW_START = 10 * 1000, /* after this the user is told that QEMU does not answer; milliseconds, as all */
  POWERDOWN_AGAIN = 5 * 1000, /* a guest that still boots misses the power button */
  KILL_AFTER = 3 * 1000,      /* for QEMU to end after it was told to, and write back what it has cached */

  /* A guest that keeps ending is not started for ever: five starts within ten seconds are enough, and each
   * restart but the first waits longer than the one before. */
  RESTART_LIMIT = 5,
  RESTART_WINDOW = 10 * 1000,
  RESTART_DELAY = 100,
};

typedef struct {
  const SupervisorOptions *options;
  GMainLoop *loop;
  State state;
  GSource *timer;
  Signals *signals;
  RuntimeDir *directory;
  Resources *resources;
  Consoles *consoles;
  guint stop_requests;
  gint64 starts[RESTART_LIMIT]; /* when the last starts were, oldest first; 0: there were less */

  Emulator *emulator; /* of this run, as the following */
  gboolean is_ready;  /* QMP has answered */
  Cause cause;
  char *broken; /* what was wrong with its QMP, or NULL */

  gboolean will_restart; /* decided when QEMU has ended, as the following */
  int exit_code;
  GError *error;
} Supervisor;

static void start_again(Supervisor *supervisor);

/* ---- State and timer ---- */

static void stop_timer(Supervisor *supervisor)
{
  if (supervisor->timer)
    g_source_destroy(supervisor->timer);
  g_clear_pointer(&supervisor->timer, g_source_unref);
}

static void start_timer(Supervisor *supervisor, guint milliseconds, GSourceFunc func)
{
  stop_timer(supervisor);
  supervisor->timer = g_timeout_source_new(milliseconds);
  g_source_set_callback(supervisor->timer, func, supervisor, NULL);
  g_source_attach(supervisor->timer, NULL);
}

static void set_state(Supervisor *supervisor, State state)
{
  stop_timer(supervisor);
  if (supervisor->options->is_verbose)
    announce_notice("%s -> %s", state_names[supervisor->state], state_names[state]);
  supervisor->state = state;
}

static void finish(Supervisor *supervisor)
{
  set_state(supervisor, STATE_ENDED);
  g_main_loop_quit(supervisor->loop);
}

/* ---- Ending QEMU ---- */

static gboolean on_kill_time(gpointer user_data)
{
  const Supervisor *supervisor = user_data;

  announce_notice("QEMU does not end: killing it");
  emulator_signal(supervisor->emulator, SIGKILL);
  return G_SOURCE_CONTINUE;
}

static void await_end(Supervisor *supervisor)
{
  set_state(supervisor, STATE_ENDING);
  start_timer(supervisor, KILL_AFTER, on_kill_time);
}

static void end_emulator(Supervisor *supervisor)
{
  QmpClient *qmp = emulator_qmp(supervisor->emulator);

  await_end(supervisor);
  if (qmp_client_is_ready(qmp))
    qmp_client_execute(qmp, "quit", NULL, NULL, NULL);
  else
    emulator_signal(supervisor->emulator, SIGTERM);
}

/* ---- What QMP says ---- */

static void on_panic(Supervisor *supervisor)
{
  if (supervisor->cause != CAUSE_UNKNOWN)
    return;
  supervisor->cause = CAUSE_PANIC;
  announce_notice("the guest has panicked");
  end_emulator(supervisor);
}

static void on_internal_error(Supervisor *supervisor)
{
  if (supervisor->cause != CAUSE_UNKNOWN)
    return;
  supervisor->cause = CAUSE_INTERNAL_ERROR;
  end_emulator(supervisor);
}

/* Some reasons to stop have no event of their own, and events before QMP is ready are lost. The answer is
 * also the last for a long time: the guest runs, or has ended. */
static void on_status(JsonNode *result, const GError *error, gpointer user_data)
{
  Supervisor *supervisor = user_data;
  const char *status = NULL;

  if (result && JSON_NODE_HOLDS_OBJECT(result))
    status = message_get_string(json_node_get_object(result), "status");
  if (g_strcmp0(status, "guest-panicked") == 0)
    on_panic(supervisor);
  else if (g_strcmp0(status, "internal-error") == 0)
    on_internal_error(supervisor);
  else
    memory_give_back();
}

static void ask_status(Supervisor *supervisor)
{
  qmp_client_execute(emulator_qmp(supervisor->emulator), "query-status", NULL, on_status, supervisor);
}

/* ShutdownCause of QEMU's run-state.json. */
static Cause cause_of_shutdown(const char *reason)
{
  if (g_strcmp0(reason, "guest-shutdown") == 0)
    return CAUSE_POWEROFF;
  if (g_strcmp0(reason, "guest-reset") == 0 || g_strcmp0(reason, "host-qmp-system-reset") == 0)
    return CAUSE_REBOOT;
  if (g_strcmp0(reason, "guest-panic") == 0)
    return CAUSE_PANIC;
  if (g_strcmp0(reason, "host-error") == 0)
    return CAUSE_DIED;
  return CAUSE_OUTSIDE;
}

static void on_event(const char *name, JsonObject *data, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (supervisor->options->is_verbose)
    announce_notice("event %s", name);
  if (g_str_equal(name, "SHUTDOWN") && supervisor->cause == CAUSE_UNKNOWN)
    supervisor->cause = cause_of_shutdown(data ? message_get_string(data, "reason") : NULL);
  else if (g_str_equal(name, "GUEST_PANICKED"))
    on_panic(supervisor);
  else if (g_str_equal(name, "STOP") && supervisor->cause == CAUSE_UNKNOWN)
    ask_status(supervisor);
}

/* ---- Powering down ---- */

static void press_power_button(const Supervisor *supervisor)
{
  qmp_client_execute(emulator_qmp(supervisor->emulator), "system_powerdown", NULL, NULL, NULL);
}

static gboolean on_powerdown_again(gpointer user_data)
{
  press_power_button(user_data);
  return G_SOURCE_CONTINUE;
}

static void power_down(Supervisor *supervisor)
{
  if (!qmp_client_is_ready(emulator_qmp(supervisor->emulator))) {
    announce_notice("QEMU does not take commands any more: ending it");
    end_emulator(supervisor);
  } else if (!supervisor->options->has_acpi) {
    announce_notice("the guest has no <acpi/>, so it cannot be asked to power down; a second signal ends it");
  } else {
    announce_notice("asking the guest to power down; a second signal ends it");
    set_state(supervisor, STATE_POWERING_DOWN);
    start_timer(supervisor, POWERDOWN_AGAIN, on_powerdown_again);
    press_power_button(supervisor);
  }
}

/* ---- The start ---- */

static void on_command(JsonNode *result, const GError *error, gpointer user_data)
{
  if (error)
    announce_notice("%s", error->message);
}

static void execute_commands(const Supervisor *supervisor)
{
  QmpClient *qmp = emulator_qmp(supervisor->emulator);
  const Plan *plan = supervisor->options->plan;

  for (guint i = 0; i < plan->commands->len; i++) {
    const PlanCommand *command = g_ptr_array_index(plan->commands, i);

    qmp_client_execute(qmp, command->name,
                       message_parse(command->arguments, strlen(command->arguments), NULL), on_command, NULL);
  }
  if (plan->balloon_bytes > 0) {
    JsonObject *arguments = json_object_new();

    json_object_set_int_member(arguments, "value", (gint64)plan->balloon_bytes);
    qmp_client_execute(qmp, "balloon", arguments, on_command, NULL);
  }
}

static void on_ready(gpointer user_data)
{
  Supervisor *supervisor = user_data;

  supervisor->is_ready = TRUE;
  execute_commands(supervisor);
  ask_status(supervisor);
  emulator_relay_log(supervisor->emulator);
  if (supervisor->state == STATE_STARTING)
    set_state(supervisor, STATE_RUNNING);
  if (supervisor->state == STATE_RUNNING && supervisor->stop_requests > 0)
    power_down(supervisor);
}

/* A hang-up comes with the end of the process, or a moment before it: it gets the time to end by itself. */
static void on_lost(const GError *error, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (error)
    announce_notice("the connection to QEMU broke: %s", error->message);
  if (supervisor->is_ready || supervisor->state == STATE_ENDING)
    return;
  supervisor->broken = g_strdup(error ? error->message : "it hung up");
  if (error)
    end_emulator(supervisor);
  else
    await_end(supervisor);
}

static gboolean on_slow_start(gpointer user_data)
{
  const Supervisor *supervisor = user_data;

  announce_notice("QEMU does not answer yet; two signals (Ctrl-C) end it");
  emulator_relay_log(supervisor->emulator);
  return G_SOURCE_REMOVE;
}

static void on_ended(const EmulatorEnd *end, gpointer user_data);

static const EmulatorHandlers emulator_handlers = {
  .ready = on_ready,
  .event = on_event,
  .lost = on_lost,
  .ended = on_ended,
};

static void note_start(Supervisor *supervisor)
{
  memmove(supervisor->starts, supervisor->starts + 1, (RESTART_LIMIT - 1) * sizeof supervisor->starts[0]);
  supervisor->starts[RESTART_LIMIT - 1] = g_get_monotonic_time();
}

static gboolean start(Supervisor *supervisor, GError **error)
{
  supervisor->is_ready = FALSE;
  supervisor->cause = CAUSE_UNKNOWN;
  g_clear_pointer(&supervisor->broken, g_free);
  note_start(supervisor);
  set_state(supervisor, STATE_STARTING);
  start_timer(supervisor, SLOW_START, on_slow_start);
  if (!resources_acquire(supervisor->resources, error))
    return FALSE;
  supervisor->emulator = emulator_start(NULL, supervisor->options->plan, supervisor->resources,
                                        &emulator_handlers, supervisor, error);
  if (!supervisor->emulator)
    return FALSE;
  consoles_connect(supervisor->consoles, supervisor->resources);
  return TRUE;
}

/* ---- The end ---- */

static gboolean on_restart_time(gpointer user_data)
{
  start_again(user_data);
  return G_SOURCE_REMOVE;
}

static guint recent_starts(const Supervisor *supervisor)
{
  gint64 since = g_get_monotonic_time() - RESTART_WINDOW * G_GINT64_CONSTANT(1000);
  guint count = 0;

  for (guint i = 0; i < RESTART_LIMIT; i++)
    count += supervisor->starts[i] != 0 && supervisor->starts[i] > since;
  return count;
}

static void start_again(Supervisor *supervisor)
{
  if (start(supervisor, &supervisor->error))
    return;
  supervisor->exit_code = error_exit_code(supervisor->error);
  supervisor->will_restart = FALSE;
  set_state(supervisor, STATE_DRAINING);
  consoles_finish(supervisor->consoles, /* is_final= */ TRUE);
}

static void on_drained(gpointer user_data)
{
  Supervisor *supervisor = user_data;
  guint starts = recent_starts(supervisor);

  if (!supervisor->will_restart) {
    finish(supervisor);
    return;
  }
  set_state(supervisor, STATE_WAITING);
  start_timer(supervisor, starts < 2 ? 0 : RESTART_DELAY << (starts - 2), on_restart_time);
}

static LifecycleAction action_for(const Supervisor *supervisor)
{
  const Lifecycle *lifecycle = &supervisor->options->lifecycle;

  switch (supervisor->cause) {
  case CAUSE_POWEROFF:
    return lifecycle->on_poweroff;
  case CAUSE_REBOOT:
    return lifecycle->on_reboot;
  case CAUSE_PANIC:
  case CAUSE_INTERNAL_ERROR:
  case CAUSE_DIED:
    return lifecycle->on_crash;
  case CAUSE_OUTSIDE: /* whoever did that wants it ended */
  case CAUSE_UNKNOWN:
    break;
  }
  return LIFECYCLE_DESTROY;
}

static gboolean is_restart(LifecycleAction action)
{
  switch (action) {
  case LIFECYCLE_RESTART:
    return TRUE;
  case LIFECYCLE_DESTROY:
    return FALSE;
  case LIFECYCLE_PRESERVE:
  case LIFECYCLE_RENAME_RESTART:
  case LIFECYCLE_COREDUMP_DESTROY:
  case LIFECYCLE_COREDUMP_RESTART:
    announce_notice("'%s' is not carried out yet: the guest is destroyed",
                    enum_to_string(&lifecycle_action_table, (int)action));
    return FALSE;
  case LIFECYCLE_LAST:
    break;
  }
  g_assert_not_reached();
}

/* What ends the command when nothing restarts the guest. */
static void set_outcome(Supervisor *supervisor, const EmulatorEnd *end)
{
  g_autofree char *how = emulator_end_describe(end);

  switch (supervisor->cause) {
  case CAUSE_POWEROFF:
    supervisor->exit_code = EXIT_CODE_OK;
    return;
  case CAUSE_REBOOT:
    supervisor->exit_code = EXIT_CODE_REBOOT;
    return;
  case CAUSE_PANIC:
    supervisor->exit_code = EXIT_CODE_GUEST_PANIC;
    return;
  case CAUSE_INTERNAL_ERROR:
    error_set(&supervisor->error, DOMRUN_ERROR_QEMU_DIED, NULL, NULL, "KVM could not go on: internal error");
    break;
  case CAUSE_OUTSIDE:
    error_set(&supervisor->error, DOMRUN_ERROR_QEMU_DIED, NULL, NULL, "somebody else ended QEMU (%s)", how);
    break;
  case CAUSE_UNKNOWN:
  case CAUSE_DIED:
    error_set(&supervisor->error, DOMRUN_ERROR_QEMU_DIED, NULL, NULL, "QEMU died: %s", how);
    break;
  }
  supervisor->exit_code = EXIT_CODE_QEMU_DIED;
}

/* QEMU's own last words end the error. */
static void set_start_error(Supervisor *supervisor, const EmulatorEnd *end)
{
  g_autofree char *how = supervisor->broken ? NULL : emulator_end_describe(end);
  g_autofree char *words = emulator_last_words(supervisor->emulator);
  g_auto(GStrv) lines = g_strsplit(words ? words : "", "\n", -1);
  g_autofree char *text = g_strjoinv("\n  ", lines);

  error_set(&supervisor->error, DOMRUN_ERROR_QEMU_START, NULL, NULL, "QEMU failed to start (%s)%s%s",
            how ? how : supervisor->broken, *text ? ": " : "", text);
  supervisor->exit_code = EXIT_CODE_QEMU_START;
}

static void give_up_restarting(Supervisor *supervisor)
{
  supervisor->will_restart = FALSE;
  if (supervisor->exit_code == EXIT_CODE_OK)
    supervisor->exit_code = EXIT_CODE_INTERNAL;
  g_clear_error(&supervisor->error);
  error_set(&supervisor->error, DOMRUN_ERROR_INTERNAL, NULL, NULL,
            "the guest ended %d times within %d seconds: it is not restarted any more", RESTART_LIMIT,
            RESTART_WINDOW / 1000);
}

static void decide(Supervisor *supervisor, const EmulatorEnd *end)
{
  supervisor->will_restart = FALSE;
  if (supervisor->stop_requests > 0) {
    supervisor->exit_code = EXIT_CODE_STOPPED;
    return;
  }
  if (!supervisor->is_ready) {
    set_start_error(supervisor, end);
    return;
  }
  if (supervisor->cause == CAUSE_UNKNOWN)
    supervisor->cause = CAUSE_DIED;
  supervisor->will_restart = is_restart(action_for(supervisor));
  set_outcome(supervisor, end);
  if (!supervisor->will_restart)
    return;
  if (recent_starts(supervisor) == RESTART_LIMIT) {
    give_up_restarting(supervisor);
    return;
  }
  if (supervisor->error)
    announce_notice("%s; starting it again", supervisor->error->message);
  g_clear_error(&supervisor->error);
}

static void on_ended(const EmulatorEnd *end, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  decide(supervisor, end);
  set_state(supervisor, STATE_DRAINING);
  g_clear_pointer(&supervisor->emulator, emulator_free);
  resources_release_run(supervisor->resources);
  consoles_finish(supervisor->consoles, !supervisor->will_restart);
}

/* ---- Signals ---- */

static void cancel_restart(Supervisor *supervisor)
{
  supervisor->will_restart = FALSE;
  consoles_finish(supervisor->consoles, /* is_final= */ TRUE);
}

static void on_stop_request(Supervisor *supervisor)
{
  supervisor->stop_requests++;
  supervisor->exit_code = EXIT_CODE_STOPPED;
  switch (supervisor->state) {
  case STATE_STARTING:
  case STATE_RUNNING:
  case STATE_POWERING_DOWN:
    if (supervisor->stop_requests > 1)
      end_emulator(supervisor);
    else if (supervisor->state == STATE_RUNNING)
      power_down(supervisor);
    return;
  case STATE_ENDING:
    if (supervisor->stop_requests > 2)
      emulator_signal(supervisor->emulator, SIGKILL);
    return;
  case STATE_WAITING:
    set_state(supervisor, STATE_DRAINING);
    cancel_restart(supervisor);
    return;
  case STATE_DRAINING:
    if (supervisor->will_restart)
      cancel_restart(supervisor);
    else /* a reader that does not read */
      finish(supervisor);
    return;
  case STATE_IDLE:
  case STATE_ENDED:
  case STATE_LAST:
    return;
  }
}

static void on_signal(int signal, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (signal == SIGTSTP) {
    consoles_suspend(supervisor->consoles);
    raise(SIGSTOP);
  } else if (signal == SIGCONT) {
    consoles_resume(supervisor->consoles);
  } else {
    on_stop_request(supervisor);
  }
}

/* ---- The whole ---- */

static gboolean prepare(Supervisor *supervisor, GError **error)
{
  const SupervisorOptions *options = supervisor->options;

  supervisor->loop = g_main_loop_new(NULL, /* is_running= */ FALSE);
  supervisor->signals = signals_new(NULL, on_signal, supervisor, error);
  if (!supervisor->signals)
    return FALSE;
  supervisor->directory = runtime_dir_new(options->root, options->name, error);
  if (!supervisor->directory)
    return FALSE;
  supervisor->resources = resources_new(options->plan, supervisor->directory);
  supervisor->consoles =
      consoles_new(NULL, options->plan, options->attaches_console, on_drained, supervisor, error);
  return supervisor->consoles != NULL;
}

static void supervisor_clear(Supervisor *supervisor)
{
  stop_timer(supervisor);
  emulator_free(supervisor->emulator);
  consoles_free(supervisor->consoles);
  resources_free(supervisor->resources);
  runtime_dir_free(supervisor->directory);
  signals_free(supervisor->signals);
  g_clear_pointer(&supervisor->loop, g_main_loop_unref);
  g_free(supervisor->broken);
}

int supervisor_run(const SupervisorOptions *options, GError **error)
{
  Supervisor supervisor = { .options = options };

  if (prepare(&supervisor, &supervisor.error) && start(&supervisor, &supervisor.error)) {
    consoles_announce(supervisor.consoles);
    g_main_loop_run(supervisor.loop);
  } else {
    supervisor.exit_code = error_exit_code(supervisor.error);
  }
  supervisor_clear(&supervisor);
  if (supervisor.error)
    g_propagate_error(error, supervisor.error);
  return supervisor.exit_code;
}
