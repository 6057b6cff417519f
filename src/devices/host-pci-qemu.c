/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/host-pci.h"

#include "domain/domain.h"
#include "domain/memory.h"

/* What VFIO locks beside the guest's memory: windows of devices. libvirt counts a GiB, too. */
enum { LOCKED_BESIDE_KIB = 1024 * 1024 };

Props *host_pci_props(const HostPci *pci)
{
  Props *props = props_new("driver", "vfio-pci");

  props_add_string(props, "host", pci->name);
  return props;
}

void host_pci_translate(const Domain *domain, const HostPci *pci, const char *alias, Plan *plan)
{
  PlanRequirement *requirement = plan_require(plan, PLAN_REQUIRE_PCI, &pci->place, NULL, pci->name);
  PlanResource *resource;

  requirement->is_managed = pci->is_managed;
  requirement->driver = pci->driver;
  requirement = plan_require(plan, PLAN_REQUIRE_LOCKED, &pci->place, NULL, NULL);
  requirement->kib = domain->memory->kib + domain->memory->device_kib + LOCKED_BESIDE_KIB;
  if (!pci->is_managed)
    return;
  resource = plan_add_resource(plan, PLAN_RESOURCE_PCI, alias, &pci->place);
  resource->path = pci->name;
  resource->driver = pci->driver;
  plan_lack(plan, &pci->device_place, "managed", "the device is not taken from the host's driver");
}
