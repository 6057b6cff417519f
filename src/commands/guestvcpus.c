/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun guestvcpus: which of its CPUs a guest uses, by its agent.
 */
#include "config.h"

#include <string.h>

#include "commands/agent.h"
#include "commands/command.h"

/* A guest has no CPU of this number. */
enum { CPU_MAX = 16384 };

typedef struct {
  char *list;
  gboolean is_enable, is_disable;
  int seconds;
} Options;

/* One for each number below CPU_MAX. */
typedef guint8 CpuSet[CPU_MAX];

/* ---- Lists: "0-3,^2,8" ---- */

static gboolean parse_part(const char *part, CpuSet set)
{
  gboolean is_without = *part == '^';
  g_auto(GStrv) ends = g_strsplit(part + is_without, "-", 2);
  guint64 first, last;

  if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 0, CPU_MAX - 1, &first, NULL))
    return FALSE;
  last = first;
  if (ends[1] && !g_ascii_string_to_unsigned(ends[1], 10, first, CPU_MAX - 1, &last, NULL))
    return FALSE;
  memset(set + first, !is_without, last - first + 1);
  return TRUE;
}

static gboolean parse_list(const char *text, CpuSet set, GError **error)
{
  g_auto(GStrv) parts = g_strsplit(text, ",", CPU_MAX);

  for (char **part = parts; *part; part++) {
    if (!parse_part(*part, set))
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s' is not a list of CPUs, as in 0-3,^2,8",
                       text);
  }
  return memchr(set, TRUE, CPU_MAX) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "'%s' is no CPU", text);
}

/* The caller frees it. */
static char *list_of(const CpuSet set)
{
  GString *text = g_string_new(NULL);

  for (guint first = 0, last; first < CPU_MAX; first = last + 1) {
    last = first;
    if (!set[first])
      continue;
    while (last + 1 < CPU_MAX && set[last + 1])
      last++;
    g_string_append_printf(text, "%s%u", text->len ? "," : "", first);
    if (last > first)
      g_string_append_printf(text, "-%u", last);
  }
  return g_string_free(text, /* free_segment= */ FALSE);
}

static gboolean check_options(const Options *options, GError **error)
{
  if (options->is_enable && options->is_disable)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--enable and --disable exclude each other");
  if (options->list && !options->is_enable && !options->is_disable)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--cpulist needs --enable or --disable");
  return options->list || (!options->is_enable && !options->is_disable) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s needs --cpulist",
                   options->is_enable ? "--enable" : "--disable");
}

/* ---- What the guest has ---- */

typedef struct {
  CpuSet all, online, offlinable;
} Cpus;

static gboolean read_cpus(Agent *agent, const char *guest, Cpus *cpus, GError **error)
{
  g_autoptr(Json) list = agent_ask(agent, "guest-get-vcpus", /* arguments= */ NULL, error);

  if (!list)
    return FALSE;
  for (guint i = 0; json_is(list, JSON_ARRAY) && i < json_length(list); i++) {
    Json *cpu = json_at(list, i);
    gint64 id = -1;

    if (!json_is(cpu, JSON_OBJECT) || !json_get_int(cpu, "logical-id", &id) || id < 0 || id >= CPU_MAX)
      continue;
    cpus->all[id] = TRUE;
    cpus->online[id] = json_get_bool(cpu, "online");
    cpus->offlinable[id] = json_get_bool(cpu, "can-offline");
  }
  return memchr(cpus->all, TRUE, CPU_MAX) ||
         error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the agent of '%s' names no CPU", guest);
}

static void print_set(const char *name, const CpuSet set)
{
  g_autofree char *list = list_of(set);
  g_autofree char *line = g_strdup_printf("%-15s: %s", name, list);

  print_line(line);
}

/* ---- What it is to have ---- */

static gboolean check_wanted(const Cpus *cpus, const CpuSet wanted, gboolean is_on, const char *guest,
                             GError **error)
{
  for (guint i = 0; i < CPU_MAX; i++) {
    if (wanted[i] && !cpus->all[i])
      return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' has no CPU %u", guest, i);
    if (wanted[i] && !is_on && cpus->online[i] && !cpus->offlinable[i])
      return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the guest '%s' cannot do without CPU %u",
                       guest, i);
  }
  return TRUE;
}

static gboolean set_cpus(Agent *agent, const CpuSet wanted, gboolean is_on, const char *guest, GError **error)
{
  Json *arguments = json_new_object(), *array = json_new_array();
  g_autoptr(Json) result = NULL;
  gint64 done = 0, count = 0;

  for (guint i = 0; i < CPU_MAX; i++) {
    Json *cpu = wanted[i] ? json_new_object() : NULL;

    if (!cpu)
      continue;
    json_set_int(cpu, "logical-id", i);
    json_set_bool(cpu, "online", is_on);
    json_append(array, cpu);
    count++;
  }
  json_set(arguments, "vcpus", array);
  result = agent_ask(agent, "guest-set-vcpus", arguments, error);
  if (!result)
    return FALSE;
  if (!json_as_int(result, &done))
    return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the agent of '%s' does not say how many",
                     guest);
  return done >= count ||
         error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
                   "of %" G_GINT64_FORMAT " CPUs the guest '%s' has changed %" G_GINT64_FORMAT " only", count,
                   guest, MAX(done, 0));
}

static gboolean ask_agent(GuestCommand *command, const Options *options, const CpuSet wanted, GError **error)
{
  const char *guest = command->guest->state.name;
  g_autoptr(Agent) agent = agent_open(command, options->seconds, error);
  g_autofree Cpus *cpus = g_new0(Cpus, 1);

  if (!agent || !read_cpus(agent, guest, cpus, error))
    return FALSE;
  if (options->list)
    return check_wanted(cpus, wanted, options->is_enable, guest, error) &&
           set_cpus(agent, wanted, options->is_enable, guest, error);
  print_set("vcpus", cpus->all);
  print_set("online", cpus->online);
  print_set("offlinable", cpus->offlinable);
  return TRUE;
}

int guestvcpus_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  Options options = { .seconds = AGENT_QUICK };
  const GOptionEntry entries[] = {
    { "cpulist", 0, 0, G_OPTION_ARG_STRING, &options.list, "the CPUs that are to change, as in 1-3,^2",
      "LIST" },
    { "enable", 0, 0, G_OPTION_ARG_NONE, &options.is_enable, "let the guest use them", NULL },
    { "disable", 0, 0, G_OPTION_ARG_NONE, &options.is_disable, "have it do without them", NULL },
    AGENT_OPTION(options.seconds, "5"),
    G_OPTION_ENTRY_NULL,
  };
  g_autofree guint8 *wanted = g_malloc0(CPU_MAX);
  g_autofree char *list = NULL;
  gboolean is_done;
  GError *error = NULL;

  is_done = guest_command_begin(&command, entries, "GUEST",
                                "Prints which CPUs a guest has, and uses, or changes that; its agent "
                                "(qemu-guest-agent) does both.",
                                1, argc, argv, &error) &&
            check_options(&options, &error) && (!options.list || parse_list(options.list, wanted, &error)) &&
            ask_agent(&command, &options, wanted, &error);
  list = options.list;
  return is_done ? EXIT_CODE_OK : report_usage_error(error);
}
