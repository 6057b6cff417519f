/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/memory.h"

void memory_translate(const Memory *memory, Plan *plan)
{
  guint64 mib = memory->kib / 1024 + (memory->kib % 1024 != 0);

  /* QEMU takes whole MiB here, and its machines want the memory aligned to that. */
  plan_add_format(plan, PLAN_BOTH, "-m", "%" G_GUINT64_FORMAT, mib);
}
