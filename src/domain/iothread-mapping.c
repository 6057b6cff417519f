/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/iothread-mapping.h"

#include "domain/iothreads.h"
#include "xml/element.h"

typedef struct {
  IothreadMapping *mapping;
  guint32 queues;
  GHashTable *ids;    /* those that were named, as pointers */
  GHashTable *mapped; /* queues, the same, each one more than its number */
} Reader;

static gboolean read_queue(xmlNode *node, Reader *reader, IothreadShare *share, GError **error)
{
  guint32 queue = 0;

  if (!reader->queues)
    return xml_error(error, node, NULL, "needs queues='N' of <driver>, which says how many there are");
  if (!xml_has_attribute(node, "id"))
    return xml_error(error, node, "id", "is missing");
  if (!xml_attribute_uint32(node, "id", 0, reader->queues - 1, &queue, error))
    return FALSE;
  if (!g_hash_table_add(reader->mapped, GUINT_TO_POINTER(queue + 1)))
    return xml_error(error, node, "id", "queue %u is served already", queue);
  g_array_append_val(share->queues, queue);
  return TRUE;
}

static gboolean read_share(xmlNode *node, Reader *reader, GError **error)
{
  IothreadShare share = { .queues = g_array_new(FALSE, FALSE, sizeof(guint32)) }, *kept;
  GArray *shares = reader->mapping->shares;

  g_array_append_val(shares, share); /* which owns it from here on */
  kept = &g_array_index(shares, IothreadShare, shares->len - 1);
  if (!xml_has_attribute(node, "id"))
    return xml_error(error, node, "id", "is missing");
  if (!xml_attribute_uint32(node, "id", 1, G_MAXINT32, &kept->id, error))
    return FALSE;
  if (!g_hash_table_add(reader->ids, GUINT_TO_POINTER(kept->id)))
    return xml_error(error, node, "id", "I/O thread %u is there twice", kept->id);
  XML_FOREACH_CHILD(node, queue, "queue") {
    if (!read_queue(queue, reader, kept, error))
      return FALSE;
  }
  if (shares->len > 1 &&
      (kept->queues->len == 0) != (g_array_index(shares, IothreadShare, 0).queues->len == 0))
    return xml_error(error, node, NULL, "either each thread has its <queue>s, or none has");
  return TRUE;
}

static gboolean read_shares(xmlNode *node, Reader *reader, GError **error)
{
  guint mapped;

  XML_FOREACH_CHILD(node, child, "iothread") {
    if (!read_share(child, reader, error))
      return FALSE;
  }
  if (reader->mapping->shares->len == 0)
    return xml_error(error, node, NULL, "element <iothread> is missing");
  mapped = g_hash_table_size(reader->mapped);
  if (mapped > 0 && mapped < reader->queues)
    return xml_error(error, node, NULL, "queues that none of the threads serves: %u of %u",
                     reader->queues - mapped, reader->queues);
  return TRUE;
}

gboolean iothread_mapping_parse(xmlNode *driver, guint32 iothread, guint32 queues,
                                IothreadMapping *ret_mapping, GError **error)
{
  g_autoptr(GHashTable) ids = g_hash_table_new(NULL, NULL), mapped = g_hash_table_new(NULL, NULL);
  Reader reader = { ret_mapping, queues, ids, mapped };
  xmlNode *node = NULL;

  if (!xml_child(driver, "iothreads", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (iothread)
    return xml_error(error, node, NULL, "does not go with iothread='%u' of <driver>: it is one or the other",
                     iothread);
  ret_mapping->place = xml_place(node);
  ret_mapping->shares = g_array_new(FALSE, FALSE, sizeof(IothreadShare));
  return read_shares(node, &reader, error);
}

gboolean iothread_mapping_check(const Domain *domain, const IothreadMapping *mapping, GError **error)
{
  for (guint i = 0; mapping->shares && i < mapping->shares->len; i++) {
    if (!iothreads_check(domain, g_array_index(mapping->shares, IothreadShare, i).id, &mapping->place,
                         /* attribute= */ NULL, error))
      return FALSE;
  }
  return TRUE;
}

void iothread_mapping_clear(IothreadMapping *mapping)
{
  for (guint i = 0; mapping->shares && i < mapping->shares->len; i++)
    g_array_unref(g_array_index(mapping->shares, IothreadShare, i).queues);
  g_clear_pointer(&mapping->shares, g_array_unref);
}
