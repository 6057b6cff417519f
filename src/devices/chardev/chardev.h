/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <serial>, <parallel> and <console>: character devices.
 * https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
 *
 * The first <console> is another name of the first <serial>: alone, it makes that port; beside <serial>, it
 * says nothing new. One of target type virtio is a device of its own.
 */
#pragma once

#include "devices/chardev/source.h"
#include "domain/device.h"

/* The number of the port was not given. */
enum { CHARDEV_PORT_NONE = -1 };

typedef enum {
  CHARDEV_TARGET_DEFAULT, /* completed: the machine's own, or what the address says; console: serial */
  CHARDEV_TARGET_ISA,     /* serial; the only one of <parallel> */
  CHARDEV_TARGET_USB,     /* serial */
  CHARDEV_TARGET_PCI,     /* serial */
  CHARDEV_TARGET_DEBUG,   /* serial: a port that firmware writes its log to, and that is no UART */
  CHARDEV_TARGET_SYSTEM,  /* serial: built into the boards of ARM, RISC-V and LoongArch */
  CHARDEV_TARGET_SPAPR,   /* serial: a terminal of POWER's hypervisor */
  CHARDEV_TARGET_SCLP,    /* serial and console: s390's, as the next */
  CHARDEV_TARGET_SCLPLM,  /* the same, line by line */
  CHARDEV_TARGET_SERIAL,  /* console: another name of the first serial port */
  CHARDEV_TARGET_VIRTIO,  /* console */
  CHARDEV_TARGET_XEN,     /* console: refused */
  CHARDEV_TARGET_LAST,
} ChardevTarget;

/* How the target types are spelled, per element. */
extern const EnumTable serial_target_table;
extern const EnumTable console_target_table;

typedef struct {
  Device device;
  ChardevSource source;
  ChardevTarget target;
  int port;              /* from 0 */
  gboolean is_duplicate; /* console: another name of the first serial port */
} Chardev;

extern const DeviceRoom serial_room;
extern const DeviceRoom parallel_room;
extern const DeviceRoom console_room;

/* Refuses what another device of the document has, or what needs SPICE where there is none: for all devices
 * that are a ChardevDevice. */
gboolean chardev_validate_source(const Domain *domain, const Device *device, GError **error);

/* Refuses a virtio-serial port that another device has, or that its controller lacks. */
gboolean chardev_validate_port(const Domain *domain, const Device *device, GError **error);

/* Adds the virtio-serial controller that the device's address names, or controller 0, where there is none:
 * only that one, be it the first or not. */
void chardev_ensure_controller(Domain *domain, const Device *device);

gboolean serial_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
gboolean parallel_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
gboolean console_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
