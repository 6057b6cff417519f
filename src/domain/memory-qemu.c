/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/memory.h"

static guint64 to_mib(guint64 kib)
{
  return kib / 1024 + (kib % 1024 != 0);
}

void memory_translate(const Memory *memory, Plan *plan)
{
  Props *props;

  /* QEMU takes whole MiB here, and its machines want the memory aligned to that. */
  if (!memory->max_kib) {
    plan_add_format(plan, PLAN_BOTH, "-m", "%" G_GUINT64_FORMAT, to_mib(memory->kib));
    return;
  }
  props = props_new_empty();
  props_add_format(props, "size", "%" G_GUINT64_FORMAT "k", to_mib(memory->kib) * 1024);
  props_add_uint(props, "slots", memory->slots);
  props_add_format(props, "maxmem", "%" G_GUINT64_FORMAT "k", memory->max_kib);
  plan_add_keyval(plan, PLAN_BOTH, "-m", props);
}
