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
#include "domain/features-machine.h"
#include "domain/hyperv.h"
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

/* <kvm>: what KVM tells the guest of itself. */
typedef struct {
  FeatureState hidden;
  FeatureState hint_dedicated;
  FeatureState poll_control;
  FeatureState pv_ipi;
  guint32 dirty_ring; /* entries for each CPU; 0: none */
  Place dirty_ring_place;
} FeaturesKvm;

typedef struct Features {
  gboolean acpi;
  Place acpi_place;
  gboolean apic;
  gboolean pae;
  FeatureState apic_eoi; /* KVM's paravirtual end of interrupt */
  FeatureState pvspinlock;
  FeatureState pmu;
  FeatureState vmport;
  FeatureState smm;
  FeatureState ps2;
  FeatureState vmcoreinfo;
  FeatureIoapic ioapic;
  gboolean has_tseg;    /* and system management mode, which it is for */
  guint64 tseg_mib;     /* memory that is seen in that mode only */
  Place tseg_place;     /* of the element, if there is one */
  guint64 tb_cache_mib; /* of the emulator's translated code; 0: QEMU's own size */
  Place tb_cache_place;
  FeaturesKvm kvm;
  Hyperv hyperv;
  FeaturesMachine machine;
} Features;

gboolean features_parse(struct _xmlNode *root, Domain *domain, GError **error);

/* Refuses what this machine or type cannot have, and warns of what has no effect there. */
gboolean features_validate(const Domain *domain, GError **error);

/* Adds the properties of -machine (for @vcpus CPUs), those of -cpu, those of -accel, and what are arguments
 * of their own. */
void features_translate_machine(const Domain *domain, guint vcpus, Props *machine);
void features_translate_cpu(const Domain *domain, Props *model);
void features_translate_accel(const Features *features, gboolean is_kvm, Props *accel);
void features_translate(const Features *features, Plan *plan);
