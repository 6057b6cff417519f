/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller.h"
#include "domain/address.h"

const char *domain_pci_bus(const Domain *domain, guint32 index)
{
  const Controller *controller = controller_find(domain, CONTROLLER_PCI, index);

  return controller->device.alias; /* the address pass has seen to it that there is one */
}

char *domain_usb_bus(const Domain *domain, guint32 index)
{
  const Controller *controller = controller_find(domain, CONTROLLER_USB, index);

  return g_strdup_printf("%s.0", controller->device.alias);
}
