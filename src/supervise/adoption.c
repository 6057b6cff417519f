/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/adoption.h"

#include <string.h>

#include "base/announce.h"
#include "control/protocol.h"
#include "supervise/directory.h"
#include "supervise/outcome.h"
#include "supervise/publish.h"
#include "supervise/states.h"

enum { MAX_DEPTH = 4 };

/* ---- What is written ---- */

void adoption_write(Supervisor *supervisor)
{
  const SupervisorOptions *options = supervisor->options;
  g_autoptr(Json) resources = resources_describe(supervisor->resources);
  g_autofree char *text = json_print(resources);

  if (!supervisor->is_recorded && options->record) {
    g_autofree char *record = options->record(options->user_data);

    supervisor->is_recorded = publish_file(supervisor, CONTROL_RUN_FILE, record);
  }
  publish_file(supervisor, CONTROL_RESOURCES_FILE, text);
}

/* ---- What is read ---- */

/* The one that the plan was made of may be gone, and another guest of that name be there. */
static gboolean check_record(const Supervisor *supervisor, GError **error)
{
  g_autofree char *text = guest_file_read(runtime_dir_fd(supervisor->directory), CONTROL_RUN_FILE, error);

  if (text && !g_str_equal(text, supervisor->options->adopts))
    return error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL,
                     "the guest '%s' has just ended, and another of its name is there", supervisor->name);
  return text != NULL;
}

static Cause cause_of(const GuestState *state)
{
  for (Cause cause = CAUSE_POWEROFF; state->reason && cause < CAUSE_LAST; cause++) {
    if (g_str_equal(state->reason, cause_reason(cause)))
      return cause;
  }
  return CAUSE_UNKNOWN;
}

/* What could not be written any more is not known. */
static gboolean read_state(Supervisor *supervisor, GuestState *state, GError **error)
{
  int directory = runtime_dir_fd(supervisor->directory);

  if (!guest_state_read(directory, state, error)) {
    if (!guest_state_read_old(directory, state, NULL))
      return FALSE;
    g_clear_error(error);
  }
  supervisor->started = state->started;
  supervisor->n_restarts = (guint)CLAMP(state->restarts, 0, G_MAXUINT32);
  supervisor->n_resets = (guint)CLAMP(state->resets, 0, G_MAXUINT32);
  if (state->state == GUEST_PRESERVED)
    supervisor->found_cause = cause_of(state);
  supervisor->is_unstarted = state->state == GUEST_STARTING && g_strcmp0(state->reason, "adopted") != 0;
  return TRUE;
}

static Json *read_resources(const Supervisor *supervisor, GError **error)
{
  g_autofree char *text =
      guest_file_read(runtime_dir_fd(supervisor->directory), CONTROL_RESOURCES_FILE, error);
  Json *array = text ? json_parse(text, strlen(text), MAX_DEPTH, error) : NULL;

  if (!array || json_is(array, JSON_ARRAY))
    return array;
  json_unref(array);
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the file '%s/%s' is broken",
            runtime_dir_path(supervisor->directory), CONTROL_RESOURCES_FILE);
  return NULL;
}

/* ---- Taking over ---- */

static gboolean adopt_resources(Supervisor *supervisor, GError **error)
{
  g_autoptr(Json) described = read_resources(supervisor, error);

  if (!described)
    return FALSE;
  supervisor->resources = resources_new(supervisor->options->plan, supervisor->directory);
  return resources_adopt(supervisor->resources, described, error);
}

static gboolean adopt_emulator(Supervisor *supervisor, const GuestState *state,
                               const EmulatorHandlers *handlers, GError **error)
{
  supervisor->emulator =
      emulator_adopt(NULL, (pid_t)state->emulator_pid, state->emulator_start,
                     emulator_take_qmp_socket(supervisor->resources), handlers, supervisor, error);
  return supervisor->emulator != NULL;
}

/* All that is looked at, and nothing that others see. */
static gboolean adopt_quietly(Supervisor *supervisor, const EmulatorHandlers *handlers, GError **error)
{
  const SupervisorOptions *options = supervisor->options;
  g_auto(GuestState) state = GUEST_STATE_INIT;

  supervisor->directory = runtime_dir_adopt(options->root, options->running_name, error);
  if (!supervisor->directory || !check_record(supervisor, error) || !read_state(supervisor, &state, error))
    return FALSE;
  supervisor->uuid_lock = uuid_lock_new(supervisor->directory, options->uuid, options->running_name,
                                        /* is_adopted= */ TRUE, error);
  return supervisor->uuid_lock && adopt_resources(supervisor, error) &&
         adopt_emulator(supervisor, &state, handlers, error);
}

gboolean adoption_prepare(Supervisor *supervisor, const EmulatorHandlers *handlers, GError **error)
{
  supervisor->is_adopted = supervisor->is_recorded = TRUE;
  supervisor->end_reason = "qemu-died";
  return adopt_quietly(supervisor, handlers, error) &&
         directory_enter(supervisor, supervisor->directory, error);
}

void adoption_abandon(Supervisor *supervisor)
{
  emulator_leave(g_steal_pointer(&supervisor->emulator));
  resources_leave(g_steal_pointer(&supervisor->resources));
  uuid_lock_leave(g_steal_pointer(&supervisor->uuid_lock));
  announce_close_log();
  runtime_dir_let_go(g_steal_pointer(&supervisor->directory));
}

/* ---- What happened meanwhile ---- */

gboolean adoption_on_status(Supervisor *supervisor, const char *status)
{
  if (supervisor->is_adopted && supervisor->state == STATE_STARTING) /* whatever it becomes from here */
    publish_live(supervisor);
  if (!supervisor->is_unstarted || g_strcmp0(status, "prelaunch") != 0)
    return FALSE;
  announce_notice("the guest had not run yet when its supervisor was killed: it is started again");
  supervisor->is_decided = supervisor->will_restart = TRUE;
  states_set(supervisor, STATE_ENDING, "guest");
  emulator_kill(supervisor->emulator);
  return TRUE;
}

Cause adoption_cause(const Supervisor *supervisor)
{
  const Lifecycle *lifecycle = &supervisor->options->lifecycle;

  if (!supervisor->is_adopted || supervisor->found_cause != CAUSE_UNKNOWN)
    return supervisor->is_adopted ? supervisor->found_cause : CAUSE_POWEROFF;
  if (lifecycle->on_reboot != LIFECYCLE_RESTART && lifecycle->on_reboot != lifecycle->on_poweroff)
    announce_notice(
        "whether the guest has powered off or rebooted meanwhile is not known: <on_poweroff> holds");
  return CAUSE_POWEROFF;
}
