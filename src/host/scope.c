/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/scope.h"

#include <unistd.h>

#include "base/patience.h"
#include "process/program.h"

/* How long systemd has to answer. */
static guint answer_seconds(void)
{
  return patience_of(30 * 1000) / 1000;
}

struct Scope {
  ProgramTask *task;
  ScopeFunc done;
  gpointer user_data;
};

/* How busctl has a property: its name, the type, what it is. */
typedef struct {
  GPtrArray *words;
  guint count;
} Properties;

static void add_word(Properties *properties, char *word)
{
  g_ptr_array_add(properties->words, word);
}

static void add(Properties *properties, const char *name, const char *type)
{
  add_word(properties, g_strdup(name));
  add_word(properties, g_strdup(type));
  properties->count++;
}

static void add_number(Properties *properties, const char *name, guint64 value)
{
  add(properties, name, "t");
  add_word(properties, g_strdup_printf("%" G_GUINT64_FORMAT, value));
}

static void add_kib(Properties *properties, const char *name, guint64 kib)
{
  if (kib != PLAN_NO_LIMIT)
    add_number(properties, name, kib * 1024);
}

static void add_string(Properties *properties, const char *name, const char *value)
{
  add(properties, name, "s");
  add_word(properties, g_strdup(value));
}

static guint64 value_of(const PlanIoDevice *device, int which)
{
  return which < 0 ? device->weight : device->limits[which];
}

/* @which: a PlanIoLimit, or -1 for the weight. */
static void add_devices(Properties *properties, const char *name, const GArray *devices, int which)
{
  guint count = 0;

  for (guint i = 0; devices && i < devices->len; i++)
    count += value_of(&g_array_index(devices, PlanIoDevice, i), which) > 0;
  if (count == 0)
    return;
  add(properties, name, "a(st)");
  add_word(properties, g_strdup_printf("%u", count));
  for (guint i = 0; i < devices->len; i++) {
    const PlanIoDevice *device = &g_array_index(devices, PlanIoDevice, i);
    guint64 value = value_of(device, which);

    if (value == 0)
      continue;
    add_word(properties, g_strdup(device->path));
    add_word(properties, g_strdup_printf("%" G_GUINT64_FORMAT, value));
  }
}

static void add_limits(Properties *properties, const PlanLimits *limits)
{
  static const char *const names[PLAN_IO_LAST] = {
    [PLAN_IO_READ_BYTES] = "IOReadBandwidthMax",
    [PLAN_IO_WRITE_BYTES] = "IOWriteBandwidthMax",
    [PLAN_IO_READS] = "IOReadIOPSMax",
    [PLAN_IO_WRITES] = "IOWriteIOPSMax",
  };
  guint32 period = limits->guest.period ? limits->guest.period : 100000;

  if (limits->slice)
    add_string(properties, "Slice", limits->slice);
  if (limits->cpu_weight)
    add_number(properties, "CPUWeight", limits->cpu_weight);
  if (limits->guest.quota) {
    add_number(properties, "CPUQuotaPerSecUSec", limits->guest.quota * G_USEC_PER_SEC / period);
    add_number(properties, "CPUQuotaPeriodUSec", period);
  }
  add_kib(properties, "MemoryMax", limits->memory_max_kib);
  add_kib(properties, "MemoryHigh", limits->memory_high_kib);
  add_kib(properties, "MemorySwapMax", limits->memory_swap_kib);
  if (limits->memory_low_kib)
    add_kib(properties, "MemoryLow", limits->memory_low_kib);
  if (limits->io_weight)
    add_number(properties, "IOWeight", limits->io_weight);
  add_devices(properties, "IODeviceWeight", limits->io_devices, -1);
  for (int i = 0; i < PLAN_IO_LAST; i++)
    add_devices(properties, names[i], limits->io_devices, i);
}

char **scope_to_argv(const PlanLimits *limits, const char *name, pid_t pid, gboolean is_user)
{
  static const char *const call[] = {
    "--quiet",
    "call",
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
    "StartTransientUnit",
    "ssa(sv)a(sa(sv))",
  };
  g_autoptr(GPtrArray) words = g_ptr_array_new();
  Properties properties = { .words = g_ptr_array_new() };

  add_string(&properties, "Description", "a guest of domrun");
  add(&properties, "PIDs", "au");
  add_word(&properties, g_strdup("1"));
  add_word(&properties, g_strdup_printf("%d", (int)pid));
  add_limits(&properties, limits);
  g_ptr_array_add(words, g_strdup("busctl"));
  g_ptr_array_add(words, g_strdup(is_user ? "--user" : "--system"));
  for (gsize i = 0; i < G_N_ELEMENTS(call); i++)
    g_ptr_array_add(words, g_strdup(call[i]));
  g_ptr_array_add(words, g_strdup(name));
  g_ptr_array_add(words, g_strdup("fail"));
  g_ptr_array_add(words, g_strdup_printf("%u", properties.count));
  g_ptr_array_extend_and_steal(words, properties.words);
  g_ptr_array_add(words, g_strdup("0")); /* no other units */
  g_ptr_array_add(words, NULL);
  return (char **)g_ptr_array_free(g_steal_pointer(&words), /* free_seg= */ FALSE);
}

gboolean scope_is_possible(void)
{
  return access("/run/systemd/system", F_OK) == 0;
}

static void on_end(const ProgramEnd *end, gpointer user_data)
{
  const Scope *scope = user_data;
  g_autofree char *line = program_end_last_line(end), *how = program_end_describe(end, answer_seconds());
  g_autoptr(GError) error = NULL;

  if (!program_end_is_good(end))
    error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL, "systemd gives no scope: busctl %s%s%s", how,
              line ? ": " : "", line ? line : "");
  scope->done(error, scope->user_data);
}

Scope *scope_start(const PlanLimits *limits, const char *name, pid_t pid, ScopeFunc done, gpointer user_data,
                   GError **error)
{
  g_auto(GStrv) argv = scope_to_argv(limits, name, pid, geteuid() != 0);
  g_autofree char *path = g_find_program_in_path("busctl");
  const ProgramRequest request = { .argv = argv, .seconds = answer_seconds(), .pass_fd = -1 };
  g_autoptr(Scope) scope = g_new0(Scope, 1);

  if (!path) {
    error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "there is no busctl(1) to ask systemd with");
    return NULL;
  }
  g_free(argv[0]);
  argv[0] = g_steal_pointer(&path);
  scope->done = done;
  scope->user_data = user_data;
  scope->task = program_start(NULL, &request, on_end, scope, error);
  return scope->task ? g_steal_pointer(&scope) : NULL;
}

void scope_free(Scope *scope)
{
  if (!scope)
    return;
  program_task_free(scope->task);
  g_free(scope);
}
