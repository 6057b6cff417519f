/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu.h"

#include "domain/domain.h"

void cpu_translate(const Domain *domain, Plan *plan)
{
  const Cpu *cpu = &domain->cpu;
  g_autofree char *current = g_strdup_printf("%u", cpu->current);
  Props *smp = props_new(/* key= */ NULL, current);

  if (cpu->current < cpu->vcpus)
    props_add_uint(smp, "maxcpus", cpu->vcpus);
  props_add_uint(smp, "sockets", cpu->vcpus);
  props_add_uint(smp, "cores", 1);
  props_add_uint(smp, "threads", 1);
  plan_add_keyval(plan, PLAN_BOTH, "-smp", smp);
}
