/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's x86 machines always have an APIC, and the CPU models in use have PAE: the two
 * need no argument, and libvirt gives none. ACPI is told by the machine's property: the option -no-acpi is
 * gone from QEMU 9.
 */
#include "config.h"

#include "domain/features.h"

#include "domain/chipset.h"
#include "domain/os.h"

ENUM_TABLE(feature_ioapic_qemu_table,
           FEATURE_IOAPIC_LAST, [FEATURE_IOAPIC_KVM] = "on", [FEATURE_IOAPIC_QEMU] = "split");

/* The oldest interrupt controller of ARM reaches eight CPUs. */
enum { GIC_V2_CPUS = 8 };

static const char *default_gic(const Domain *domain, guint vcpus)
{
  if (chipset_of(domain) != CHIPSET_VIRT || !os_arch_is_arm(domain->os->arch))
    return NULL;
  if (domain->type == DOMAIN_TYPE_KVM)
    return "host";
  return vcpus > GIC_V2_CPUS ? "3" : "2";
}

void features_translate_machine(const Domain *domain, guint vcpus, Props *machine)
{
  const Features *features = domain->features;

  features_machine_translate(&features->machine, default_gic(domain, vcpus), machine);
  if (!features->acpi && (os_arch_is_x86(domain->os->arch) || domain->os->arch == OS_ARCH_AARCH64))
    props_add_bool(machine, "acpi", FALSE);
  if (!os_arch_is_x86(domain->os->arch))
    return;
  feature_state_add(machine, "vmport", features->vmport);
  feature_state_add(machine, "smm", features->smm);
  feature_state_add(machine, "i8042", features->ps2);
  props_add_string(machine, "kernel-irqchip",
                   enum_to_string(&feature_ioapic_qemu_table, (int)features->ioapic));
}

void features_translate_cpu(const Domain *domain, Props *model)
{
  const Features *features = domain->features;
  const FeaturesKvm *kvm = &features->kvm;

  if (!os_arch_is_x86(domain->os->arch)) {
    feature_state_add(model, "pmu", features->pmu);
    return;
  }
  feature_state_add(model, "kvm-pv-eoi", features->apic_eoi);
  feature_state_add(model, "kvm-pv-unhalt", features->pvspinlock);
  feature_state_add(model, "pmu", features->pmu);
  hyperv_translate(&features->hyperv, model);
  if (kvm->hidden == FEATURE_ON)
    props_add_bool(model, "kvm", FALSE);
  if (kvm->hint_dedicated == FEATURE_ON)
    props_add_bool(model, "kvm-hint-dedicated", TRUE);
  if (kvm->poll_control == FEATURE_ON)
    props_add_bool(model, "kvm-poll-control", TRUE);
  if (kvm->pv_ipi == FEATURE_OFF)
    props_add_bool(model, "kvm-pv-ipi", FALSE);
}

void features_translate_accel(const Features *features, gboolean is_kvm, Props *accel)
{
  if (is_kvm && features->kvm.dirty_ring)
    props_add_uint(accel, "dirty-ring-size", features->kvm.dirty_ring);
  if (!is_kvm && features->tb_cache_mib)
    props_add_uint(accel, "tb-size", features->tb_cache_mib);
}

void features_translate(const Features *features, Plan *plan)
{
  if (features->has_tseg)
    plan_add_format(plan, PLAN_BOTH, "-global", "mch.extended-tseg-mbytes=%" G_GUINT64_FORMAT,
                    features->tseg_mib);
  if (features->vmcoreinfo == FEATURE_ON)
    plan_add_json(plan, PLAN_BOTH, "-device", props_new("driver", "vmcoreinfo"));
}
