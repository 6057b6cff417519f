/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun wait: until a guest is in a state, or has ended.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"
#include "commands/options.h"

typedef struct {
  GuestCommand command;
  GuestStateKind wanted;
  gint64 deadline; /* of the monotonic clock, in microseconds; -1: none */
  int seconds;     /* 0: no limit */
  gboolean is_json;
} Wait;

static int milliseconds_left(const Wait *wait)
{
  gint64 left = (wait->deadline - g_get_monotonic_time() + 999) / 1000;

  return wait->deadline < 0 ? CONTROL_FOREVER : (int)CLAMP(left, 0, G_MAXINT);
}

static gboolean too_late(const Wait *wait, const GuestState *state, GError **error)
{
  return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the guest '%s' is '%s' after %d s, not '%s'",
                   state->name, enum_to_string(&guest_state_table, (int)state->state), wait->seconds,
                   enum_to_string(&guest_state_table, (int)wait->wanted));
}

/* The connection has ended, and the guest with it, unless its supervisor was killed. */
static gboolean judge_end(const Wait *wait, const GuestState *last, GError **error)
{
  if (!guest_check_over(wait->command.guest, error))
    return FALSE;
  if (wait->wanted == GUEST_ENDED)
    return TRUE;
  return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has ended (%s) and was not '%s'",
                   last->name, last->reason ? last->reason : "unknown",
                   enum_to_string(&guest_state_table, (int)wait->wanted));
}

static void take_state(Json *object, GuestState *state)
{
  GuestState next;

  if (!object || !guest_state_from_json(object, &next, NULL))
    return;
  guest_state_clear(state);
  *state = next;
}

/* A supervisor that hangs up without having said how the guest ended was killed. */
static void note_end(GuestState *state)
{
  if (state->state == GUEST_ENDED || state->state == GUEST_PRESERVED)
    return;
  state->state = GUEST_ENDED;
  g_free(state->reason);
  state->reason = g_strdup("killed");
}

static gboolean await_end(Wait *wait, const GuestState *state, GError **error)
{
  if (control_client_await_end(wait->command.client, milliseconds_left(wait), NULL))
    return TRUE;
  return too_late(wait, state, error);
}

static gboolean subscribe(Wait *wait, GuestState *state, GError **error)
{
  g_autoptr(Json) subscribed = guest_command_call(&wait->command, "subscribe", NULL, error), status = NULL;

  if (subscribed)
    status = guest_command_call(&wait->command, "query-status", NULL, error);
  if (!status)
    return FALSE;
  take_state(status, state);
  return TRUE;
}

/* The guest was there a moment ago, and now there is what it has left. */
static gboolean has_left_trace(const Wait *wait, GuestState *state)
{
  GuestState next;

  if (!guest_state_read(runtime_dir_fd(wait->command.guest->directory), &next, NULL))
    return FALSE;
  guest_state_clear(state);
  *state = next;
  return state->state == GUEST_ENDED;
}

/* The supervisor has hung up, and so it is over, unless another has come, or it was only this client that it
 * let go; what was missed is in the guest's state. */
static gboolean is_over(Wait *wait, GuestState *state, GError **error)
{
  g_autoptr(GError) cause = NULL;

  if (guest_command_reconnect(&wait->command) == HUNG_UP_AT_END) {
    note_end(state);
    return TRUE;
  }
  if (subscribe(wait, state, &cause))
    return FALSE;
  if (!g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_NO_GUEST)) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return TRUE;
  }
  if (!has_left_trace(wait, state))
    note_end(state);
  return TRUE;
}

/* The name is free only when the supervisor has hung up, and not with its last event already. */
static gboolean follow(Wait *wait, GuestState *state, GError **error)
{
  while (state->state != wait->wanted) {
    g_autoptr(GError) cause = NULL;
    g_autoptr(Json) event = control_client_next_event(wait->command.client, milliseconds_left(wait), &cause);

    if (event) {
      if (g_strcmp0(json_get_string(event, "event"), CONTROL_EVENT_STATE) == 0)
        take_state(json_get_object(event, "data"), state);
    } else if (cause) {
      return too_late(wait, state, error);
    } else if (is_over(wait, state, &cause)) {
      if (!cause)
        return judge_end(wait, state, error);
      g_propagate_error(error, g_steal_pointer(&cause));
      return FALSE;
    }
  }
  return wait->wanted != GUEST_ENDED || await_end(wait, state, error);
}

static gboolean watch(Wait *wait, GuestState *state, GError **error)
{
  return subscribe(wait, state, error) && follow(wait, state, error);
}

static gboolean wait_for(Wait *wait, GuestState *state, GError **error)
{
  g_autoptr(GError) cause = NULL;

  if (!wait->command.guest->is_supervised && !guest_is_there(wait->command.guest))
    return state->state == wait->wanted || judge_end(wait, state, error);
  if (watch(wait, state, &cause))
    return TRUE;
  if (g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_NO_GUEST) && has_left_trace(wait, state))
    return judge_end(wait, state, error);
  g_propagate_error(error, g_steal_pointer(&cause));
  return FALSE;
}

/* "ended (panic), exit code 6": the code that `run` ended with. */
static void print_end(const GuestState *state)
{
  g_autofree char *code = NULL;
  g_autofree char *text = NULL;

  if (state->exit_code >= 0)
    code = g_strdup_printf(", exit code %" G_GINT64_FORMAT, state->exit_code);
  text = g_strdup_printf("ended (%s)%s", state->reason ? state->reason : "unknown", code ? code : "");
  print_line(text);
}

static gboolean parse_state(Wait *wait, GError **error)
{
  const char *name = wait->command.arguments[1];
  g_autofree char *known = NULL;
  int value = GUEST_ENDED;

  if (!name || enum_from_string(&guest_state_table, name, &value)) {
    wait->wanted = (GuestStateKind)value;
    return TRUE;
  }
  known = enum_known(&guest_state_table);
  return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "unknown state '%s' (known: %s)", name, known);
}

int wait_command(int argc, char **argv)
{
  Wait wait = { .deadline = -1 };
  const GOptionEntry entries[] = {
    { "timeout", 0, 0, G_OPTION_ARG_INT, &wait.seconds,
      "give up after that many seconds (0, the default: no limit)", "SECONDS" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &wait.is_json, "print the state that it came to as a JSON object",
      NULL },
    G_OPTION_ENTRY_NULL,
  };
  gboolean is_reached;
  GError *error = NULL;

  is_reached =
      guest_command_begin(
          &wait.command, entries, "GUEST [STATE]",
          "Waits until a guest is in STATE, or has ended, and returns 0 then. How it ended is printed: "
          "the reason, and the exit code of its run.",
          2, argc, argv, &error) &&
      options_check_seconds("timeout", &wait.seconds, &error) && parse_state(&wait, &error);
  if (is_reached) {
    if (wait.seconds > 0)
      wait.deadline = g_get_monotonic_time() + wait.seconds * (gint64)G_USEC_PER_SEC;
    is_reached = wait_for(&wait, &wait.command.guest->state, &error);
  }
  if (is_reached && wait.is_json)
    print_guest_state(&wait.command.guest->state);
  else if (is_reached && wait.wanted == GUEST_ENDED)
    print_end(&wait.command.guest->state);
  guest_command_clear(&wait.command);
  return is_reached ? EXIT_CODE_OK : report_usage_error(error);
}
