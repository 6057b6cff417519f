/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model is that of QEMU for the architecture. It is named, although it is QEMU's default, so that a
 * change of that default changes no guest.
 */
#include "config.h"

#include "domain/cpu.h"

#include "domain/clock.h"
#include "domain/domain.h"
#include "domain/features.h"
#include "domain/os.h"

ENUM_TABLE(cpu_model_table, OS_ARCH_LAST, [OS_ARCH_I686] = "qemu32", [OS_ARCH_X86_64] = "qemu64");

static void translate_model(const Domain *domain, Plan *plan)
{
  Props *model = props_new(/* key= */ NULL, enum_to_string(&cpu_model_table, (int)domain->os->arch));

  clock_translate_cpu(domain->clock, model);
  features_translate_cpu(domain->features, model);
  plan_add_keyval(plan, PLAN_BOTH, "-cpu", model);
}

static void translate_topology(const Cpu *cpu, Plan *plan)
{
  g_autofree char *current = g_strdup_printf("%u", cpu->current);
  Props *smp = props_new(/* key= */ NULL, current);

  if (cpu->current < cpu->vcpus)
    props_add_uint(smp, "maxcpus", cpu->vcpus);
  props_add_uint(smp, "sockets", cpu->vcpus);
  props_add_uint(smp, "cores", 1);
  props_add_uint(smp, "threads", 1);
  plan_add_keyval(plan, PLAN_BOTH, "-smp", smp);
}

void cpu_translate(const Domain *domain, Plan *plan)
{
  translate_model(domain, plan);
  translate_topology(domain->cpu, plan);
}
