/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: QEMU's manual, -object memory-backend-ram and -memfd; `host-nodes` and `policy` are mbind(2)'s.
 */
#include "config.h"

#include "domain/memory-backing.h"

#include "domain/domain.h"
#include "domain/memory.h"

ENUM_TABLE(memory_policy_qemu_table,
           MEMORY_POLICY_LAST, [MEMORY_POLICY_STRICT] = "bind", [MEMORY_POLICY_PREFERRED] = "preferred",
           [MEMORY_POLICY_INTERLEAVE] = "interleave", [MEMORY_POLICY_RESTRICTIVE] = NULL);

static gboolean has_cell(const GArray *cells, int cell)
{
  for (guint i = 0; cells && i < cells->len; i++) {
    if ((int)g_array_index(cells, guint32, i) == MAX(cell, 0))
      return TRUE;
  }
  return !cells;
}

/* Pages of the size of the host's own are none that would have to be asked for. */
static const MemoryPages *pages_of(const MemoryBacking *backing, int cell)
{
  for (guint i = 0; i < backing->pages->len; i++) {
    const MemoryPages *pages = &g_array_index(backing->pages, MemoryPages, i);

    if (has_cell(pages->cells, cell) && pages->kib != 4)
      return pages;
  }
  return NULL;
}

static const MemoryNodes *nodes_of(const MemoryBacking *backing, int cell)
{
  const MemoryNodes *own = cell >= 0 ? g_hash_table_lookup(backing->cells, GINT_TO_POINTER(cell)) : NULL;

  return own ? own : &backing->nodes;
}

static void add_nodes(const MemoryNodes *nodes, Props *object)
{
  Json *array;

  if (!nodes->nodes || nodes->policy == MEMORY_POLICY_RESTRICTIVE)
    return;
  array = json_new_array();
  for (guint i = 0; i < nodes->nodes->len; i++)
    json_append_int(array, g_array_index(nodes->nodes, guint32, i));
  props_add_array(object, "host-nodes", array);
  props_add_string(object, "policy", enum_to_string(&memory_policy_qemu_table, (int)nodes->policy));
}

static void require_pages(const MemoryPages *pages, guint64 kib, Plan *plan)
{
  PlanRequirement *requirement =
      plan_require(plan, PLAN_REQUIRE_HUGEPAGES, &pages->place, pages->kib ? "size" : NULL, NULL);

  requirement->page_kib = pages->kib;
  requirement->kib = kib;
}

/* As memory that is what a file has in it. */
static void translate_file(const MemoryPiece *piece, Plan *plan)
{
  Props *object = props_new("qom-type", "memory-backend-file");

  props_add_string(object, "id", piece->id);
  props_add_string(object, "mem-path", piece->path);
  if (piece->is_discarded)
    props_add_bool(object, "discard-data", TRUE);
  if (piece->access)
    props_add_bool(object, "share", piece->access == MEMORY_ACCESS_SHARED);
  if (piece->is_preallocated)
    props_add_bool(object, "prealloc", TRUE);
  props_add_uint(object, "size", piece->kib * 1024);
  if (piece->align_kib)
    props_add_uint(object, "align", piece->align_kib * 1024);
  if (piece->is_pmem)
    props_add_bool(object, "pmem", TRUE);
  plan_allow(plan, PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE, piece->path);
  plan_add_json(plan, PLAN_BOTH, "-object", object);
}

static const char *type_of(const MemoryPiece *piece, gboolean is_memfd)
{
  if (piece->is_epc)
    return "memory-backend-epc";
  return is_memfd ? "memory-backend-memfd" : "memory-backend-ram";
}

void memory_backing_translate_piece(const Domain *domain, const MemoryPiece *piece, Plan *plan)
{
  const MemoryBacking *backing = domain->memory_backing;
  const MemoryPages own = { .kib = piece->page_kib,
                            .place = piece->page_place ? *piece->page_place : (Place){ 0 } };
  const MemoryPages *pages = own.kib && own.kib != 4    ? &own
                             : piece->is_epc || own.kib ? NULL
                                                        : pages_of(backing, piece->cell);
  MemoryAccess access = piece->access ? piece->access : backing->access;
  gboolean is_memfd = !piece->is_epc &&
                      (pages || access == MEMORY_ACCESS_SHARED || backing->source > MEMORY_SOURCE_ANONYMOUS);
  Props *object;

  if (piece->path) {
    translate_file(piece, plan);
    return;
  }
  if (piece->is_epc) {
    plan_allow(plan, PLAN_ACCESS_WRITE, "/dev/sgx_vepc");
    plan_allow(plan, PLAN_ACCESS_WRITE, "/dev/sgx_provision");
  }
  object = props_new("qom-type", type_of(piece, is_memfd));
  props_add_string(object, "id", piece->id);
  if (is_memfd)
    props_add_bool(object, "share", access == MEMORY_ACCESS_SHARED);
  if (pages) {
    props_add_bool(object, "hugetlb", TRUE);
    if (pages->kib)
      props_add_uint(object, "hugetlbsize", pages->kib * 1024);
    require_pages(pages, piece->kib, plan);
  }
  if (piece->is_unreserved)
    props_add_bool(object, "reserve", FALSE);
  else if (backing->is_immediate || pages || piece->is_epc) /* a page that is missing later ends the guest */
    props_add_bool(object, "prealloc", TRUE);
  if (backing->is_immediate && backing->threads && !piece->is_unreserved)
    props_add_uint(object, "prealloc-threads", backing->threads);
  props_add_uint(object, "size", piece->kib * 1024);
  add_nodes(piece->nodes ? piece->nodes : nodes_of(backing, piece->cell), object);
  plan_add_json(plan, PLAN_BOTH, "-object", object);
}

void memory_backing_translate(const Domain *domain, gboolean has_cells, Props *machine, Plan *plan)
{
  const MemoryBacking *backing = domain->memory_backing;
  MemoryPiece all = { .id = "pc.ram", .kib = (domain->memory->kib + 1023) / 1024 * 1024, .cell = -1 };

  if (backing->is_unmerged)
    props_add_bool(machine, "mem-merge", FALSE);
  if (backing->is_locked)
    plan_add(plan, PLAN_BOTH, "-overcommit", "mem-lock=on");
  if (has_cells || (!backing->is_given && !backing->nodes.nodes))
    return;
  props_add_string(machine, "memory-backend", all.id);
  memory_backing_translate_piece(domain, &all, plan);
}
