/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu.h"

#include <string.h>

#include "domain/chipset.h"
#include "domain/domain.h"
#include "domain/os.h"
#include "xml/element.h"

/* What QEMU's machines can have, 7.2 and newer. */
enum { VCPUS_MAX = 4096, VCPUS_MAX_PC = 255, VCPUS_MAX_Q35 = 288, VCPUS_MAX_WITHOUT_IOMMU = 255 };

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
  /* A CPU with a number above that is reached by no interrupt, and QEMU refuses to start. */
  if (vcpus > VCPUS_MAX_WITHOUT_IOMMU && limit == VCPUS_MAX_Q35)
    return xml_error(
        error, node, NULL,
        "more than %d CPUs need an IOMMU with extended interrupt mode, which domrun does not have",
        VCPUS_MAX_WITHOUT_IOMMU);
  return TRUE;
}

ENUM_TABLE(vcpu_placement_table, 2, "static", "auto");

static gboolean parse_placement(xmlNode *node, Domain *domain, GError **error)
{
  const char *cpuset = xml_attribute(node, "cpuset");
  int placement = 0;
  Place place = xml_place(node);

  if (!xml_attribute_enum(node, "placement", &vcpu_placement_table, &placement, error))
    return FALSE;
  if (cpuset && strspn(cpuset, "0123456789,-^ ") != strlen(cpuset))
    return xml_error(error, node, "cpuset",
                     "'%s' is not a set of CPUs (expected numbers and ranges, as in 0-3,^2)", cpuset);
  if (cpuset || placement)
    report_warning(domain->report, &place, cpuset ? "cpuset" : "placement",
                   "taskset(1) pins the whole of it: taskset -c 0-3 domrun run ...",
                   "the guest is not pinned to CPUs of the host");
  return TRUE;
}

gboolean cpu_parse(xmlNode *root, Domain *domain, GError **error)
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
  return xml_attribute_uint32(node, "current", 1, cpu->vcpus, &cpu->current, error) &&
         parse_placement(node, domain, error);
}
