/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/states.h"

#include "base/announce.h"
#include "base/exit-code.h"
#include "supervise/publish.h"

void states_stop_timer(Supervisor *supervisor)
{
  if (supervisor->timer)
    g_source_destroy(supervisor->timer);
  g_clear_pointer(&supervisor->timer, g_source_unref);
}

void states_start_timer(Supervisor *supervisor, guint milliseconds, GSourceFunc func)
{
  states_stop_timer(supervisor);
  supervisor->timer = g_timeout_source_new(milliseconds);
  g_source_set_callback(supervisor->timer, func, supervisor, NULL);
  g_source_attach(supervisor->timer, NULL);
}

void states_set(Supervisor *supervisor, State state, const char *reason)
{
  void (*tell)(const char *format, ...) G_GNUC_PRINTF(1, 2) =
      supervisor->options->is_verbose ? announce_notice : announce_log;

  states_stop_timer(supervisor);
  tell("%s -> %s (%s)", state_name(supervisor->state), state_name(state), reason);
  supervisor->state = state;
  supervisor->reason = reason;
  supervisor->since = g_get_real_time() / 1000;
  publish_state(supervisor);
  if (state == STATE_ENDING && supervisor->consoles)
    consoles_expect_end(supervisor->consoles);
}

void states_finish(Supervisor *supervisor)
{
  if (supervisor->state != STATE_ENDED)
    states_set(supervisor, STATE_ENDED, supervisor->end_reason);
  g_main_loop_quit(supervisor->loop);
}

void states_cancel_restart(Supervisor *supervisor)
{
  if (supervisor->state == STATE_DRAINING && !supervisor->will_restart) {
    states_finish(supervisor);
    return;
  }
  supervisor->will_restart = supervisor->will_be_left = FALSE;
  supervisor->exit_code = EXIT_CODE_STOPPED;
  supervisor->end_reason = supervisor->wish.is_destroyed ? "destroyed" : "stopped";
  states_set(supervisor, STATE_DRAINING, "user");
  consoles_finish(supervisor->consoles, /* is_final= */ TRUE);
}
