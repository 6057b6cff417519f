/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/chipset.h"

#include "domain/os.h"

static Chipset x86_chipset(const char *machine)
{
  if (g_str_equal(machine, "q35") || g_str_has_prefix(machine, "pc-q35-"))
    return CHIPSET_Q35;
  if (g_str_equal(machine, "isapc"))
    return CHIPSET_ISA;
  if (g_str_equal(machine, "microvm"))
    return CHIPSET_MICROVM;
  return CHIPSET_I440FX;
}

Chipset chipset_of(const Domain *domain)
{
  switch (domain->os->arch) {
  case OS_ARCH_ARMV7L:
  case OS_ARCH_AARCH64:
    return g_str_has_prefix(domain->os->machine, "vexpress-") ? CHIPSET_VEXPRESS : CHIPSET_VIRT;
  case OS_ARCH_RISCV32:
  case OS_ARCH_RISCV64:
  case OS_ARCH_LOONGARCH64:
    return CHIPSET_VIRT;
  case OS_ARCH_PPC64:
  case OS_ARCH_PPC64LE:
    return CHIPSET_PSERIES;
  case OS_ARCH_S390X:
    return CHIPSET_CCW;
  case OS_ARCH_I686:
  case OS_ARCH_X86_64:
  case OS_ARCH_LAST:
    break;
  }
  return x86_chipset(domain->os->machine);
}

gboolean chipset_is_x86(Chipset chipset)
{
  return chipset <= CHIPSET_MICROVM;
}

gboolean chipset_has_pci(Chipset chipset)
{
  return chipset_virtio_bus(chipset) == VIRTIO_BUS_PCI;
}

gboolean chipset_has_pci_root(Chipset chipset)
{
  return chipset_has_pci(chipset) || chipset == CHIPSET_CCW;
}

gboolean chipset_is_express(Chipset chipset)
{
  return chipset == CHIPSET_Q35 || chipset == CHIPSET_VIRT;
}

VirtioBus chipset_virtio_bus(Chipset chipset)
{
  switch (chipset) {
  case CHIPSET_I440FX:
  case CHIPSET_Q35:
  case CHIPSET_VIRT:
  case CHIPSET_PSERIES:
    return VIRTIO_BUS_PCI;
  case CHIPSET_MICROVM:
  case CHIPSET_VEXPRESS:
    return VIRTIO_BUS_MMIO;
  case CHIPSET_CCW:
    return VIRTIO_BUS_CCW;
  case CHIPSET_ISA:
    break;
  }
  return VIRTIO_BUS_NONE;
}

const char *chipset_pm_driver(Chipset chipset, gboolean has_acpi)
{
  switch (chipset) {
  case CHIPSET_I440FX:
    return has_acpi ? "PIIX4_PM" : NULL;
  case CHIPSET_Q35:
    return "ICH9-LPC";
  case CHIPSET_ISA:
  case CHIPSET_MICROVM:
  case CHIPSET_VIRT:
  case CHIPSET_VEXPRESS:
  case CHIPSET_PSERIES:
  case CHIPSET_CCW:
    break;
  }
  return NULL;
}
