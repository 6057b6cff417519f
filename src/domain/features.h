/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <features>: of acpi, apic and pae, what is named is on, and what is not named is off; of the others, what
 * is not named is as QEMU has it. https://libvirt.org/formatdomain.html#hypervisor-features
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "domain/feature-state.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  FEATURE_IOAPIC_DEFAULT,
  FEATURE_IOAPIC_KVM,
  FEATURE_IOAPIC_QEMU,
  FEATURE_IOAPIC_LAST,
} FeatureIoapic;

extern const EnumTable feature_ioapic_table;

typedef struct Features {
  gboolean acpi;
  gboolean apic;
  gboolean pae;
  FeatureState apic_eoi; /* KVM's paravirtual end of interrupt */
  FeatureState pvspinlock;
  FeatureState pmu;
  FeatureState vmport;
  FeatureState smm;
  FeatureState kvm_hidden;
  FeatureIoapic ioapic;
} Features;

gboolean features_parse(struct _xmlNode *root, Domain *domain, GError **error);

/* Adds the properties of -machine, those of -cpu. */
void features_translate_machine(const Features *features, Props *machine);
void features_translate_cpu(const Features *features, Props *model);
