/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun dompmsuspend and dompmwakeup: the guest's system goes to sleep, which its agent has it do, and wakes
 * up, which QEMU has it do.
 */
#include "config.h"

#include "base/enum.h"
#include "commands/agent.h"
#include "commands/command.h"

typedef enum {
  TARGET_MEM,
  TARGET_DISK,
  TARGET_HYBRID,
  TARGET_LAST,
} Target;

ENUM_TABLE(target_table,
           TARGET_LAST, [TARGET_MEM] = "mem", [TARGET_DISK] = "disk", [TARGET_HYBRID] = "hybrid");

/* The agent's. */
static const char *const commands[TARGET_LAST] = {
  [TARGET_MEM] = "guest-suspend-ram",
  [TARGET_DISK] = "guest-suspend-disk",
  [TARGET_HYBRID] = "guest-suspend-hybrid",
};

static Json *ask_qemu(GuestCommand *command, const char *name, GError **error)
{
  Json *arguments = json_new_object();

  json_set_string(arguments, "execute", name);
  return guest_command_call(command, "qmp", arguments, error);
}

/* One that cannot be woken up would be lost. A QEMU that does not know lets it sleep. */
static gboolean check_wakeup(GuestCommand *command, GError **error)
{
  g_autoptr(Json) machine = ask_qemu(command, "query-current-machine", /* error= */ NULL);

  return !machine || !json_is(machine, JSON_OBJECT) || json_get_bool(machine, "wakeup-suspend-support") ||
         error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
                   "the machine of the guest '%s' cannot be woken up from sleep", command->guest->state.name);
}

/* Or not there any more. */
static gboolean sleeps(gpointer user_data)
{
  g_autoptr(Json) status = ask_qemu(user_data, "query-status", /* error= */ NULL);

  return !status || !json_is(status, JSON_OBJECT) ||
         g_strcmp0(json_get_string(status, "status"), "suspended") == 0;
}

static gboolean put_to_sleep(GuestCommand *command, Target target, int seconds, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, seconds, error);

  return agent && (target == TARGET_DISK || check_wakeup(command, error)) &&
         agent_tell_until(agent, commands[target], sleeps, command, error);
}

static gboolean parse_target(const GuestCommand *command, const char *option, Target *ret_target,
                             GError **error)
{
  const char *name = option ? option : command->arguments[1];
  int target;

  if (!name)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "TARGET is missing: mem, disk or hybrid");
  if (!enum_from_string(&target_table, name, &target))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s' is no TARGET (known: mem, disk, hybrid)",
                     name);
  *ret_target = (Target)target;
  return TRUE;
}

/* virsh has it, and QEMU nothing for it. */
static gboolean check_duration(int duration, GError **error)
{
  return duration == 0 ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                   "--duration=%d: QEMU wakes no guest up by itself; 'domrun dompmwakeup' does", duration);
}

int dompmsuspend_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *option = NULL;
  int seconds = AGENT_QUICK, duration = 0;
  const GOptionEntry entries[] = {
    { "target", 0, 0, G_OPTION_ARG_STRING, &option, "another spelling of TARGET", "mem|disk|hybrid" },
    { "duration", 0, 0, G_OPTION_ARG_INT, &duration, "0: until it is woken up", "SECONDS" },
    AGENT_OPTION(seconds, "5"),
    G_OPTION_ENTRY_NULL,
  };
  Target target = TARGET_MEM;
  gboolean is_done;
  GError *error = NULL;

  is_done = guest_command_begin(&command, entries, "GUEST TARGET",
                                "Has a guest's agent (qemu-guest-agent) put its system to sleep: TARGET says "
                                "where its state is kept, mem, disk (it ends then) or hybrid, which is both.",
                                2, argc, argv, &error) &&
            parse_target(&command, option, &target, &error) && check_duration(duration, &error) &&
            put_to_sleep(&command, target, seconds, &error);
  return is_done ? EXIT_CODE_OK : report_usage_error(error);
}

int dompmwakeup_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };
  g_autoptr(Json) result = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Wakes a guest up that sleeps with its state in memory ('domrun dompmsuspend').", 1,
                          argc, argv, &error))
    result = ask_qemu(&command, "system_wakeup", &error);
  return result ? EXIT_CODE_OK : report_usage_error(error);
}
