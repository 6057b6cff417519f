/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the name of a machine says about its buses and built-in devices.
 * Facts: QEMU's manual, "System emulator targets"; `-machine help`.
 */
#pragma once

#include "domain/domain.h"

typedef enum {
  CHIPSET_I440FX,   /* pc: conventional PCI, IDE and a floppy controller built in */
  CHIPSET_Q35,      /* q35: PCI Express, AHCI built in */
  CHIPSET_ISA,      /* isapc: no PCI */
  CHIPSET_MICROVM,  /* microvm: no PCI; an ISA bus, and virtio-mmio */
  CHIPSET_VIRT,     /* virt of ARM, RISC-V and LoongArch: PCI Express with nothing built in */
  CHIPSET_VEXPRESS, /* ARM's Versatile Express: no PCI; virtio-mmio */
  CHIPSET_PSERIES,  /* pseries of POWER: conventional PCI, and the hypervisor's own devices (VIO) */
  CHIPSET_CCW,      /* s390: channel I/O */
} Chipset;

Chipset chipset_of(const Domain *domain);

gboolean chipset_is_x86(Chipset chipset);

/* Whether it has a PCI bus that devices go to by themselves, and whether that is PCI Express. */
gboolean chipset_has_pci(Chipset chipset);
/* Whether it has one at all: s390's has, for what does not go to channel I/O. */
gboolean chipset_has_pci_root(Chipset chipset);

gboolean chipset_is_express(Chipset chipset);

/* How it reaches the virtio devices of a document that does not say. */
typedef enum {
  VIRTIO_BUS_NONE,
  VIRTIO_BUS_PCI,
  VIRTIO_BUS_MMIO, /* registers in memory, for each device its own */
  VIRTIO_BUS_CCW,  /* channel I/O */
} VirtioBus;

VirtioBus chipset_virtio_bus(Chipset chipset);

/* The built-in device whose properties are the machine's power management, or NULL where it has none: QEMU
 * leaves the PIIX4's out of a machine without ACPI. */
const char *chipset_pm_driver(Chipset chipset, gboolean has_acpi);
