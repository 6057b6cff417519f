/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/outcome.h"

#include <errno.h>
#include <string.h>

#include "base/announce.h"
#include "base/exit-code.h"
#include "host/confinement.h"
#include "host/emulator-machines.h"
#include "host/emulator-spice.h"
#include "host/images.h"
#include "qemu/module.h"
#include "supervise/restarts.h"

static const char *const cause_reasons[] = {
  [CAUSE_UNKNOWN] = "qemu-died",
  [CAUSE_POWEROFF] = "power-off",
  [CAUSE_REBOOT] = "reboot",
  [CAUSE_PANIC] = "panic",
  [CAUSE_INTERNAL_ERROR] = "internal-error",
  [CAUSE_WATCHDOG] = "watchdog",
  [CAUSE_OUTSIDE] = "qemu-died",
  [CAUSE_DIED] = "qemu-died",
};
G_STATIC_ASSERT(G_N_ELEMENTS(cause_reasons) == CAUSE_LAST);

const char *cause_reason(Cause cause)
{
  return cause_reasons[cause];
}

Cause cause_of_shutdown(const char *reason)
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

LifecycleAction outcome_action(const Supervisor *supervisor)
{
  const Lifecycle *lifecycle = &supervisor->options->lifecycle;

  if (supervisor->wish.is_stop)
    return LIFECYCLE_DESTROY;
  switch (supervisor->cause) {
  case CAUSE_POWEROFF:
    return supervisor->wish.is_reboot ? LIFECYCLE_RESTART : lifecycle->on_poweroff;
  case CAUSE_WATCHDOG:
    return lifecycle->on_poweroff;
  case CAUSE_REBOOT:
    return lifecycle->on_reboot;
  case CAUSE_PANIC:
  case CAUSE_INTERNAL_ERROR:
  case CAUSE_DIED:
    return lifecycle->on_crash;
  case CAUSE_OUTSIDE: /* whoever did that wants it ended */
  case CAUSE_UNKNOWN:
  case CAUSE_LAST:
    break;
  }
  return LIFECYCLE_DESTROY;
}

gboolean lifecycle_is_restart(LifecycleAction action)
{
  return action == LIFECYCLE_RESTART || action == LIFECYCLE_RENAME_RESTART ||
         action == LIFECYCLE_COREDUMP_RESTART;
}

/* What the command ends with when nothing starts the guest again. */
static void set_outcome(Supervisor *supervisor, const EmulatorEnd *end)
{
  g_autofree char *how = end ? emulator_end_describe(end) : NULL;

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
  case CAUSE_WATCHDOG:
    supervisor->exit_code = EXIT_CODE_WATCHDOG;
    return;
  case CAUSE_INTERNAL_ERROR:
    error_set(&supervisor->error, DOMRUN_ERROR_QEMU_DIED, NULL, NULL, "KVM could not go on: internal error");
    break;
  case CAUSE_OUTSIDE:
    error_set(&supervisor->error, DOMRUN_ERROR_QEMU_DIED, NULL, NULL, "somebody else ended QEMU (%s)", how);
    break;
  case CAUSE_UNKNOWN:
  case CAUSE_DIED:
  case CAUSE_LAST:
    error_set(&supervisor->error, DOMRUN_ERROR_QEMU_DIED, NULL, NULL, "QEMU died: %s", how);
    break;
  }
  supervisor->exit_code = EXIT_CODE_QEMU_DIED;
}

/* Not by the rights of files alone: what is barred by Landlock has these words, too. */
static gboolean was_denied(const Supervisor *supervisor, const char *words)
{
  guint parts = supervisor->options->confinement;

  return (parts & (1u << CONFINEMENT_FILES | 1u << CONFINEMENT_TCP)) &&
         (strstr(words, g_strerror(EACCES)) || strstr(words, g_strerror(EPERM)));
}

/* What QEMU's words mean is told where it is known; else they end the error. */
static void set_start_error(Supervisor *supervisor, const EmulatorEnd *end)
{
  g_autofree char *how = supervisor->broken ? NULL : emulator_end_describe(end);
  g_autofree char *words = emulator_last_words(supervisor->emulator);
  g_auto(GStrv) lines = g_strsplit(words ? words : "", "\n", -1);
  g_autofree char *text = g_strjoinv("\n  ", lines);
  g_autofree char *hint = qemu_module_explain(text);

  supervisor->exit_code = EXIT_CODE_QEMU_START;
  supervisor->end_reason = "failed";
  if (supervisor->error) { /* the host's, which says where in the document */
    supervisor->exit_code = error_exit_code(supervisor->error);
    return;
  }
  if (words &&
      (!emulator_machines_explain(supervisor->options->plan, words, DOMRUN_ERROR_QEMU_START,
                                  &supervisor->error) ||
       !emulator_spice_explain(supervisor->options->plan, words, DOMRUN_ERROR_QEMU_START,
                               &supervisor->error) ||
       !images_explain(supervisor->options->plan, words, DOMRUN_ERROR_QEMU_START, &supervisor->error)))
    return;
  error_set(&supervisor->error, DOMRUN_ERROR_QEMU_START, NULL, NULL, "QEMU failed to start (%s)%s%s",
            how ? how : supervisor->broken, *text ? ": " : "", text);
  if (hint)
    error_add_hint(&supervisor->error, "%s", hint);
  else if (words && was_denied(supervisor, words))
    error_add_hint(
        &supervisor->error,
        "where the user may do that, QEMU's sandbox bars it: 'domrun argv --access' prints what it "
        "allows, and --no-sandbox=files,tcp runs without");
}

static void give_up_restarting(Supervisor *supervisor)
{
  const RestartLimit *limit = &supervisor->options->restart_limit;

  if (supervisor->exit_code == EXIT_CODE_OK)
    supervisor->exit_code = EXIT_CODE_RESTARTS;
  g_clear_error(&supervisor->error);
  error_set(&supervisor->error, DOMRUN_ERROR_INTERNAL, NULL, NULL,
            "the guest ended %u times within %u seconds: it is not restarted any more", limit->limit,
            limit->seconds);
  error_add_hint(&supervisor->error, "--restart-limit=N/SECONDS sets another limit");
  supervisor->end_reason = "restarts";
}

static void decide_restart(Supervisor *supervisor, LifecycleAction action)
{
  if (!lifecycle_is_restart(action))
    return;
  if (restarts_is_exhausted(supervisor->restarts, g_get_monotonic_time())) {
    give_up_restarting(supervisor);
    return;
  }
  supervisor->will_restart = TRUE;
  if (supervisor->error)
    announce_notice("%s; starting it again", supervisor->error->message);
  g_clear_error(&supervisor->error);
}

void outcome_decide(Supervisor *supervisor, const EmulatorEnd *end)
{
  LifecycleAction action;

  if (supervisor->is_decided)
    return;
  supervisor->is_decided = TRUE;
  supervisor->will_restart = supervisor->will_be_left = FALSE;
  if (supervisor->wish.is_stop) {
    if (supervisor->wish.by)
      announce_notice("ended by %s", supervisor->wish.by);
    supervisor->exit_code = EXIT_CODE_STOPPED;
    supervisor->end_reason = supervisor->wish.is_destroyed ? "destroyed" : "stopped";
    return;
  }
  if ((!supervisor->is_ready && !supervisor->is_adopted) || supervisor->broken) {
    set_start_error(supervisor, end);
    return;
  }
  if (supervisor->cause == CAUSE_UNKNOWN)
    supervisor->cause = CAUSE_DIED;
  action = outcome_action(supervisor);
  supervisor->end_reason = cause_reason(supervisor->cause);
  set_outcome(supervisor, end);
  decide_restart(supervisor, action);
  supervisor->will_be_left = end && (action == LIFECYCLE_PRESERVE ||
                                     (action == LIFECYCLE_RENAME_RESTART && supervisor->will_restart));
}
