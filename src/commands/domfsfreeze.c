/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun domfsfreeze: the guest's agent makes its file systems hold still.
 */
#include "config.h"

#include "commands/agent.h"
#include "commands/command.h"

/* What the user is left with where it is not known what became of it. */
static gboolean add_state(const Agent *agent, const char *guest, GError **error)
{
  if (!agent || !g_error_matches(*error, DOMRUN_ERROR, DOMRUN_ERROR_NO_ANSWER))
    return FALSE;
  return error_add_hint(error,
                        "its file systems may be frozen now, or in a moment: 'domrun qemu-agent-command %s "
                        "guest-fsfreeze-status' tells, and 'domrun domfsthaw %s' thaws them",
                        guest, guest);
}

static Json *make_arguments(char *const *mountpoints)
{
  Json *arguments = json_new_object(), *array = json_new_array();

  for (; *mountpoints; mountpoints++)
    json_append_string(array, *mountpoints);
  json_set(arguments, "mountpoints", array);
  return arguments;
}

static gboolean check_count(gint64 count, guint wanted, const char *guest, GError **error)
{
  if (count >= MAX(1, (gint64)wanted))
    return TRUE;
  if (count <= 0)
    return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
                     wanted ? "nothing that can be frozen is mounted there in '%s'"
                            : "nothing that can be frozen is mounted in '%s'",
                     guest);
  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
            "of %u mount points of '%s' only %" G_GINT64_FORMAT " can be frozen, and are", wanted, guest,
            count);
  return error_add_hint(error, "'domrun domfsthaw %s' thaws them", guest);
}

/* What "is frozen" is not known of is an error. */
static gboolean freeze(GuestCommand *command, int seconds, char **mountpoints, gint64 *ret_count,
                       GError **error)
{
  const char *guest = command->guest->state.name;
  g_autoptr(Agent) agent = agent_open(command, seconds, error);
  g_autoptr(Json) count = NULL;

  if (agent && *mountpoints)
    count = agent_ask(agent, "guest-fsfreeze-freeze-list", make_arguments(mountpoints), error);
  else if (agent)
    count = agent_ask(agent, "guest-fsfreeze-freeze", /* arguments= */ NULL, error);
  if (count && !json_as_int(count, ret_count))
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the agent of '%s' does not say how many", guest);
  if (!count || *error)
    return add_state(agent, guest, error);
  return check_count(*ret_count, g_strv_length(mountpoints), guest, error);
}

/* Those of --mountpoint, as virsh has it, and of the arguments. The strings are not copied. */
static char **join(char **options, char **arguments)
{
  GPtrArray *all = g_ptr_array_new();

  for (; options && *options; options++)
    g_ptr_array_add(all, *options);
  for (; *arguments; arguments++)
    g_ptr_array_add(all, *arguments);
  g_ptr_array_add(all, NULL);
  return (char **)g_ptr_array_free(all, /* free_segment= */ FALSE);
}

static gboolean check_mountpoints(char *const *mountpoints, GError **error)
{
  for (; *mountpoints; mountpoints++) {
    if (!g_utf8_validate(*mountpoints, -1, NULL) || **mountpoints != '/')
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                       "'%s' is no mount point: an absolute path in the guest, in UTF-8", *mountpoints);
  }
  return TRUE;
}

static void print_count(gint64 count)
{
  g_autofree char *text =
      g_strdup_printf("%" G_GINT64_FORMAT " file system%s frozen", count, count == 1 ? " is" : "s are");

  print_line(text);
}

int domfsfreeze_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_auto(GStrv) options = NULL;
  g_autofree char **mountpoints = NULL;
  int seconds = AGENT_SLOW;
  const GOptionEntry entries[] = {
    { "mountpoint", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options,
      "another spelling of MOUNTPOINT; may be repeated", "MOUNTPOINT" },
    AGENT_OPTION(seconds, "60"),
    G_OPTION_ENTRY_NULL,
  };
  gint64 count = 0;
  gboolean is_frozen = FALSE;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST [MOUNTPOINT...]",
                          "Lets the guest's agent (qemu-guest-agent) write out what is to be written and "
                          "freeze the guest's file systems, all or those mounted at a MOUNTPOINT: what "
                          "writes to them waits until 'domrun domfsthaw'. Disks can be copied meanwhile.",
                          G_MAXUINT, argc, argv, &error)) {
    mountpoints = join(options, command.arguments + 1);
    is_frozen =
        check_mountpoints(mountpoints, &error) && freeze(&command, seconds, mountpoints, &count, &error);
  }
  if (!is_frozen)
    return report_usage_error(error);
  print_count(count);
  return EXIT_CODE_OK;
}
