/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads of a process of this host: where they run and how they are scheduled. sched_setaffinity(2),
 * sched(7).
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/error.h"
#include "qemu/plan.h"

/* A set of CPUs as the kernel has it. */
typedef struct CpuMask CpuMask;

/* @cpus: of guint32. */
CpuMask *cpu_mask_new(const GArray *cpus);

/* Of this process; NULL where the kernel does not say. */
CpuMask *cpu_mask_of_self(void);
void cpu_mask_free(CpuMask *mask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuMask, cpu_mask_free)

/* For sched_setaffinity(2). */
gconstpointer cpu_mask_bits(const CpuMask *mask);
gsize cpu_mask_size(const CpuMask *mask);

/* The threads of @pid that there are now, as pointers. */
GHashTable *threads_of(pid_t pid);

/* A DOMRUN_ERROR_HOST error names the place in the document. A thread that has ended is none. */
gboolean thread_pin(pid_t thread, const CpuMask *mask, const Place *place, GError **error);
gboolean thread_schedule(pid_t thread, const PlanThread *setting, GError **error);

/* For PLAN_REQUIRE_CPUS: each of them is a CPU that this process could move to. */
gboolean threads_check_cpus(const PlanRequirement *requirement, GError **error);

/* For PLAN_REQUIRE_SCHEDULER: this process could have it. */
gboolean threads_check_scheduler(const PlanRequirement *requirement, GError **error);
