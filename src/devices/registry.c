/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/registry.h"

#include "devices/chardev.h"
#include "devices/disk.h"
#include "devices/interface.h"
#include "devices/panic.h"

const DeviceRoom *const device_rooms[] = {
  /* QEMU places PCI devices that have no address in this order: disks before NICs keeps it that of libvirt.
   */
  &disk_room,
  &interface_room,
  /* QEMU numbers serial ports in the order in which it sees them. */
  &serial_room,
  &console_room,
  &panic_room,
  /* end= */ NULL,
};
