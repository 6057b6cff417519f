/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the name of a machine says about its buses and built-in devices.
 * Facts: QEMU's manual, "i440fx PC" and "q35"; `-machine help`.
 */
#pragma once

#include "domain/domain.h"

typedef enum {
  CHIPSET_I440FX, /* pc: conventional PCI, IDE and a floppy controller built in */
  CHIPSET_Q35,    /* q35: PCI Express, AHCI built in */
  CHIPSET_ISA,    /* isapc: no PCI */
} Chipset;

Chipset chipset_of(const Domain *domain);

/* The built-in device whose properties are the machine's power management, or NULL where it has none: QEMU
 * leaves the PIIX4's out of a machine without ACPI. */
const char *chipset_pm_driver(Chipset chipset, gboolean has_acpi);
