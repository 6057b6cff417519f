/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/host-pci.h"

#include "domain/address.h"
#include "xml/element.h"

gboolean host_pci_parse(xmlNode *node, xmlNode *source, HostPci *ret_pci, GError **error)
{
  xmlNode *address = NULL;
  PciAddress pci = { 0 };
  g_autofree char *name = NULL;

  ret_pci->place = xml_place(source);
  ret_pci->device_place = xml_place(node);
  if (!xml_attribute_yes_no(node, "managed", &ret_pci->is_managed, error) ||
      !xml_child(source, "address", &address, error))
    return FALSE;
  if (!address) {
    xml_error(error, source, NULL, "element <address> is missing");
    return error_add_hint(error, "it is that of the host's device: <address type='pci' domain='0x0000' "
                                 "bus='0x01' slot='0x02' function='0x0'/>");
  }
  if (!address_parse_host(address, &pci, error))
    return FALSE;
  name = g_strdup_printf("%04x:%02x:%02x.%x", pci.domain, pci.bus, pci.slot, pci.function);
  ret_pci->name = xml_document_keep(xml_document_of(source), name);
  return TRUE;
}
