/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/memory-backing.h"

#include "domain/cpu-set.h"
#include "domain/domain.h"
#include "domain/memory.h"
#include "xml/element.h"

ENUM_TABLE(memory_source_table, MEMORY_SOURCE_LAST, [MEMORY_SOURCE_ANONYMOUS] = "anonymous",
           [MEMORY_SOURCE_FILE] = "file", [MEMORY_SOURCE_MEMFD] = "memfd");
ENUM_TABLE(memory_access_table,
           MEMORY_ACCESS_LAST, [MEMORY_ACCESS_PRIVATE] = "private", [MEMORY_ACCESS_SHARED] = "shared");
ENUM_TABLE(memory_policy_table,
           MEMORY_POLICY_LAST, [MEMORY_POLICY_STRICT] = "strict", [MEMORY_POLICY_PREFERRED] = "preferred",
           [MEMORY_POLICY_INTERLEAVE] = "interleave", [MEMORY_POLICY_RESTRICTIVE] = "restrictive");
ENUM_TABLE(memory_allocation_table, 2, "ondemand", "immediate");
ENUM_TABLE(memory_placement_table, 2, "static", "auto");

static void pages_clear(gpointer data)
{
  MemoryPages *pages = data;

  g_clear_pointer(&pages->cells, g_array_unref);
}

static void nodes_free(gpointer data)
{
  MemoryNodes *nodes = data;

  g_clear_pointer(&nodes->nodes, g_array_unref);
  g_free(nodes);
}

/* ---- <memoryBacking> ---- */

static gboolean read_page(xmlNode *node, MemoryBacking *backing, GError **error)
{
  const char *cells = xml_attribute(node, "nodeset");
  MemoryPages pages = { .place = xml_place(node) };

  if (!memory_read_attribute_kib(node, "size", &pages.kib, error))
    return FALSE;
  if ((pages.kib & (pages.kib - 1)) != 0)
    return xml_error(error, node, "size",
                     "%" G_GUINT64_FORMAT " KiB is no size of a page: none is no power of two", pages.kib);
  if (cells) {
    pages.cells = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!cpu_set_parse(node, "nodeset", cells, pages.cells, error)) {
      g_array_unref(pages.cells);
      return FALSE;
    }
  }
  g_array_append_val(backing->pages, pages);
  return TRUE;
}

static gboolean read_pages(xmlNode *node, MemoryBacking *backing, GError **error)
{
  xmlNode *hugepages = NULL;

  if (!xml_child(node, "hugepages", &hugepages, error))
    return FALSE;
  if (!hugepages)
    return TRUE;
  XML_FOREACH_CHILD(hugepages, page, "page") {
    if (!read_page(page, backing, error))
      return FALSE;
  }
  if (backing->pages->len == 0) {
    MemoryPages all = { .place = xml_place(hugepages) };

    g_array_append_val(backing->pages, all);
  }
  return TRUE;
}

static gboolean read_flag(xmlNode *node, const char *name, gboolean *ret_flag, GError **error)
{
  xmlNode *child = NULL;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  *ret_flag = child != NULL;
  return TRUE;
}

static gboolean read_source(xmlNode *node, MemoryBacking *backing, GError **error)
{
  xmlNode *source = NULL, *access = NULL, *allocation = NULL;
  int is_immediate = FALSE;

  if (!xml_child(node, "source", &source, error) || !xml_child(node, "access", &access, error) ||
      !xml_child(node, "allocation", &allocation, error))
    return FALSE;
  if (source &&
      !xml_attribute_enum_required(source, "type", &memory_source_table, XML_ENUM(&backing->source), error))
    return FALSE;
  if (access &&
      !xml_attribute_enum_required(access, "mode", &memory_access_table, XML_ENUM(&backing->access), error))
    return FALSE;
  if (!allocation)
    return TRUE;
  if (!xml_attribute_enum(allocation, "mode", &memory_allocation_table, &is_immediate, error) ||
      !xml_attribute_uint32(allocation, "threads", 1, 1024, &backing->threads, error))
    return FALSE;
  backing->is_immediate = is_immediate;
  return TRUE;
}

static gboolean parse_backing(xmlNode *root, MemoryBacking *backing, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(root, "memoryBacking", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  backing->place = xml_place(node);
  if (!read_pages(node, backing, error) || !read_flag(node, "locked", &backing->is_locked, error) ||
      !read_flag(node, "nosharepages", &backing->is_unmerged, error) ||
      !read_flag(node, "discard", &backing->is_discarded, error) || !read_source(node, backing, error))
    return FALSE;
  backing->is_given = backing->pages->len > 0 || backing->source > MEMORY_SOURCE_ANONYMOUS ||
                      backing->access == MEMORY_ACCESS_SHARED || backing->is_immediate ||
                      backing->is_discarded;
  return TRUE;
}

/* ---- <numatune> ---- */

static gboolean read_nodes(xmlNode *node, MemoryNodes *ret_nodes, GError **error)
{
  const char *set = NULL;

  if (!xml_attribute_enum(node, "mode", &memory_policy_table, XML_ENUM(&ret_nodes->policy), error))
    return FALSE;
  if (ret_nodes->policy == MEMORY_POLICY_NONE) /* the format's default */
    ret_nodes->policy = MEMORY_POLICY_STRICT;
  if (!xml_attribute_required(node, "nodeset", &set, error))
    return FALSE;
  ret_nodes->nodes = g_array_new(FALSE, FALSE, sizeof(guint32));
  if (!cpu_set_parse(node, "nodeset", set, ret_nodes->nodes, error))
    return FALSE;
  if (ret_nodes->policy == MEMORY_POLICY_PREFERRED && ret_nodes->nodes->len > 1)
    return xml_error(error, node, "nodeset", "mode 'preferred' takes one node");
  return TRUE;
}

static gboolean read_all(xmlNode *node, Domain *domain, MemoryBacking *backing, GError **error)
{
  int is_auto = FALSE;
  Place place = xml_place(node);

  if (!xml_attribute_enum(node, "placement", &memory_placement_table, &is_auto, error))
    return FALSE;
  if (!is_auto && xml_has_attribute(node, "nodeset"))
    return read_nodes(node, &backing->nodes, error);
  xml_attribute(node, "mode");
  xml_attribute(node, "nodeset");
  if (is_auto) /* libvirt asks numad */
    report_warning(domain->report, &place, "placement", "nodeset='0' names the host's node",
                   "'auto' chooses no node here: the kernel does");
  return TRUE;
}

static gboolean read_cell(xmlNode *node, MemoryBacking *backing, GError **error)
{
  guint32 cell = 0;
  MemoryNodes *nodes;

  if (!xml_has_attribute(node, "cellid"))
    return xml_error(error, node, "cellid", "is missing");
  if (!xml_attribute_uint32(node, "cellid", 0, 1023, &cell, error))
    return FALSE;
  if (g_hash_table_contains(backing->cells, GUINT_TO_POINTER(cell)))
    return xml_error(error, node, "cellid", "cell %u is there twice", cell);
  nodes = g_new0(MemoryNodes, 1);
  g_hash_table_insert(backing->cells, GUINT_TO_POINTER(cell), nodes);
  return read_nodes(node, nodes, error);
}

static gboolean parse_numatune(xmlNode *root, Domain *domain, MemoryBacking *backing, GError **error)
{
  xmlNode *node = NULL, *memory = NULL;

  if (!xml_child(root, "numatune", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  backing->numatune_place = xml_place(node);
  if (!xml_child(node, "memory", &memory, error) || (memory && !read_all(memory, domain, backing, error)))
    return FALSE;
  XML_FOREACH_CHILD(node, cell, "memnode") {
    if (!read_cell(cell, backing, error))
      return FALSE;
  }
  return TRUE;
}

gboolean memory_backing_parse(xmlNode *root, Domain *domain, GError **error)
{
  MemoryBacking *backing = domain->memory_backing;

  backing->pages = g_array_new(FALSE, FALSE, sizeof(MemoryPages));
  g_array_set_clear_func(backing->pages, pages_clear);
  backing->cells = g_hash_table_new_full(NULL, NULL, NULL, nodes_free);
  return parse_backing(root, backing, error) && parse_numatune(root, domain, backing, error);
}

/* A guest without cells is one. */
static gboolean check_pages(const MemoryBacking *backing, guint32 cells, GError **error)
{
  const GArray *pages = backing->pages;

  for (guint i = 0; i < pages->len; i++) {
    const MemoryPages *page = &g_array_index(pages, MemoryPages, i);
    guint32 last = page->cells ? g_array_index(page->cells, guint32, page->cells->len - 1) : 0;

    if (last >= cells)
      return error_set_document(error, &page->place, "nodeset",
                                "the guest has no NUMA cell %u (it has %u, from 0 on)", last, cells);
    if (!page->cells && pages->len > 1)
      return error_set_document(error, &page->place, "nodeset",
                                "is missing: there are pages of several sizes");
  }
  return TRUE;
}

gboolean memory_backing_validate(const MemoryBacking *backing, guint32 n_cells, GError **error)
{
  GHashTableIter iterator;
  gpointer cell;

  g_hash_table_iter_init(&iterator, backing->cells);
  while (g_hash_table_iter_next(&iterator, &cell, NULL)) {
    if (GPOINTER_TO_UINT(cell) >= n_cells) {
      error_set_document(error, &backing->numatune_place, NULL,
                         "<memnode> is for cell %u, and the guest has %u NUMA cells", GPOINTER_TO_UINT(cell),
                         n_cells);
      return error_add_hint(
          error, "<numa> in <cpu> divides it into cells; <memory mode='' nodeset=''> is for all of it");
    }
  }
  if (backing->source == MEMORY_SOURCE_ANONYMOUS && backing->access == MEMORY_ACCESS_SHARED) {
    error_set_document(error, &backing->place, NULL, "anonymous memory cannot be shared");
    return error_add_hint(error, "<source type='memfd'/> can");
  }
  return check_pages(backing, MAX(1, n_cells), error);
}

void memory_backing_clear(MemoryBacking *backing)
{
  g_clear_pointer(&backing->pages, g_array_unref);
  g_clear_pointer(&backing->nodes.nodes, g_array_unref);
  g_clear_pointer(&backing->cells, g_hash_table_unref);
}
