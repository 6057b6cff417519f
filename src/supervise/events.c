/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/events.h"

#include "base/announce.h"
#include "base/patience.h"
#include "process/detach.h"
#include "supervise/adoption.h"
#include "supervise/core-dump.h"
#include "supervise/memory.h"
#include "supervise/outcome.h"
#include "supervise/publish.h"
#include "supervise/requests.h"
#include "supervise/requests-emulator.h"
#include "supervise/states.h"
#include "supervise/stopping.h"

enum {
  HELPERS_END =
      60 * 1000,     /* milliseconds after the guest's end in which QEMU and its helpers are to have ended */
  SAME_RESET = 1000, /* milliseconds within which the BIOS resets the machine again */
};

void events_finish_start(Supervisor *supervisor)
{
  supervisor->has_run = TRUE;
  if (!limits_are_pending(supervisor->limits))
    detach_finish(&supervisor->report);
}

/* ---- The guest has ended, and QEMU is still there ---- */

static void preserve(Supervisor *supervisor)
{
  outcome_decide(supervisor, /* end= */ NULL);
  announce_notice(
      "the guest has ended (%s), and QEMU is kept to be looked at; a signal, or 'domrun destroy', "
      "ends it",
      cause_reason(supervisor->cause));
  states_set(supervisor, STATE_PRESERVED, cause_reason(supervisor->cause));
  events_finish_start(supervisor);
}

static void act_on_end(Supervisor *supervisor)
{
  switch (outcome_action(supervisor)) {
  case LIFECYCLE_PRESERVE:
    preserve(supervisor);
    return;
  case LIFECYCLE_COREDUMP_DESTROY:
  case LIFECYCLE_COREDUMP_RESTART:
    supervisor->is_dump_passing = FALSE;
    if (core_dump_start(supervisor))
      return;
    break;
  case LIFECYCLE_DESTROY:
  case LIFECYCLE_RESTART:
  case LIFECYCLE_RENAME_RESTART:
  case LIFECYCLE_LAST:
    break;
  }
  stopping_quit(supervisor, "guest");
}

static void on_crash(Supervisor *supervisor, Cause cause, const char *words)
{
  if (supervisor->cause != CAUSE_UNKNOWN)
    return;
  supervisor->cause = cause;
  announce_notice("%s", words);
  if (!emulator_is_gone(supervisor->emulator))
    act_on_end(supervisor);
}

static gboolean on_helpers_late(gpointer user_data)
{
  Supervisor *supervisor = user_data;

  resources_kill_helpers(supervisor->resources);
  return G_SOURCE_REMOVE;
}

/* What runs beside QEMU, which takes leave of it at its end, may hang. */
static void await_end_with_helpers(Supervisor *supervisor)
{
  states_set(supervisor, STATE_ENDING, "guest");
  if (resources_have_helpers(supervisor->resources))
    states_start_timer(supervisor, patience_of(HELPERS_END), on_helpers_late);
}

/* QEMU stands. */
static void end_after_shutdown(Supervisor *supervisor)
{
  if (supervisor->wish.is_stop || outcome_action(supervisor) == LIFECYCLE_PRESERVE) {
    act_on_end(supervisor);
  } else if (supervisor->state != STATE_ENDING) {
    await_end_with_helpers(supervisor);
    stopping_on_ready(supervisor);
  }
}

/* Where nothing takes a supervisor, QEMU ends by itself; it takes its time to write back what it has cached.
 */
static void on_shutdown(Supervisor *supervisor, Cause cause)
{
  if (supervisor->cause != CAUSE_UNKNOWN)
    return;
  supervisor->cause = cause;
  if (emulator_is_gone(supervisor->emulator))
    return;
  if ((cause == CAUSE_POWEROFF || cause == CAUSE_REBOOT) && lifecycle_pauses(&supervisor->options->lifecycle))
    end_after_shutdown(supervisor);
  else if (supervisor->state != STATE_ENDING && supervisor->wish.is_stop)
    stopping_await_end(supervisor, "guest");
  else if (supervisor->state != STATE_ENDING)
    await_end_with_helpers(supervisor);
}

/* ---- The guest runs, or stands ---- */

static void on_first_run(Supervisor *supervisor)
{
  publish_live(supervisor);
  states_set(supervisor, STATE_RUNNING,
             supervisor->is_adopted       ? "adopted"
             : supervisor->n_restarts > 0 ? "restarted"
                                          : "booted");
  events_finish_start(supervisor);
  memory_give_back();
  stopping_resume(supervisor);
}

static void run(Supervisor *supervisor)
{
  if (supervisor->state == STATE_STARTING)
    on_first_run(supervisor);
  if (supervisor->state != STATE_PAUSED)
    return;
  supervisor->is_dump_passing = FALSE;
  states_set(supervisor, STATE_RUNNING, "resumed");
  stopping_resume(supervisor);
}

static void stand(Supervisor *supervisor, const char *reason)
{
  if (supervisor->state == STATE_STARTING)
    on_first_run(supervisor);
  if (supervisor->state == STATE_RUNNING)
    states_set(supervisor, STATE_PAUSED, reason);
}

/* RunState of QEMU's run-state.json. Some reasons to stop have no event of their own, and events before QMP
 * is ready are lost. */
static void on_status(Json *result, const GError *error, gpointer user_data)
{
  Supervisor *supervisor = user_data;
  const char *status = json_get_string(result, "status");

  if (!result || supervisor->state == STATE_PRESERVED || supervisor->state == STATE_ENDING ||
      adoption_on_status(supervisor, status))
    return;
  if (!status || g_str_equal(status, "running"))
    run(supervisor);
  else if (g_str_equal(status, "guest-panicked"))
    on_crash(supervisor, CAUSE_PANIC, "the guest has panicked");
  else if (g_str_equal(status, "internal-error"))
    on_crash(supervisor, CAUSE_INTERNAL_ERROR, "KVM cannot go on: internal error");
  else if (g_str_equal(status, "shutdown"))
    on_shutdown(supervisor, adoption_cause(supervisor));
  else if (g_str_equal(status, "paused"))
    stand(supervisor, "user");
  else if (g_str_equal(status, "io-error"))
    stand(supervisor, "io-error");
  else if (g_str_equal(status, "watchdog"))
    stand(supervisor, "watchdog");
  else if (g_str_equal(status, "save-vm"))
    stand(supervisor, "dump");
  else
    stand(supervisor, "qemu");
}

static void on_asked(Json *result, const GError *error, gpointer user_data);

/* One question at a time, however many events ask for one: the answer to the next is as good for all of them.
 */
void events_ask_status(Supervisor *supervisor)
{
  supervisor->asks_again = supervisor->is_asking;
  if (supervisor->is_asking)
    return;
  supervisor->is_asking = TRUE;
  qmp_client_execute(emulator_qmp(supervisor->emulator), "query-status", NULL, on_asked, supervisor);
}

static void on_asked(Json *result, const GError *error, gpointer user_data)
{
  Supervisor *supervisor = user_data;
  gboolean asks_again = supervisor->asks_again;

  supervisor->is_asking = supervisor->asks_again = FALSE;
  on_status(result, error, supervisor);
  requests_release(supervisor);
  if (asks_again && result && supervisor->emulator && !emulator_is_gone(supervisor->emulator))
    events_ask_status(supervisor);
}

/* The action `poweroff` of a watchdog ends QEMU without a SHUTDOWN. */
static void on_watchdog(Supervisor *supervisor, Json *data)
{
  const char *action = data ? json_get_string(data, "action") : NULL;

  announce_notice("the guest's watchdog has run out (%s)", action ? action : "");
  if (g_strcmp0(action, "poweroff") == 0 && supervisor->cause == CAUSE_UNKNOWN)
    supervisor->cause = CAUSE_WATCHDOG;
  if (supervisor->options->plan->watchdog_dumps && supervisor->state == STATE_RUNNING)
    supervisor->is_dump_passing = TRUE; /* once it stands */
}

/* SeaBIOS tries several ways of resetting the machine anew on its way out of a reset: what follows shortly is
 * the same one. */
static void on_reset(Supervisor *supervisor)
{
  gint64 now = g_get_monotonic_time(), before = supervisor->reset;

  supervisor->reset = now;
  if (before && now - before < patience_of(SAME_RESET) * G_GINT64_CONSTANT(1000))
    return;
  supervisor->n_resets++;
  if (supervisor->state == STATE_RUNNING)
    states_set(supervisor, STATE_RUNNING, "reset");
}

/* QEMU goes on, and has nobody to connect to. */
static void on_stream_end(const Json *data)
{
  const char *id = data ? json_get_string(data, "netdev-id") : NULL;

  if (id)
    announce_notice("the other end of '%s', passt, has ended: the guest runs on without this network", id);
}

void events_handle(const char *name, Json *data, gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (supervisor->options->is_verbose)
    announce_notice("event %s", name);
  publish_event(supervisor, name, data);
  if (g_str_equal(name, "SHUTDOWN"))
    on_shutdown(supervisor, cause_of_shutdown(data ? json_get_string(data, "reason") : NULL));
  else if (g_str_equal(name, "GUEST_PANICKED"))
    on_crash(supervisor, CAUSE_PANIC, "the guest has panicked");
  else if (g_str_equal(name, "WATCHDOG"))
    on_watchdog(supervisor, data);
  else if (g_str_equal(name, "RESET"))
    on_reset(supervisor);
  else if ((g_str_equal(name, "RESUME") || g_str_equal(name, "WAKEUP")) && supervisor->state == STATE_PAUSED)
    run(supervisor);
  else if (g_str_equal(name, "STOP") && supervisor->is_dump_passing && supervisor->state == STATE_RUNNING)
    core_dump_pass(supervisor);
  else if ((g_str_equal(name, "STOP") || g_str_equal(name, "SUSPEND")) && supervisor->cause == CAUSE_UNKNOWN)
    events_ask_status(supervisor);
  else if (g_str_equal(name, "NETDEV_STREAM_DISCONNECTED"))
    on_stream_end(data);
  else if (g_str_equal(name, "DUMP_COMPLETED"))
    core_dump_on_completed(supervisor, data);
  emulator_requests_on_event(supervisor, name, data);
}
