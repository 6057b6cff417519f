/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/shared-memory.h"

#include "domain/cpu.h"
#include "domain/domain.h"
#include "domain/memory-backing.h"
#include "domain/numa.h"

gboolean memory_is_shared(const Domain *domain)
{
  const GPtrArray *cells = domain->cpu->numa.cells;
  gboolean is_shared = domain->memory_backing->access == MEMORY_ACCESS_SHARED;

  for (guint i = 0; cells && i < cells->len; i++)
    is_shared |= ((const NumaCell *)g_ptr_array_index(cells, i))->access == MEMORY_ACCESS_SHARED;
  return is_shared;
}
