/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/domain.h"

#include "domain/networks.h"
#include "xml/document.h"

ENUM_TABLE(domain_type_table, DOMAIN_TYPE_LAST, [DOMAIN_TYPE_QEMU] = "qemu", [DOMAIN_TYPE_KVM] = "kvm");

const DomainNetwork *domain_find_network(const Domain *domain, const char *name)
{
  const GPtrArray *networks = domain->options->networks;

  for (guint i = 0; networks && i < networks->len; i++) {
    const DomainNetwork *network = g_ptr_array_index(networks, i);

    if (g_str_equal(network->name, name))
      return network;
  }
  return NULL;
}

const char *domain_certificates(const Domain *domain, const char *kind)
{
  const char *given = domain->options->certificates;

  return given ? xml_document_keep(domain->document, given)
               : xml_document_keep_format(domain->document, "/etc/pki/%s", kind);
}
