/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's x86 machines always have an APIC, and the CPU models in use have PAE: the two
 * need no argument, and libvirt gives none. ACPI is told by the machine's property: the option -no-acpi is
 * gone from QEMU 9.
 */
#include "config.h"

#include "domain/features.h"

ENUM_TABLE(feature_ioapic_qemu_table,
           FEATURE_IOAPIC_LAST, [FEATURE_IOAPIC_KVM] = "on", [FEATURE_IOAPIC_QEMU] = "split");

void features_translate_machine(const Features *features, Props *machine)
{
  if (!features->acpi)
    props_add_bool(machine, "acpi", FALSE);
  feature_state_add(machine, "vmport", features->vmport);
  feature_state_add(machine, "smm", features->smm);
  props_add_string(machine, "kernel-irqchip",
                   enum_to_string(&feature_ioapic_qemu_table, (int)features->ioapic));
}

void features_translate_cpu(const Features *features, Props *model)
{
  feature_state_add(model, "kvm-pv-eoi", features->apic_eoi);
  feature_state_add(model, "kvm-pv-unhalt", features->pvspinlock);
  feature_state_add(model, "pmu", features->pmu);
  if (features->kvm_hidden == FEATURE_ON)
    props_add_bool(model, "kvm", FALSE);
}
