/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/address.h"

#include "xml/document.h"

const char *domain_pci_bus(const Domain *domain, guint32 index)
{
  g_autofree char *name = g_strdup_printf("pci.%u", index);

  return xml_document_keep(domain->document, name);
}

char *domain_usb_bus(const Domain *domain, guint32 index)
{
  return index ? g_strdup_printf("usb%u.0", index) : g_strdup("usb.0");
}
