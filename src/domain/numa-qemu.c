/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: QEMU's manual, option -numa. A cell's memory is an object of its own: QEMU's newer machines take no
 * other.
 */
#include "config.h"

#include "domain/numa.h"

#include "domain/memory-backing.h"

/* "cpus=0-3,cpus=8": the runs of consecutive CPUs. */
static void add_cpus(const NumaCell *cell, GString *node)
{
  for (guint i = 0; i < cell->cpus->len;) {
    guint32 first = g_array_index(cell->cpus, guint32, i), last = first;

    for (i++; i < cell->cpus->len && g_array_index(cell->cpus, guint32, i) == last + 1; i++)
      last++;
    g_string_append_printf(node, ",cpus=%u", first);
    if (last > first)
      g_string_append_printf(node, "-%u", last);
  }
}

static void translate_cell(const Domain *domain, const Numa *numa, const NumaCell *cell, Plan *plan)
{
  g_autofree char *id = g_strdup_printf("ram-node%u", cell->id);
  MemoryPiece piece = {
    .id = id,
    .kib = cell->kib,
    .cell = (int)cell->id,
    .access = cell->access,
    .is_discarded = cell->is_discarded,
  };
  g_autoptr(GString) node = g_string_new(NULL);

  if (cell->kib > 0)
    memory_backing_translate_piece(domain, &piece, plan);
  g_string_append_printf(node, "node,nodeid=%u", cell->id);
  add_cpus(cell, node);
  if (numa->has_hmat) /* whose CPUs are nearest to this memory: its own, or else those of the first cell */
    g_string_append_printf(node, ",initiator=%u", cell->cpus->len ? cell->id : 0);
  if (cell->kib > 0)
    g_string_append_printf(node, ",memdev=%s", id);
  plan_add(plan, PLAN_BOTH, "-numa", node->str);
}

static void translate_distances(const Numa *numa, Plan *plan)
{
  for (guint i = 0; i < numa->cells->len; i++) {
    const NumaCell *cell = g_ptr_array_index(numa->cells, i);

    for (guint j = 0; j < cell->distances->len; j++)
      plan_add_format(plan, PLAN_BOTH, "-numa", "dist,src=%u,dst=%u,val=%u", i, j,
                      g_array_index(cell->distances, guint8, j));
  }
}

static void translate_interconnect(const NumaInterconnect *interconnect, Plan *plan)
{
  g_autofree char *hierarchy = interconnect->cache
                                   ? g_strdup_printf("%s-level", interconnect->cache == 1   ? "first"
                                                                 : interconnect->cache == 2 ? "second"
                                                                                            : "third")
                                   : g_strdup("memory");

  plan_add_format(plan, PLAN_BOTH, "-numa",
                  "hmat-lb,initiator=%u,target=%u,hierarchy=%s,data-type=%s-%s,%s=%" G_GUINT64_FORMAT "%s",
                  interconnect->initiator, interconnect->target, hierarchy, interconnect->type,
                  interconnect->is_bandwidth ? "bandwidth" : "latency",
                  interconnect->is_bandwidth ? "bandwidth" : "latency", interconnect->value,
                  interconnect->is_bandwidth ? "K" : "");
}

ENUM_TABLE(numa_associativity_qemu_table, NUMA_ASSOCIATIVITY_LAST, [NUMA_ASSOCIATIVITY_NONE] = "none",
           [NUMA_ASSOCIATIVITY_DIRECT] = "direct", [NUMA_ASSOCIATIVITY_FULL] = "complex");
ENUM_TABLE(numa_policy_qemu_table, NUMA_POLICY_LAST, [NUMA_POLICY_NONE] = "none",
           [NUMA_POLICY_WRITEBACK] = "write-back", [NUMA_POLICY_WRITETHROUGH] = "write-through");

static void translate_caches(const NumaCell *cell, Plan *plan)
{
  for (guint i = 0; i < cell->caches->len; i++) {
    const NumaCache *cache = &g_array_index(cell->caches, NumaCache, i);

    plan_add_format(plan, PLAN_BOTH, "-numa",
                    "hmat-cache,node-id=%u,size=%" G_GUINT64_FORMAT
                    "K,level=%u,associativity=%s,policy=%s,line=%u",
                    cell->id, cache->size_kib, cache->level,
                    enum_to_string(&numa_associativity_qemu_table, (int)cache->associativity),
                    enum_to_string(&numa_policy_qemu_table, (int)cache->policy), (guint)cache->line_bytes);
  }
}

void numa_translate(const Domain *domain, const Numa *numa, Plan *plan)
{
  if (!numa->cells)
    return;
  for (guint i = 0; i < numa->cells->len; i++)
    translate_cell(domain, numa, g_ptr_array_index(numa->cells, i), plan);
  translate_distances(numa, plan);
  for (guint i = 0; i < numa->interconnects->len; i++)
    translate_interconnect(&g_array_index(numa->interconnects, NumaInterconnect, i), plan);
  for (guint i = 0; i < numa->cells->len; i++)
    translate_caches(g_ptr_array_index(numa->cells, i), plan);
}
