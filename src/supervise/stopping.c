/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/stopping.h"

#include "base/announce.h"
#include "base/exit-code.h"
#include "base/patience.h"
#include "supervise/states.h"

/* Milliseconds for a QEMU that is destroyed to obey `quit`. */
enum { DESTROY_PATIENCE = 1000 };

/* Milliseconds for a QEMU whose connection has ended to end, too. */
enum { HANG_UP_PATIENCE = 1000 };

/* Microseconds in which a further signal is no further wish: Slurm sends its SIGTERM twice, 10 ms apart, a
 * service manager SIGHUP after it, and `kill` is followed by what stops the whole job. */
enum { ONE_WISH = G_USEC_PER_SEC };

static gboolean on_kill_time(gpointer user_data)
{
  const Supervisor *supervisor = user_data;

  announce_notice("QEMU does not end: killing it");
  emulator_kill(supervisor->emulator);
  return G_SOURCE_CONTINUE;
}

static void await_end(Supervisor *supervisor, const char *reason, guint milliseconds)
{
  states_set(supervisor, STATE_ENDING, reason);
  if (milliseconds > 0)
    states_start_timer(supervisor, milliseconds, on_kill_time);
}

void stopping_await_end(Supervisor *supervisor, const char *reason)
{
  await_end(supervisor, reason, supervisor->options->quit_seconds * 1000);
}

static void tell_to_quit(const Supervisor *supervisor, gboolean may_kill)
{
  QmpClient *qmp = emulator_qmp(supervisor->emulator);

  if (qmp_client_is_ready(qmp))
    qmp_client_execute(qmp, "quit", NULL, NULL, NULL);
  else if (may_kill)
    emulator_kill(supervisor->emulator);
}

void stopping_quit(Supervisor *supervisor, const char *reason)
{
  stopping_await_end(supervisor, reason);
  tell_to_quit(supervisor, /* may_kill= */ TRUE);
}

void stopping_on_ready(const Supervisor *supervisor)
{
  tell_to_quit(supervisor, /* may_kill= */ FALSE);
}

static gboolean on_hang_up_time(gpointer user_data)
{
  announce_notice("QEMU has hung up and goes on: ending it");
  stopping_quit(user_data, "guest");
  return G_SOURCE_REMOVE;
}

void stopping_on_hang_up(Supervisor *supervisor)
{
  states_set(supervisor, STATE_ENDING, "guest");
  states_start_timer(supervisor, patience_of(HANG_UP_PATIENCE), on_hang_up_time);
}

void stopping_destroy(Supervisor *supervisor, gboolean is_graceful)
{
  await_end(supervisor, "destroyed", is_graceful ? 0 : patience_of(DESTROY_PATIENCE));
  tell_to_quit(supervisor, /* may_kill= */ !is_graceful);
}

/* ---- Powering down ---- */

static gboolean on_power_button_time(gpointer user_data);

/* Presses, and comes again in a while, or when the time is over. */
static void press_power_button(Supervisor *supervisor)
{
  QmpClient *qmp = emulator_qmp(supervisor->emulator);
  gint64 left = G_MAXINT64;

  if (supervisor->options->has_acpi && !qmp_client_is_busy(qmp))
    qmp_client_execute(qmp, "system_powerdown", NULL, NULL, NULL);
  if (supervisor->wish.deadline > 0)
    left = MAX(1, (supervisor->wish.deadline - g_get_monotonic_time() + 999) / 1000);
  states_start_timer(supervisor, (guint)MIN(left, POWER_BUTTON_AGAIN), on_power_button_time);
}

static gboolean on_power_button_time(gpointer user_data)
{
  Supervisor *supervisor = user_data;

  if (supervisor->wish.deadline == 0 || g_get_monotonic_time() < supervisor->wish.deadline) {
    press_power_button(supervisor);
  } else if (supervisor->wish.is_reboot) {
    announce_notice("the guest does not power down: it is not started again, and runs on");
    supervisor->wish.is_reboot = FALSE;
    states_set(supervisor, STATE_RUNNING, "resumed");
  } else if (supervisor->wish.is_asked_only) {
    announce_notice("the guest does not power down, and runs on");
    supervisor->wish.is_asked_only = supervisor->wish.is_stop = FALSE;
    states_set(supervisor, STATE_RUNNING, "resumed");
  } else {
    announce_notice("the guest does not power down: telling QEMU to quit");
    stopping_quit(supervisor, supervisor->reason);
  }
  return G_SOURCE_REMOVE;
}

static void announce_power_down(const Supervisor *supervisor, int seconds)
{
  g_autofree char *then =
      seconds ? g_strdup_printf("after %d seconds QEMU is told to quit, a", seconds) : g_strdup("a");

  if (supervisor->wish.is_reboot)
    announce_notice("asking the guest to power down, to start it again");
  else if (!supervisor->options->has_acpi)
    announce_notice("the guest has no <acpi/>, so it cannot be asked to power down; %s second signal ends it",
                    then);
  else
    announce_notice("asking the guest to power down; %s second signal ends it", then);
}

static void set_deadline(Supervisor *supervisor, int seconds)
{
  supervisor->wish.deadline = seconds ? g_get_monotonic_time() + seconds * (gint64)G_USEC_PER_SEC : 0;
}

static void begin(Supervisor *supervisor, int seconds)
{
  if (seconds < 0)
    seconds = (int)supervisor->options->shutdown_seconds;
  set_deadline(supervisor, seconds);
  announce_power_down(supervisor, seconds);
  states_set(supervisor, STATE_POWERING_DOWN, "user");
  press_power_button(supervisor);
}

void stopping_power_down(Supervisor *supervisor, int seconds)
{
  supervisor->wish.is_reboot = supervisor->wish.is_asked_only = FALSE;
  supervisor->wish.is_stop = TRUE;
  if (!qmp_client_is_ready(emulator_qmp(supervisor->emulator))) {
    announce_notice("QEMU does not take commands any more: ending it");
    stopping_quit(supervisor, "user");
  } else if (seconds < 0 && supervisor->options->is_never_asked) {
    announce_notice("telling QEMU to quit");
    stopping_quit(supervisor, "user");
  } else {
    if (supervisor->state == STATE_PAUSED) /* one that stands does not see the button */
      qmp_client_execute(emulator_qmp(supervisor->emulator), "cont", NULL, NULL, NULL);
    begin(supervisor, seconds);
  }
}

void stopping_ask(Supervisor *supervisor, guint seconds)
{
  supervisor->wish.is_reboot = FALSE;
  supervisor->wish.is_stop = supervisor->wish.is_asked_only = TRUE;
  set_deadline(supervisor, (int)seconds);
  if (seconds)
    announce_notice("asking the guest to power down; after %u seconds it runs on", seconds);
  else
    announce_notice("asking the guest to power down, until it does");
  if (supervisor->state == STATE_PAUSED) /* one that stands does not see the button */
    qmp_client_execute(emulator_qmp(supervisor->emulator), "cont", NULL, NULL, NULL);
  states_set(supervisor, STATE_POWERING_DOWN, "user");
  press_power_button(supervisor);
}

void stopping_reboot(Supervisor *supervisor)
{
  supervisor->wish.is_asked_only = FALSE;
  supervisor->wish.is_reboot = TRUE;
  begin(supervisor, -1);
}

/* ---- Signals ---- */

static void on_first_signal(Supervisor *supervisor)
{
  switch (supervisor->state) {
  case STATE_RUNNING:
  case STATE_PAUSED:
    stopping_power_down(supervisor, -1);
    return;
  case STATE_POWERING_DOWN: /* a command has asked for that already, perhaps to start it again, or with
                               patience */
    if (supervisor->wish.is_reboot || supervisor->wish.is_asked_only)
      stopping_power_down(supervisor, -1);
    return;
  case STATE_STARTING:
    if (supervisor->is_ready && !qmp_client_is_ready(emulator_qmp(supervisor->emulator)))
      stopping_power_down(supervisor, -1);
    return;
  case STATE_DUMPING:
    announce_notice("the guest's memory is being written; a second signal ends that");
    return;
  case STATE_PRESERVED:
    stopping_quit(supervisor, "user");
    return;
  case STATE_WAITING:
  case STATE_DRAINING:
    states_cancel_restart(supervisor);
    return;
  case STATE_ENDING: /* by itself, perhaps, for as long as it likes until now */
    if (!supervisor->timer)
      stopping_await_end(supervisor, "user");
    return;
  case STATE_IDLE:
  case STATE_ENDED:
  case STATE_LAST:
    return;
  }
}

static void on_later_signal(Supervisor *supervisor)
{
  switch (supervisor->state) {
  case STATE_STARTING:
  case STATE_RUNNING:
  case STATE_PAUSED:
  case STATE_POWERING_DOWN:
  case STATE_DUMPING:
  case STATE_PRESERVED:
    announce_notice("telling QEMU to quit");
    stopping_quit(supervisor, "user");
    return;
  case STATE_ENDING:
    if (supervisor->wish.signals > 2)
      emulator_kill(supervisor->emulator);
    else if (!supervisor->timer)
      stopping_await_end(supervisor, "user");
    return;
  case STATE_WAITING:
  case STATE_DRAINING: /* a reader that does not read */
    states_cancel_restart(supervisor);
    return;
  case STATE_IDLE:
  case STATE_ENDED:
  case STATE_LAST:
    return;
  }
}

void stopping_on_signal(Supervisor *supervisor, gint64 now)
{
  supervisor->wish.is_stop = TRUE;
  if (supervisor->wish.signals > 0 && now - supervisor->wish.signalled < ONE_WISH) {
    announce_log("within a second of the last signal: the same wish");
    return;
  }
  supervisor->wish.signalled = now;
  if (++supervisor->wish.signals == 1)
    on_first_signal(supervisor);
  else
    on_later_signal(supervisor);
}

void stopping_resume(Supervisor *supervisor)
{
  if (supervisor->state == STATE_RUNNING && supervisor->wish.is_stop)
    stopping_power_down(supervisor, -1);
}
