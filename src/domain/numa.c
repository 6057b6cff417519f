/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/numa.h"

#include "domain/cpu-set.h"
#include "domain/domain.h"
#include "domain/memory.h"
#include "xml/element.h"

/* QEMU's MAX_NODES. */
enum { CELLS_MAX = 128, DISTANCE_MIN = 10, DISTANCE_MAX = 254, DISTANCE_DEFAULT = 20 };

ENUM_TABLE(numa_associativity_table, NUMA_ASSOCIATIVITY_LAST, [NUMA_ASSOCIATIVITY_NONE] = "none",
           [NUMA_ASSOCIATIVITY_DIRECT] = "direct", [NUMA_ASSOCIATIVITY_FULL] = "full");
ENUM_TABLE(numa_policy_table, NUMA_POLICY_LAST, [NUMA_POLICY_NONE] = "none",
           [NUMA_POLICY_WRITEBACK] = "writeback", [NUMA_POLICY_WRITETHROUGH] = "writethrough");

static void cell_free(NumaCell *cell)
{
  if (!cell)
    return;
  g_array_unref(cell->cpus);
  g_array_unref(cell->distances);
  g_array_unref(cell->caches);
  g_free(cell);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NumaCell, cell_free)

static NumaCell *cell_new(xmlNode *node)
{
  NumaCell *cell = g_new0(NumaCell, 1);

  cell->place = xml_place(node);
  cell->cpus = g_array_new(FALSE, FALSE, sizeof(guint32));
  cell->distances = g_array_new(FALSE, TRUE, sizeof(guint8));
  cell->caches = g_array_new(FALSE, TRUE, sizeof(NumaCache));
  return cell;
}

static gboolean read_distance(xmlNode *node, NumaCell *cell, GError **error)
{
  guint32 id = 0, value = 0;

  if (!xml_has_attribute(node, "id"))
    return xml_error(error, node, "id", "is missing");
  if (!xml_has_attribute(node, "value"))
    return xml_error(error, node, "value", "is missing");
  if (!xml_attribute_uint32(node, "id", 0, CELLS_MAX - 1, &id, error) ||
      !xml_attribute_uint32(node, "value", DISTANCE_MIN, DISTANCE_MAX, &value, error))
    return FALSE;
  if (id == cell->id && value != DISTANCE_MIN)
    return xml_error(error, node, "value", "from a cell to itself it is %d", DISTANCE_MIN);
  if (cell->distances->len <= id)
    g_array_set_size(cell->distances, id + 1);
  if (g_array_index(cell->distances, guint8, id))
    return xml_error(error, node, "id", "the distance to cell %u is given twice", id);
  g_array_index(cell->distances, guint8, id) = (guint8)value;
  return TRUE;
}

static gboolean read_distances(xmlNode *node, NumaCell *cell, GError **error)
{
  xmlNode *distances = NULL;

  if (!xml_child(node, "distances", &distances, error))
    return FALSE;
  if (!distances)
    return TRUE;
  XML_FOREACH_CHILD(distances, sibling, "sibling") {
    if (!read_distance(sibling, cell, error))
      return FALSE;
  }
  return TRUE;
}

/* <size value='8' unit='KiB'/>, in bytes. */
static gboolean read_size(xmlNode *node, const char *name, guint64 *ret_bytes, GError **error)
{
  xmlNode *child;

  return xml_child_required(node, name, &child, error) &&
         memory_read_attribute(child, "value", ret_bytes, error);
}

static gboolean read_cache(xmlNode *node, NumaCell *cell, GError **error)
{
  NumaCache cache = { 0 };
  guint64 size = 0;

  if (!xml_attribute_uint32(node, "level", 1, 3, &cache.level, error) ||
      !xml_attribute_enum_required(node, "associativity", &numa_associativity_table,
                                   XML_ENUM(&cache.associativity), error) ||
      !xml_attribute_enum_required(node, "policy", &numa_policy_table, XML_ENUM(&cache.policy), error) ||
      !read_size(node, "size", &size, error) || !read_size(node, "line", &cache.line_bytes, error))
    return FALSE;
  if (cache.level == 0)
    return xml_error(error, node, "level", "is missing");
  cache.size_kib = size / 1024;
  g_array_append_val(cell->caches, cache);
  return TRUE;
}

/* None is what a device of the host brings along: <acpi nodeset=''> of <hostdev>. */
static gboolean read_cell_memory(xmlNode *node, NumaCell *cell, GError **error)
{
  if (g_strcmp0(xml_attribute(node, "memory"), "0") != 0)
    return memory_read_attribute_kib(node, "memory", &cell->kib, error);
  xml_attribute(node, "unit");
  return TRUE;
}

static gboolean read_cell(xmlNode *node, guint32 index, NumaCell *cell, GError **error)
{
  const char *cpus = xml_attribute(node, "cpus");

  cell->id = index;
  if (!xml_attribute_uint32(node, "id", 0, CELLS_MAX - 1, &cell->id, error) ||
      (cpus && *cpus && !cpu_set_parse(node, "cpus", cpus, cell->cpus, error)) ||
      !read_cell_memory(node, cell, error) ||
      !xml_attribute_enum(node, "memAccess", &memory_access_table, XML_ENUM(&cell->access), error) ||
      !xml_attribute_yes_no(node, "discard", &cell->is_discarded, error) ||
      !read_distances(node, cell, error))
    return FALSE;
  XML_FOREACH_CHILD(node, cache, "cache") {
    if (!read_cache(cache, cell, error))
      return FALSE;
  }
  return TRUE;
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
  const NumaCell *first = *(const NumaCell *const *)a, *second = *(const NumaCell *const *)b;

  return (first->id > second->id) - (first->id < second->id);
}

/* Cells are numbered without a gap. */
static gboolean sort_cells(Numa *numa, GError **error)
{
  g_ptr_array_sort(numa->cells, compare_ids);
  for (guint i = 0; i < numa->cells->len; i++) {
    const NumaCell *cell = g_ptr_array_index(numa->cells, i);

    if (cell->id < i)
      return error_set_document(error, &cell->place, "id", "cell %u is there twice", cell->id);
    if (cell->id > i)
      return error_set_document(error, &cell->place, "id", "there is no cell %u before cell %u", i, cell->id);
  }
  return TRUE;
}

static gboolean read_interconnect(xmlNode *node, gboolean is_bandwidth, Numa *numa, GError **error)
{
  static const char *const required[] = { "initiator", "target", "type", "value" };
  NumaInterconnect interconnect = { .is_bandwidth = is_bandwidth };
  guint32 last = numa->cells->len - 1;

  for (gsize i = 0; i < G_N_ELEMENTS(required); i++) {
    if (!xml_has_attribute(node, required[i]))
      return xml_error(error, node, required[i], "is missing");
  }
  interconnect.type = xml_attribute(node, "type");
  if (!g_str_equal(interconnect.type, "access") && !g_str_equal(interconnect.type, "read") &&
      !g_str_equal(interconnect.type, "write"))
    return xml_error(error, node, "type", "unknown value '%s' (known: access, read, write)",
                     interconnect.type);
  if (!xml_attribute_uint32(node, "initiator", 0, last, &interconnect.initiator, error) ||
      !xml_attribute_uint32(node, "target", 0, last, &interconnect.target, error) ||
      !xml_attribute_uint32(node, "cache", 1, 3, &interconnect.cache, error))
    return FALSE;
  if (is_bandwidth ? !memory_read_attribute_kib(node, "value", &interconnect.value, error)
                   : !xml_attribute_uint(node, "value", 1, G_MAXUINT32, &interconnect.value, error))
    return FALSE;
  g_array_append_val(numa->interconnects, interconnect);
  return TRUE;
}

static gboolean read_interconnects(xmlNode *node, Numa *numa, GError **error)
{
  xmlNode *interconnects = NULL;

  if (!xml_child(node, "interconnects", &interconnects, error))
    return FALSE;
  if (!interconnects)
    return TRUE;
  numa->has_hmat = TRUE;
  XML_FOREACH_CHILD(interconnects, latency, "latency") {
    if (!read_interconnect(latency, /* is_bandwidth= */ FALSE, numa, error))
      return FALSE;
  }
  XML_FOREACH_CHILD(interconnects, bandwidth, "bandwidth") {
    if (!read_interconnect(bandwidth, /* is_bandwidth= */ TRUE, numa, error))
      return FALSE;
  }
  return TRUE;
}

gboolean numa_parse(xmlNode *cpu, Domain *domain, Numa *ret_numa, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(cpu, "numa", &node, error))
    return FALSE;
  if (!node || !xml_next_child(node, "cell", NULL))
    return TRUE;
  ret_numa->cells = g_ptr_array_new_with_free_func((GDestroyNotify)cell_free);
  ret_numa->interconnects = g_array_new(FALSE, FALSE, sizeof(NumaInterconnect));
  XML_FOREACH_CHILD(node, child, "cell") {
    g_autoptr(NumaCell) cell = cell_new(child);

    if (ret_numa->cells->len == CELLS_MAX)
      return xml_error(error, child, NULL, "QEMU has at most %d cells", CELLS_MAX);
    if (!read_cell(child, ret_numa->cells->len, cell, error))
      return FALSE;
    ret_numa->has_hmat |= cell->caches->len > 0;
    g_ptr_array_add(ret_numa->cells, g_steal_pointer(&cell));
  }
  return sort_cells(ret_numa, error) && read_interconnects(node, ret_numa, error);
}

static gboolean check_cell_cpus(const NumaCell *cell, guint32 vcpus, guint8 *owners, GError **error)
{
  for (guint i = 0; i < cell->cpus->len; i++) {
    guint32 cpu = g_array_index(cell->cpus, guint32, i);

    if (cpu >= vcpus)
      return error_set_document(error, &cell->place, "cpus",
                                "CPU %u: <vcpu> says that there are %u, from 0 on", cpu, vcpus);
    if (owners[cpu])
      return error_set_document(error, &cell->place, "cpus", "CPU %u is in cell %d as well", cpu,
                                owners[cpu] - 1);
    owners[cpu] = (guint8)(cell->id + 1);
  }
  return TRUE;
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
  guint32 first = *(const guint32 *)a, second = *(const guint32 *)b;

  return (first > second) - (first < second);
}

/* The far way is as long as the way back, and twice as long as none, where nobody says. */
static void fill_distances(const Numa *numa)
{
  guint count = numa->cells->len;

  for (guint i = 0; i < count; i++)
    g_array_set_size(((NumaCell *)g_ptr_array_index(numa->cells, i))->distances, count);
  for (guint i = 0; i < count; i++) {
    const NumaCell *from = g_ptr_array_index(numa->cells, i);

    for (guint j = 0; j < count; j++) {
      const NumaCell *to = g_ptr_array_index(numa->cells, j);
      guint8 *distance = &g_array_index(from->distances, guint8, j);

      if (*distance == 0)
        *distance = i == j ? DISTANCE_MIN : g_array_index(to->distances, guint8, i);
      if (*distance == 0)
        *distance = DISTANCE_DEFAULT;
    }
  }
}

static gboolean has_distances(const Numa *numa, GError **error)
{
  gboolean has_any = FALSE;

  for (guint i = 0; i < numa->cells->len; i++) {
    const NumaCell *cell = g_ptr_array_index(numa->cells, i);

    if (cell->distances->len > numa->cells->len) {
      error_set_document(error, &cell->place, NULL, "a distance to cell %u, and there are %u, from 0 on",
                         cell->distances->len - 1, numa->cells->len);
      return FALSE;
    }
    has_any |= cell->distances->len > 0;
  }
  if (has_any)
    fill_distances(numa);
  return TRUE;
}

gboolean numa_complete(Numa *numa, Domain *domain, guint32 vcpus, GError **error)
{
  g_autofree guint8 *owners = g_new0(guint8, vcpus);
  NumaCell *first;
  guint64 total = 0;

  if (!numa->cells)
    return TRUE;
  for (guint i = 0; i < numa->cells->len; i++) {
    NumaCell *cell = g_ptr_array_index(numa->cells, i);

    if (!check_cell_cpus(cell, vcpus, owners, error))
      return FALSE;
    cell->kib = (cell->kib + 1023) / 1024 * 1024; /* QEMU's machines want whole MiB */
    total += cell->kib;
  }
  first = g_ptr_array_index(numa->cells, 0);
  if (total == 0)
    return error_set_document(error, &first->place, "memory", "no cell has any, and so the guest has none");
  for (guint32 cpu = 0; cpu < vcpus; cpu++) {
    if (!owners[cpu])
      g_array_append_val(first->cpus, cpu);
  }
  g_array_sort(first->cpus, compare_numbers);
  memory_set_total(domain->memory, total);
  return has_distances(numa, error);
}

void numa_clear(Numa *numa)
{
  g_clear_pointer(&numa->cells, g_ptr_array_unref);
  g_clear_pointer(&numa->interconnects, g_array_unref);
}
