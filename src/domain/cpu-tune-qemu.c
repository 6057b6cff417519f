/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU has no option for any of this: the supervisor does it, once QEMU has said which thread is which.
 */
#include "config.h"

#include "domain/cpu-tune.h"

static void require_cpus(const GArray *cpus, const Place *place, Plan *plan)
{
  plan_require(plan, PLAN_REQUIRE_CPUS, place, "cpuset", /* path= */ NULL)->cpus = cpus;
}

/* Batch and idle are anybody's to ask for. */
static void require_scheduler(const PlanThread *thread, Plan *plan)
{
  PlanRequirement *requirement;

  if (thread->scheduler != PLAN_SCHEDULER_FIFO && thread->scheduler != PLAN_SCHEDULER_RR)
    return;
  requirement = plan_require(plan, PLAN_REQUIRE_SCHEDULER, &thread->place, "scheduler", /* path= */ NULL);
  requirement->scheduler = thread->scheduler;
  requirement->priority = thread->priority;
}

/* What is for several threads of one element is required once. */
static void require(const CpuTune *tune, Plan *plan)
{
  const PlanThread *before = NULL;

  if (tune->cpus)
    require_cpus(tune->cpus, &tune->place, plan);
  for (guint i = 0; i < tune->threads->len; i++) {
    const PlanThread *thread = &((const CpuThread *)g_ptr_array_index(tune->threads, i))->plan;

    if (thread->cpus)
      require_cpus(thread->cpus, &thread->place, plan);
    else if (!before || before->scheduler != thread->scheduler || before->priority != thread->priority)
      require_scheduler(thread, plan);
    before = thread;
  }
}

/* One line for all the pins, and one for all the schedulers. */
static void note_lacks(const CpuTune *tune, Plan *plan)
{
  gboolean has_pin = FALSE, has_scheduler = FALSE;

  if (tune->cpus) {
    plan_lack(plan, &tune->place, "cpuset",
              "this QEMU runs on any CPU (taskset -c LIST before it changes that)");
    has_pin = TRUE;
  }
  for (guint i = 0; i < tune->threads->len; i++) {
    const PlanThread *thread = &((const CpuThread *)g_ptr_array_index(tune->threads, i))->plan;

    if (thread->cpus && !has_pin)
      plan_lack(plan, &thread->place, "cpuset", "the threads of this QEMU run on any CPU");
    else if (!thread->cpus && !has_scheduler)
      plan_lack(plan, &thread->place, "scheduler", "the threads of this QEMU are scheduled as any other");
    has_pin |= thread->cpus != NULL;
    has_scheduler |= !thread->cpus;
  }
}

void cpu_tune_translate(const CpuTune *tune, Plan *plan)
{
  plan->cpus = tune->cpus;
  for (guint i = 0; i < tune->threads->len; i++)
    g_ptr_array_add(plan->threads, &((CpuThread *)g_ptr_array_index(tune->threads, i))->plan);
  require(tune, plan);
  note_lacks(tune, plan);
}
