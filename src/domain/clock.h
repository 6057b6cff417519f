/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <clock>: what the guest's real-time clock is set to.
 * https://libvirt.org/formatdomain.html#time-keeping
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef enum {
  CLOCK_UTC,
  CLOCK_LOCALTIME,
  CLOCK_LAST,
} ClockOffset;

extern const EnumTable clock_offset_table;

typedef struct {
  ClockOffset offset; /* default: utc */
} Clock;

gboolean clock_parse(struct _xmlNode *domain, Clock *ret_clock, GError **error);
void clock_translate(const Clock *clock, Plan *plan);
