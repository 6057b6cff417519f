/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu-resolve.h"

typedef struct {
  guint16 family, model;
  guint8 stepping_min, stepping_max;
} Signature;

enum { SIGNATURES = 4 };

/* Models that a host may be taken for, from the oldest on. One that belongs to no vendor has none; one
 * without signatures is no CPU that was ever sold. Numbers: Intel's manual, volume 4, table 2-1; AMD's
 * revision guides. */
typedef struct {
  const char *name;
  gboolean has_vendor;
  Signature signatures[SIGNATURES];
  const char *more,
      *less; /* features that libvirt's model of this name has beside QEMU's, or lacks; or NULL */
} Candidate;

#define ANY_STEPPING 0, 255

/* clang-format off */
static const Candidate candidates[] = {
  { "486", FALSE, { { 0 } }, "vme", NULL },
  { "pentium", FALSE, { { 0 } }, "vme", "apic" },
  { "pentium2", FALSE, { { 0 } }, "vme", "apic" },
  { "pentium3", FALSE, { { 0 } }, "vme", "apic" },
  { "coreduo", TRUE, { { 6, 14, ANY_STEPPING } }, "vme", "acpi ss" },
  { "n270", TRUE, { { 6, 28, ANY_STEPPING } }, "vme", "acpi lahf-lm movbe ss" },
  { "core2duo", TRUE, { { 6, 15, ANY_STEPPING } }, "vme", "acpi cx16 lahf-lm ss" },
  { "qemu32", FALSE, { { 0 } }, NULL, NULL },
  { "kvm32", FALSE, { { 0 } }, NULL, NULL },
  { "qemu64", FALSE, { { 0 } }, NULL, "lahf-lm" },
  { "kvm64", FALSE, { { 0 } }, NULL, NULL },
  { "Conroe", TRUE, { { 6, 15, ANY_STEPPING }, { 6, 22, ANY_STEPPING } }, NULL, NULL },
  { "Penryn", TRUE, { { 6, 23, ANY_STEPPING }, { 6, 29, ANY_STEPPING } }, NULL, NULL },
  { "Nehalem", TRUE, { { 6, 26, ANY_STEPPING }, { 6, 30, ANY_STEPPING }, { 6, 31, ANY_STEPPING }, { 6, 46, ANY_STEPPING } }, NULL, NULL },
  { "Nehalem-IBRS", TRUE, { { 6, 26, ANY_STEPPING }, { 6, 30, ANY_STEPPING }, { 6, 31, ANY_STEPPING }, { 6, 46, ANY_STEPPING } }, NULL, NULL },
  { "Westmere", TRUE, { { 6, 37, ANY_STEPPING }, { 6, 44, ANY_STEPPING }, { 6, 47, ANY_STEPPING } }, NULL, "arat pclmulqdq" },
  { "Westmere-IBRS", TRUE, { { 6, 37, ANY_STEPPING }, { 6, 44, ANY_STEPPING }, { 6, 47, ANY_STEPPING } }, NULL, "arat pclmulqdq" },
  { "SandyBridge", TRUE, { { 6, 42, ANY_STEPPING }, { 6, 45, ANY_STEPPING } }, NULL, "arat xsaveopt" },
  { "SandyBridge-IBRS", TRUE, { { 6, 42, ANY_STEPPING }, { 6, 45, ANY_STEPPING } }, NULL, "arat xsaveopt" },
  { "IvyBridge", TRUE, { { 6, 58, ANY_STEPPING }, { 6, 62, ANY_STEPPING } }, "vme", "arat xsaveopt" },
  { "IvyBridge-IBRS", TRUE, { { 6, 58, ANY_STEPPING }, { 6, 62, ANY_STEPPING } }, "vme", "arat xsaveopt" },
  { "Haswell-noTSX", TRUE, { { 6, 60, ANY_STEPPING }, { 6, 63, ANY_STEPPING }, { 6, 69, ANY_STEPPING }, { 6, 70, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Haswell-noTSX-IBRS", TRUE, { { 6, 60, ANY_STEPPING }, { 6, 63, ANY_STEPPING }, { 6, 69, ANY_STEPPING }, { 6, 70, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Haswell", TRUE, { { 6, 60, ANY_STEPPING }, { 6, 63, ANY_STEPPING }, { 6, 69, ANY_STEPPING }, { 6, 70, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Haswell-IBRS", TRUE, { { 6, 60, ANY_STEPPING }, { 6, 63, ANY_STEPPING }, { 6, 69, ANY_STEPPING }, { 6, 70, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Broadwell-noTSX", TRUE, { { 6, 61, ANY_STEPPING }, { 6, 71, ANY_STEPPING }, { 6, 79, ANY_STEPPING }, { 6, 86, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Broadwell-noTSX-IBRS", TRUE, { { 6, 61, ANY_STEPPING }, { 6, 71, ANY_STEPPING }, { 6, 79, ANY_STEPPING }, { 6, 86, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Broadwell", TRUE, { { 6, 61, ANY_STEPPING }, { 6, 71, ANY_STEPPING }, { 6, 79, ANY_STEPPING }, { 6, 86, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Broadwell-IBRS", TRUE, { { 6, 61, ANY_STEPPING }, { 6, 71, ANY_STEPPING }, { 6, 79, ANY_STEPPING }, { 6, 86, ANY_STEPPING } }, NULL, "abm arat f16c rdrand xsaveopt" },
  { "Skylake-Client", TRUE, { { 6, 94, ANY_STEPPING }, { 6, 78, ANY_STEPPING }, { 6, 142, ANY_STEPPING }, { 6, 158, ANY_STEPPING } }, "mpx vme", NULL },
  { "Skylake-Client-IBRS", TRUE, { { 6, 94, ANY_STEPPING }, { 6, 78, ANY_STEPPING }, { 6, 142, ANY_STEPPING }, { 6, 158, ANY_STEPPING } }, "mpx vme", NULL },
  { "Skylake-Client-noTSX-IBRS", TRUE, { { 6, 94, ANY_STEPPING }, { 6, 78, ANY_STEPPING }, { 6, 142, ANY_STEPPING }, { 6, 158, ANY_STEPPING } }, "mpx vme", NULL },
  { "Skylake-Server", TRUE, { { 6, 85, 0, 4 } }, "mpx vme", "clflushopt pku" },
  { "Skylake-Server-IBRS", TRUE, { { 6, 85, 0, 4 } }, "mpx vme", "pku" },
  { "Skylake-Server-noTSX-IBRS", TRUE, { { 6, 85, 0, 4 } }, "mpx vme", "pku" },
  { "Cascadelake-Server", TRUE, { { 6, 85, 5, 9 } }, "mpx vme", "pku" },
  { "Cascadelake-Server-noTSX", TRUE, { { 6, 85, 5, 9 } }, "mpx vme", "arch-capabilities ibrs-all mds-no pku rdctl-no skip-l1dfl-vmentry" },
  { "Icelake-Server", TRUE, { { 6, 106, ANY_STEPPING }, { 6, 108, ANY_STEPPING } }, "mpx vme", NULL },
  { "Icelake-Server-noTSX", TRUE, { { 6, 106, ANY_STEPPING }, { 6, 108, ANY_STEPPING } }, "mpx vme", NULL },
  { "Cooperlake", TRUE, { { 6, 85, 10, 11 } }, "vme", NULL },
  { "Snowridge", TRUE, { { 6, 134, ANY_STEPPING } }, "vme", "monitor mpx" },
  { "athlon", TRUE, { { 6, 2, ANY_STEPPING } }, "vme", "mca" },
  { "phenom", TRUE, { { 16, 2, ANY_STEPPING } }, NULL, "abm cx16 lahf-lm npt pdpe1gb popcnt rdtscp sse4a" },
  { "Opteron_G1", TRUE, { { 15, 5, ANY_STEPPING } }, NULL, NULL },
  { "Opteron_G2", TRUE, { { 15, 65, ANY_STEPPING } }, "rdtscp", NULL },
  { "Opteron_G3", TRUE, { { 16, 2, ANY_STEPPING } }, NULL, "monitor" },
  { "Opteron_G4", TRUE, { { 21, 1, ANY_STEPPING } }, NULL, "npt nrip-save" },
  { "Opteron_G5", TRUE, { { 21, 2, ANY_STEPPING } }, NULL, "npt nrip-save" },
  { "EPYC", TRUE, { { 23, 1, ANY_STEPPING } }, "vme", "monitor npt nrip-save topoext" },
  { "EPYC-IBPB", TRUE, { { 23, 1, ANY_STEPPING } }, "vme", "monitor npt nrip-save topoext" },
  { "EPYC-Rome", TRUE, { { 23, 49, ANY_STEPPING }, { 23, 113, ANY_STEPPING } }, "vme", "monitor topoext xsaves" },
  { "EPYC-Milan", TRUE, { { 25, 1, ANY_STEPPING } }, "vme", "monitor topoext" },
  { "Dhyana", TRUE, { { 24, 0, ANY_STEPPING } }, "vme", "monitor npt nrip-save topoext" },
};
/* clang-format on */

static guint64 value_of(const CpuHost *host, const CpuDataFeature *feature)
{
  if (feature->where == CPU_MSR) {
    for (guint i = 0; i < host->n_msrs; i++) {
      if (host->msrs[i].number == feature->leaf)
        return host->msrs[i].value;
    }
    return 0;
  }
  for (guint i = 0; i < host->n_leaves; i++) {
    if (host->leaves[i].leaf == feature->leaf && host->leaves[i].subleaf == feature->subleaf)
      return host->leaves[i].registers[feature->where];
  }
  return 0;
}

static void set_named(CpuFeatureSet *set, const char *name, gboolean is_on)
{
  int feature = cpu_data_find_feature(name);

  if (feature < 0)
    return;
  if (is_on)
    cpu_feature_set_add(set, (guint)feature);
  else
    set->words[feature / 64] &= ~(G_GUINT64_CONSTANT(1) << feature % 64);
}

CpuFeatureSet cpu_resolve_kvm(const CpuHost *host)
{
  /* QEMU's own, whatever the kernel says of them. */
  static const char *const added[] = { "arat", "hypervisor", "mca", "mce", "mtrr", "pat" };
  /* Those that QEMU adds only when it is told to. */
  static const char *const left_out[] = { "monitor", "topoext" };
  CpuFeatureSet set = { 0 };

  for (guint i = 0; i < cpu_data_n_features; i++) {
    const CpuDataFeature *feature = &cpu_data_features[i];

    if (feature->is_migratable && (value_of(host, feature) >> feature->bit) & 1)
      cpu_feature_set_add(&set, i);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(added); i++)
    set_named(&set, added[i], TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS(left_out); i++)
    set_named(&set, left_out[i], FALSE);
  set_named(&set, "tsc-deadline", host->has_tsc_deadline);
  return set;
}

CpuFeatureSet cpu_resolve_tcg(void)
{
  return cpu_data_find_model("max")->features;
}

static gboolean has_signature(const Candidate *candidate, guint family, guint model, guint stepping)
{
  for (guint i = 0; i < SIGNATURES; i++) {
    const Signature *signature = &candidate->signatures[i];

    if (signature->family == family && signature->model == model && family &&
        stepping >= signature->stepping_min && stepping <= signature->stepping_max)
      return TRUE;
  }
  return FALSE;
}

static void set_all(CpuFeatureSet *set, const char *names, gboolean is_on)
{
  g_auto(GStrv) split = names ? g_strsplit(names, " ", /* max_tokens= */ -1) : NULL;

  for (guint i = 0; split && split[i]; i++)
    set_named(set, split[i], is_on);
}

static CpuFeatureSet features_of(const Candidate *candidate, const CpuDataModel *data)
{
  CpuFeatureSet set = data->features;

  set_all(&set, candidate->more, TRUE);
  set_all(&set, candidate->less, FALSE);
  return set;
}

static guint count_differences(const CpuFeatureSet *a, const CpuFeatureSet *b)
{
  guint count = 0;

  for (gsize i = 0; i < G_N_ELEMENTS(a->words); i++)
    count += (guint)__builtin_popcountll(a->words[i] ^ b->words[i]);
  return count;
}

const CpuDataModel *cpu_resolve_nearest(const char *vendor, guint family, guint model, guint stepping,
                                        const CpuFeatureSet *features)
{
  const CpuDataModel *best = NULL;
  guint best_differences = 0;
  gboolean is_best_signed = FALSE;

  /* The newest of those that are equally near. */
  for (gsize i = G_N_ELEMENTS(candidates); i-- > 0;) {
    const CpuDataModel *data = cpu_data_find_model(candidates[i].name);
    gboolean is_signed = has_signature(&candidates[i], family, model, stepping);
    CpuFeatureSet own;
    guint differences;

    if (!data || (candidates[i].has_vendor && !g_str_equal(data->vendor, vendor)))
      continue;
    own = features_of(&candidates[i], data);
    differences = count_differences(&own, features);
    if (best &&
        (is_signed < is_best_signed || (is_signed == is_best_signed && differences >= best_differences)))
      continue;
    best = data;
    best_differences = differences;
    is_best_signed = is_signed;
  }
  return best;
}
