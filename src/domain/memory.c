/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/memory.h"

#include <string.h>

#include "base/nearest.h"
#include "xml/element.h"

typedef struct {
  const char *name;
  guint64 bytes;
} MemoryUnit;

/* Case does not matter. A lone letter means the power of 1024, as K has always done in this format. */
static const MemoryUnit units[] = {
  { "b", 1 },
  { "bytes", 1 },
  { "KB", 1000 },
  { "k", 1024 },
  { "KiB", 1024 },
  { "MB", 1000000 },
  { "M", 1048576 },
  { "MiB", 1048576 },
  { "GB", 1000000000 },
  { "G", G_GUINT64_CONSTANT(1) << 30 },
  { "GiB", G_GUINT64_CONSTANT(1) << 30 },
  { "TB", G_GUINT64_CONSTANT(1000000000000) },
  { "T", G_GUINT64_CONSTANT(1) << 40 },
  { "TiB", G_GUINT64_CONSTANT(1) << 40 },
};

static gboolean read_unit(xmlNode *node, guint64 *ret_bytes, GError **error)
{
  const char *name = xml_attribute(node, "unit");
  g_autoptr(GString) known = g_string_new(NULL);
  Nearest nearest = NEAREST_INIT(name);

  *ret_bytes = 1024;
  if (!name)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
    if (g_ascii_strcasecmp(name, units[i].name) == 0) {
      *ret_bytes = units[i].bytes;
      return TRUE;
    }
    nearest_try(&nearest, units[i].name);
    g_string_append_printf(known, "%s%s", i ? ", " : "", units[i].name);
  }
  xml_error(error, node, "unit", "unknown value '%s' (known: %s)", name, known->str);
  if (nearest.name)
    error_add_hint(error, "did you mean '%s'?", nearest.name);
  return FALSE;
}

gboolean memory_read_kib(xmlNode *node, guint64 *ret_kib, GError **error)
{
  guint64 count, unit, bytes;

  if (!read_unit(node, &unit, error) || !xml_text_uint(node, 0, G_MAXUINT64, &count, error))
    return FALSE;
  if (!g_uint64_checked_mul(&bytes, count, unit) || bytes > G_MAXINT64)
    return xml_error(error, node, NULL, "%" G_GUINT64_FORMAT " %s is more than any machine can address",
                     count, xml_attribute(node, "unit") ? xml_attribute(node, "unit") : "KiB");
  *ret_kib = bytes / 1024 + (bytes % 1024 != 0);
  return TRUE;
}

gboolean memory_parse(xmlNode *domain, Memory *ret_memory, GError **error)
{
  xmlNode *node, *current = NULL;

  if (!xml_child_required(domain, "memory", &node, error) || !memory_read_kib(node, &ret_memory->kib, error))
    return FALSE;
  ret_memory->place = xml_place(node);
  if (ret_memory->kib == 0)
    return xml_error(error, node, NULL, "a guest without memory cannot run");
  ret_memory->current_kib = ret_memory->kib;
  if (!xml_child(domain, "currentMemory", &current, error))
    return FALSE;
  if (current && !memory_read_kib(current, &ret_memory->current_kib, error))
    return FALSE;
  if (current && ret_memory->current_kib > ret_memory->kib)
    return xml_error(error, current, NULL,
                     "%" G_GUINT64_FORMAT " KiB is more than the %" G_GUINT64_FORMAT " KiB of <memory>",
                     ret_memory->current_kib, ret_memory->kib);
  if (ret_memory->current_kib == 0) /* virt-manager's old way of saying: all of it */
    ret_memory->current_kib = ret_memory->kib;
  return TRUE;
}
