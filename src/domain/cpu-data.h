/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPU models and features of QEMU for x86: names and bits, written (cpu-data-table.c) by scripts/cpu-data
 * from QEMU's own answers. A set of features has a bit for each entry of cpu_data_features.
 */
#pragma once

#include <glib.h>

typedef enum {
  CPU_EAX, /* the register of a CPUID leaf */
  CPU_EBX,
  CPU_ECX,
  CPU_EDX,
  CPU_MSR, /* the leaf is the number of a model specific register */
} CpuRegister;

/* With room for the longest name, and not its address: nothing of these tables is relocated at a start. */
typedef struct {
  char name[28];
  CpuRegister where;
  guint32 leaf;
  guint32 subleaf;
  guint8 bit;
  gboolean is_migratable;
} CpuDataFeature;

enum { CPU_DATA_FEATURES_MAX = 256 };

typedef struct {
  guint64 words[CPU_DATA_FEATURES_MAX / 64];
} CpuFeatureSet;

/* "max" is what QEMU emulates by itself (TCG). */
typedef struct {
  char name[28];
  char vendor[13]; /* of CPUID leaf 0: "GenuineIntel" */
  guint family;
  guint model;
  CpuFeatureSet features;
} CpuDataModel;

extern const CpuDataFeature cpu_data_features[];
extern const guint cpu_data_n_features;
extern const CpuDataModel cpu_data_models[];
extern const guint cpu_data_n_models;

/* What is known by name alone (cpu-data-names.c, written by the same script): of newer QEMUs, and what nested
 * virtualization has. */
extern const char cpu_data_named_features[][48];
extern const guint cpu_data_n_named_features;
extern const char cpu_data_named_models[][28];
extern const guint cpu_data_n_named_models;

/* The model of that name, or NULL. */
const CpuDataModel *cpu_data_find_model(const char *name);

/* The number of a feature, by QEMU's name or the older ones with '_' that libvirt uses, too; -1: none. */
int cpu_data_find_feature(const char *name);

/* As cpu_data_find_feature(), and those that are known by name alone, whose numbers are behind the others'.
 */
int cpu_data_find_any_feature(const char *name);

/* QEMU's name of either kind. */
const char *cpu_data_feature_name(guint feature);

gboolean cpu_data_has_named_model(const char *name);

static inline gboolean cpu_feature_set_has(const CpuFeatureSet *set, guint feature)
{
  return (set->words[feature / 64] >> feature % 64) & 1;
}

static inline void cpu_feature_set_add(CpuFeatureSet *set, guint feature)
{
  set->words[feature / 64] |= G_GUINT64_CONSTANT(1) << feature % 64;
}
