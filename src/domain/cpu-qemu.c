/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu.h"

#include "domain/clock.h"
#include "domain/domain.h"
#include "domain/features.h"
#include "domain/os.h"

static void translate_model(const Domain *domain, Plan *plan)
{
  Props *model = cpu_model_translate(&domain->cpu->model, domain);

  if (!model)
    return;
  if (os_arch_is_x86(domain->os->arch))
    clock_translate_cpu(domain->clock, model);
  else if (domain->type == DOMAIN_TYPE_KVM)
    clock_translate_arm_cpu(domain->clock, model);
  features_translate_cpu(domain, model);
  plan_add_keyval(plan, PLAN_BOTH, "-cpu", model);
}

static void translate_topology(const Domain *domain, const Cpu *cpu, Plan *plan)
{
  g_autofree char *current = g_strdup_printf("%u", cpu->current);
  Props *smp = props_new(/* key= */ NULL, current);

  if (cpu->current < cpu->vcpus)
    props_add_uint(smp, "maxcpus", cpu->vcpus);
  props_add_uint(smp, "sockets", cpu->has_topology ? cpu->sockets : cpu->vcpus);
  if (cpu->has_topology && os_arch_is_x86(domain->os->arch))
    props_add_uint(smp, "dies", cpu->dies);
  if (cpu->has_topology && cpu->clusters > 1)
    props_add_uint(smp, "clusters", cpu->clusters);
  props_add_uint(smp, "cores", cpu->has_topology ? cpu->cores : 1);
  props_add_uint(smp, "threads", cpu->has_topology ? cpu->threads : 1);
  plan_add_keyval(plan, PLAN_BOTH, "-smp", smp);
}

void cpu_translate(const Domain *domain, Plan *plan)
{
  translate_model(domain, plan);
  translate_topology(domain, domain->cpu, plan);
  numa_translate(domain, &domain->cpu->numa, plan);
}
