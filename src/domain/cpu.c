/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu.h"

#include "domain/chipset.h"
#include "domain/domain.h"
#include "domain/os.h"
#include "xml/element.h"

/* What QEMU's machines can have, 7.2 and newer. */
enum {
  VCPUS_MAX = 4096,
  VCPUS_MAX_PC = 255,
  VCPUS_MAX_Q35 = 288,
  VCPUS_MAX_MICROVM = 288,
  VCPUS_MAX_VIRT = 512,
  VCPUS_MAX_VEXPRESS = 4,
  VCPUS_MAX_CCW = 248
};

static guint32 limit_of(const Domain *domain)
{
  if (!domain->os->machine) /* <os> is in error */
    return VCPUS_MAX;
  switch (chipset_of(domain)) {
  case CHIPSET_I440FX:
    return VCPUS_MAX_PC;
  case CHIPSET_Q35:
    return VCPUS_MAX_Q35;
  case CHIPSET_ISA:
    return 1;
  case CHIPSET_MICROVM:
    return VCPUS_MAX_MICROVM;
  case CHIPSET_VIRT:
    return VCPUS_MAX_VIRT;
  case CHIPSET_VEXPRESS:
    return VCPUS_MAX_VEXPRESS;
  case CHIPSET_CCW:
    return VCPUS_MAX_CCW;
  case CHIPSET_PSERIES:
    return VCPUS_MAX;
  }
  g_assert_not_reached();
}

static gboolean check_count(xmlNode *node, guint64 vcpus, const Domain *domain, GError **error)
{
  guint32 limit = limit_of(domain);

  if (vcpus > limit)
    return xml_error(error, node, NULL,
                     "%" G_GUINT64_FORMAT " CPUs are more than machine '%s' can have (at most %u)", vcpus,
                     domain->os->machine, limit);
  return TRUE;
}

static gboolean parse_count(xmlNode *root, Domain *domain, GError **error)
{
  Cpu *cpu = domain->cpu;
  xmlNode *node = NULL;
  guint64 vcpus = 1;

  cpu->vcpus = cpu->current = 1;
  cpu->place = domain->place;
  if (!xml_child(root, "vcpu", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  cpu->place = xml_place(node);
  if (!xml_text_uint(node, 1, VCPUS_MAX, &vcpus, error) || !check_count(node, vcpus, domain, error))
    return FALSE;
  cpu->vcpus = cpu->current = (guint32)vcpus;
  return xml_attribute_uint32(node, "current", 1, cpu->vcpus, &cpu->current, error);
}

/* <vcpus>: which of them are plugged in. QEMU plugs in the first ones of x86; others would have to come
 * later, one by one. */
static gboolean parse_vcpus(xmlNode *root, Cpu *cpu, GError **error)
{
  xmlNode *vcpus = NULL;
  g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

  if (!xml_child(root, "vcpus", &vcpus, error))
    return FALSE;
  if (!vcpus)
    return TRUE;
  XML_FOREACH_CHILD(vcpus, node, "vcpu") {
    guint32 id = 0, order = 0;
    gboolean is_enabled = TRUE, is_hotpluggable = FALSE;

    if (!xml_has_attribute(node, "id"))
      return xml_error(error, node, "id", "is missing");
    if (!xml_attribute_uint32(node, "id", 0, cpu->vcpus - 1, &id, error) ||
        !xml_attribute_yes_no(node, "enabled", &is_enabled, error) ||
        !xml_attribute_yes_no(node, "hotpluggable", &is_hotpluggable, error) ||
        !xml_attribute_uint32(node, "order", 1, cpu->vcpus, &order, error))
      return FALSE;
    if (!g_hash_table_add(seen, GUINT_TO_POINTER(id + 1)))
      return xml_error(error, node, "id", "CPU %u is named twice", id);
    if (!is_enabled && !is_hotpluggable)
      return xml_error(error, node, "hotpluggable",
                       "a CPU that is not enabled must be one that can be plugged in");
    if (is_enabled != (id < cpu->current)) {
      xml_error(error, node, "enabled", "with %u of %u CPUs at the start it is the first %u that are there",
                cpu->current, cpu->vcpus, cpu->current);
      return error_add_hint(error,
                            "<vcpu current=''> says how many; the guest can plug in none at other places");
    }
  }
  return TRUE;
}

static gboolean read_topology(xmlNode *node, Domain *domain, GError **error)
{
  static const char *const required[] = { "sockets", "cores", "threads" };
  Cpu *cpu = domain->cpu;
  guint32 clusters = 1;
  guint64 total;

  for (gsize i = 0; i < G_N_ELEMENTS(required); i++) {
    if (!xml_has_attribute(node, required[i]))
      return xml_error(error, node, required[i], "is missing");
  }
  cpu->dies = 1;
  if (!xml_attribute_uint32(node, "sockets", 1, VCPUS_MAX, &cpu->sockets, error) ||
      !xml_attribute_uint32(node, "dies", 1, VCPUS_MAX, &cpu->dies, error) ||
      !xml_attribute_uint32(node, "clusters", 1, VCPUS_MAX, &clusters, error) ||
      !xml_attribute_uint32(node, "cores", 1, VCPUS_MAX, &cpu->cores, error) ||
      !xml_attribute_uint32(node, "threads", 1, VCPUS_MAX, &cpu->threads, error))
    return FALSE;
  if (clusters != 1 && !os_arch_is_arm(domain->os->arch))
    return xml_error(
        error, node, "clusters", "QEMU's %s machines have no clusters of CPUs (known: 1)",
        os_arch_is_x86(domain->os->arch) ? "x86" : enum_to_string(&os_arch_table, (int)domain->os->arch));
  if (cpu->dies != 1 && !os_arch_is_x86(domain->os->arch))
    return xml_error(error, node, "dies", "QEMU's %s machines have no dies of CPUs (known: 1)",
                     enum_to_string(&os_arch_table, (int)domain->os->arch));
  cpu->clusters = clusters;
  total = (guint64)cpu->sockets * cpu->dies * clusters * cpu->cores * cpu->threads;
  if (total != cpu->vcpus) {
    xml_error(error, node, NULL,
              "sockets x dies x cores x threads is %" G_GUINT64_FORMAT ", and <vcpu> says %u", total,
              cpu->vcpus);
    return error_add_hint(error, "make the two equal; <vcpu current='N'> starts with fewer");
  }
  cpu->has_topology = TRUE;
  return TRUE;
}

gboolean cpu_parse(xmlNode *root, Domain *domain, GError **error)
{
  Cpu *cpu = domain->cpu;
  xmlNode *node = NULL, *topology = NULL;

  if (!parse_count(root, domain, error) || !parse_vcpus(root, cpu, error) ||
      !xml_child(root, "cpu", &node, error) || !cpu_model_parse(node, domain, &cpu->model, error))
    return FALSE;
  if (!node)
    return TRUE;
  return xml_child(node, "topology", &topology, error) &&
         (!topology || read_topology(topology, domain, error)) && numa_parse(node, domain, &cpu->numa, error);
}

gboolean cpu_complete(Domain *domain, GError **error)
{
  Cpu *cpu = domain->cpu;
  CpuHost host;
  gboolean (*read_host)(CpuHost * ret_host) = domain->options->read_cpu_host;
  gboolean has_host =
      domain->type == DOMAIN_TYPE_KVM && read_host && cpu_model_needs_host(&cpu->model) && read_host(&host);

  cpu_model_resolve(&cpu->model, domain, has_host ? &host : NULL);
  return numa_complete(&cpu->numa, domain, cpu->vcpus, error);
}

void cpu_clear(Cpu *cpu)
{
  cpu_model_clear(&cpu->model);
  numa_clear(&cpu->numa);
}
