/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may be done is known to the kernel alone (which CPUs are there, cpusets, rights, limits, what of
 * real time a control group has), and it tells only who tries: the checks set this process and set it back.
 */
#include "config.h"

#include "host/threads.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "host/requirement.h"

enum { CPUS_MAX = 16 * CPU_SETSIZE }; /* more than the kernel can have */

struct CpuMask {
  cpu_set_t bits[CPUS_MAX / CPU_SETSIZE];
};

static const int policies[PLAN_SCHEDULER_LAST] = {
  [PLAN_SCHEDULER_NONE] = SCHED_OTHER, [PLAN_SCHEDULER_BATCH] = SCHED_BATCH,
  [PLAN_SCHEDULER_IDLE] = SCHED_IDLE,  [PLAN_SCHEDULER_FIFO] = SCHED_FIFO,
  [PLAN_SCHEDULER_RR] = SCHED_RR,
};

CpuMask *cpu_mask_new(const GArray *cpus)
{
  CpuMask *mask = g_new0(CpuMask, 1);

  for (guint i = 0; i < cpus->len; i++)
    CPU_SET_S(g_array_index(cpus, guint32, i), sizeof mask->bits, mask->bits);
  return mask;
}

CpuMask *cpu_mask_of_self(void)
{
  CpuMask *mask = g_new0(CpuMask, 1);

  if (sched_getaffinity(0, sizeof mask->bits, mask->bits) < 0)
    g_clear_pointer(&mask, cpu_mask_free);
  return mask;
}

void cpu_mask_free(CpuMask *mask)
{
  g_free(mask);
}

gconstpointer cpu_mask_bits(const CpuMask *mask)
{
  return mask->bits;
}

gsize cpu_mask_size(const CpuMask *mask)
{
  return sizeof mask->bits;
}

GHashTable *threads_of(pid_t pid)
{
  GHashTable *threads = g_hash_table_new(NULL, NULL);
  g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)pid);
  GDir *directory = g_dir_open(path, 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name(directory)))
    g_hash_table_add(threads, GUINT_TO_POINTER((guint)g_ascii_strtoull(name, NULL, 10)));
  if (directory)
    g_dir_close(directory);
  return threads;
}

gboolean thread_pin(pid_t thread, const CpuMask *mask, const Place *place, GError **error)
{
  if (sched_setaffinity(thread, sizeof mask->bits, mask->bits) == 0 || errno == ESRCH)
    return TRUE;
  return error_set(error, DOMRUN_ERROR_HOST, place, "cpuset", "cannot pin a thread of QEMU: %s",
                   g_strerror(errno));
}

static gboolean is_real_time(PlanScheduler scheduler)
{
  return scheduler == PLAN_SCHEDULER_FIFO || scheduler == PLAN_SCHEDULER_RR;
}

static gboolean add_scheduler_hint(PlanScheduler scheduler, guint32 priority, GError **error)
{
  if (!is_real_time(scheduler))
    return FALSE;
  return error_add_hint(error,
                        "it takes CAP_SYS_NICE, or a limit of real-time priority (ulimit -r; rtprio in "
                        "limits.conf(5)) of at least %u",
                        priority);
}

gboolean thread_schedule(pid_t thread, const PlanThread *setting, GError **error)
{
  const struct sched_param parameters = { .sched_priority = (int)setting->priority };

  if (sched_setscheduler(thread, policies[setting->scheduler], &parameters) == 0 || errno == ESRCH)
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, &setting->place, "scheduler", "cannot schedule a thread of QEMU so: %s",
            g_strerror(errno));
  return errno == EPERM && add_scheduler_hint(setting->scheduler, setting->priority, error);
}

/* ---- Checks ---- */

/* All that this process could be given: asking for every CPU gives those. */
static void widen(CpuMask *mask)
{
  CpuMask all;

  memset(all.bits, 0xff, sizeof all.bits);
  if (sched_setaffinity(0, sizeof all.bits, all.bits) < 0)
    return;
  sched_getaffinity(0, sizeof all.bits, all.bits);
  sched_setaffinity(0, sizeof mask->bits, mask->bits);
  *mask = all;
}

/* PLAN_THREAD_ANY: none. */
static guint32 first_outside(const GArray *cpus, const CpuMask *mask)
{
  for (guint i = 0; i < cpus->len; i++) {
    guint32 cpu = g_array_index(cpus, guint32, i);

    if (!CPU_ISSET_S(cpu, sizeof mask->bits, mask->bits))
      return cpu;
  }
  return PLAN_THREAD_ANY;
}

/* "0-3,8" */
static char *describe(const CpuMask *mask)
{
  GString *text = g_string_new(NULL);

  for (guint first = 0; first < CPUS_MAX; first++) {
    guint last = first;

    if (!CPU_ISSET_S(first, sizeof mask->bits, mask->bits))
      continue;
    while (last + 1 < CPUS_MAX && CPU_ISSET_S(last + 1, sizeof mask->bits, mask->bits))
      last++;
    g_string_append_printf(text, "%s%u", text->len > 0 ? "," : "", first);
    if (last > first)
      g_string_append_printf(text, "-%u", last);
    first = last;
  }
  return g_string_free(text, /* free_segment= */ FALSE);
}

gboolean threads_check_cpus(const PlanRequirement *requirement, GError **error)
{
  g_autoptr(CpuMask) mask = cpu_mask_of_self();
  g_autofree char *usable = NULL;
  guint32 lost;

  if (!mask || first_outside(requirement->cpus, mask) == PLAN_THREAD_ANY)
    return TRUE;
  widen(mask);
  lost = first_outside(requirement->cpus, mask);
  if (lost == PLAN_THREAD_ANY)
    return TRUE;
  usable = describe(mask);
  return requirement_refuse(requirement, error, "this host has no CPU %u that domrun may use (it may use %s)",
                            lost, usable);
}

gboolean threads_check_scheduler(const PlanRequirement *requirement, GError **error)
{
  const struct sched_param parameters = { .sched_priority = (int)requirement->priority };
  struct sched_param saved = { 0 };
  int policy = sched_getscheduler(0);

  if (policy < 0 || sched_getparam(0, &saved) < 0)
    return TRUE;
  if (sched_setscheduler(0, policies[requirement->scheduler], &parameters) == 0) {
    sched_setscheduler(0, policy, &saved);
    return TRUE;
  }
  requirement_refuse(requirement, error, "this user may not have threads scheduled so: %s",
                     g_strerror(errno));
  return errno == EPERM && add_scheduler_hint(requirement->scheduler, requirement->priority, error);
}
