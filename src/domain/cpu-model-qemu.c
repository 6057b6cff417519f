/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model is named also where the document has none, although it is QEMU's default then, so that a change
 * of that default changes no guest.
 */
#include "config.h"

#include "domain/cpu-model.h"

#include "domain/chipset.h"
#include "domain/domain.h"
#include "domain/os.h"

/* The default of the machine; RISC-V's and LoongArch's have other names from version to version of QEMU. */
ENUM_TABLE(cpu_model_default_table, OS_ARCH_LAST, [OS_ARCH_I686] = "qemu32", [OS_ARCH_X86_64] = "qemu64",
           [OS_ARCH_ARMV7L] = "cortex-a15", [OS_ARCH_AARCH64] = "cortex-a15", [OS_ARCH_PPC64] = "POWER9",
           [OS_ARCH_PPC64LE] = "POWER9", [OS_ARCH_S390X] = "qemu", [OS_ARCH_LOONGARCH64] = NULL);

/* NULL: the machine's own, by no name. */
static const char *default_name(const Domain *domain)
{
  /* QEMU 11.1 warns of 64-bit processors on a machine with nothing but an ISA bus. */
  OsArch arch = chipset_of(domain) == CHIPSET_ISA ? OS_ARCH_I686 : domain->os->arch;

  if (domain->type == DOMAIN_TYPE_KVM && !os_arch_is_x86(arch))
    return "host"; /* KVM runs no other there */
  if (g_str_equal(domain->os->machine, "vexpress-a9"))
    return "cortex-a9";
  return enum_to_string(&cpu_model_default_table, (int)arch);
}

static const char *name_of(const CpuModel *model, const Domain *domain)
{
  if (model->mode == CPU_MODE_HOST_PASSTHROUGH)
    return "host";
  if (model->mode == CPU_MODE_MAXIMUM)
    return "max";
  return model->name ? model->name : default_name(domain);
}

/* QEMU's newer versions of these models have features that libvirt's models of that name never had, or no
 * longer have. Tried with libvirt 9.0, a domain of each model. */
static const struct {
  const char *model, *feature;
} removed[] = {
  { "Dhyana", "monitor" },          { "EPYC", "monitor" },
  { "EPYC-IBPB", "monitor" },       { "Opteron_G3", "monitor" },
  { "Icelake-Client", "intel-pt" }, { "Icelake-Client-noTSX", "intel-pt" },
  { "Icelake-Server", "intel-pt" }, { "Icelake-Server-noTSX", "intel-pt" },
};

static void add_removed(const char *name, Props *cpu)
{
  for (gsize i = 0; i < G_N_ELEMENTS(removed); i++) {
    if (g_str_equal(removed[i].model, name) && !props_has(cpu, removed[i].feature))
      props_add_bool(cpu, removed[i].feature, FALSE);
  }
}

static void add_features(const CpuModel *model, Props *cpu)
{
  for (guint i = 0; i < model->features->len; i++) {
    const CpuFeature *feature = &g_array_index(model->features, CpuFeature, i);
    const char *name = feature->name ? feature->name : cpu_data_feature_name(feature->feature);

    switch (feature->policy) {
    case CPU_POLICY_REQUIRE:
    case CPU_POLICY_FORCE:
      props_add_bool(cpu, name, TRUE);
      break;
    case CPU_POLICY_DISABLE:
    case CPU_POLICY_FORBID:
      props_add_bool(cpu, name, FALSE);
      break;
    case CPU_POLICY_OPTIONAL: /* nobody knows what the host has: QEMU leaves out what it cannot give */
      props_add_bool(cpu, name, TRUE);
      break;
    case CPU_POLICY_LAST:
      break;
    }
  }
}

static gboolean is_of_host(const CpuModel *model)
{
  return model->mode == CPU_MODE_HOST_PASSTHROUGH || model->mode == CPU_MODE_MAXIMUM;
}

/* Named models have no `host-cache-info`: they never show the host's caches. */
static void add_cache(const CpuModel *model, Props *cpu)
{
  if (model->cache == CPU_CACHE_DEFAULT)
    return;
  if (is_of_host(model))
    props_add_bool(cpu, "host-cache-info", model->cache == CPU_CACHE_PASSTHROUGH);
  props_add_bool(cpu, "l3-cache", model->cache == CPU_CACHE_EMULATE);
}

static void add_physical_bits(const CpuModel *model, Props *cpu)
{
  if (!model->has_physical_bits)
    return;
  if (model->is_host_physical_bits)
    props_add_bool(cpu, "host-phys-bits", TRUE);
  if (model->physical_bits_limit)
    props_add_uint(cpu, "host-phys-bits-limit", model->physical_bits_limit);
  if (model->physical_bits)
    props_add_uint(cpu, "phys-bits", model->physical_bits);
}

Props *cpu_model_translate(const CpuModel *model, const Domain *domain)
{
  const char *name = name_of(model, domain);
  Props *cpu;

  if (!name)
    return NULL;
  cpu = props_new(/* key= */ NULL, name);
  if (!os_arch_is_x86(domain->os->arch)) { /* which alone has what follows */
    add_features(model, cpu);
    return cpu;
  }
  if (model->has_migratable)
    props_add_bool(cpu, "migratable", model->is_migratable);
  else if (model->mode == CPU_MODE_HOST_PASSTHROUGH)
    props_add_bool(cpu, "migratable", TRUE);
  props_add_string(cpu, "vendor", model->vendor_id);
  add_features(model, cpu);
  if (model->mode == CPU_MODE_CUSTOM && model->name && model->match != CPU_MATCH_MINIMUM)
    add_removed(model->name, cpu);
  add_cache(model, cpu);
  add_physical_bits(model, cpu);
  if (model->check == CPU_CHECK_FULL)
    props_add_bool(cpu, "enforce", TRUE);
  return cpu;
}
