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
