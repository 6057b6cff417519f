/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <watchdog>: a timer that the guest has to set again and again, and what happens when it has not.
 * https://libvirt.org/formatdomain.html#watchdog-devices; QEMU's documentation, -watchdog-action.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"

typedef enum {
  WATCHDOG_I6300ESB,
  WATCHDOG_IB700,
  WATCHDOG_ITCO,    /* the Q35 board's own; format 9.1 */
  WATCHDOG_DIAG288, /* of s390 */
  WATCHDOG_LAST,
} WatchdogModel;

typedef enum {
  WATCHDOG_RESET,
  WATCHDOG_SHUTDOWN,
  WATCHDOG_POWEROFF,
  WATCHDOG_PAUSE,
  WATCHDOG_DUMP, /* the memory is written, and the guest goes on: the supervisor does that */
  WATCHDOG_NONE,
  WATCHDOG_INJECT_NMI,
  WATCHDOG_ACTION_LAST,
} WatchdogAction;

extern const EnumTable watchdog_model_table;
extern const EnumTable watchdog_action_table;

typedef struct {
  Device device;
  WatchdogModel model;
  WatchdogAction action; /* default: reset */
} Watchdog;

extern const DeviceRoom watchdog_room;

gboolean watchdog_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
