/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <memory> and <currentMemory>.
 * https://libvirt.org/formatdomain.html#memory-allocation
 */
#pragma once

#include <glib.h>

#include "base/report.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef struct {
  guint64 kib;         /* what the guest has at boot, in KiB */
  guint64 current_kib; /* what the balloon leaves it; at most @kib */
  Place place;
} Memory;

void memory_parse(struct _xmlNode *domain, Memory *ret_memory, Report *report);
void memory_translate(const Memory *memory, Plan *plan);
