/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <panic>: a device by which the guest tells that it has crashed (on_crash).
 * https://libvirt.org/formatdomain.html#panic-device; pvpanic: format 9.1.
 */
#pragma once

#include "domain/device.h"

typedef enum {
  PANIC_DEFAULT, /* completed: the machine's own */
  PANIC_ISA,
  PANIC_PVPANIC, /* the same on the PCI bus */
  PANIC_HYPERV,  /* no device: a register of the CPU, which Windows knows */
  PANIC_PSERIES, /* no device: a call of POWER's hypervisor */
  PANIC_S390,    /* no device: a state of the CPUs */
  PANIC_LAST,
} PanicModel;

extern const EnumTable panic_model_table;

typedef struct {
  Device device;
  PanicModel model; /* completed: no DEFAULT */
  guint32 iobase;   /* ISA: the I/O port; 0: QEMU's own, 0x505 */
} Panic;

extern const DeviceRoom panic_room;

gboolean panic_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
