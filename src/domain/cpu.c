/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu.h"

#include "domain/domain.h"
#include "xml/element.h"

/* QEMU's machines stop long before (pc: 255, q35: 288 in 7.2) and say so themselves. */
enum { VCPUS_MAX = 4096 };

gboolean cpu_parse(xmlNode *domain, Cpu *ret_cpu, GError **error)
{
  xmlNode *node = NULL;
  guint64 vcpus = 1;

  if (!xml_child(domain, "vcpu", &node, error))
    return FALSE;
  if (node && !xml_text_uint(node, 1, VCPUS_MAX, &vcpus, error))
    return FALSE;
  ret_cpu->vcpus = (guint32)vcpus;
  ret_cpu->current = ret_cpu->vcpus;
  return !node || xml_attribute_uint32(node, "current", 1, ret_cpu->vcpus, &ret_cpu->current, error);
}
