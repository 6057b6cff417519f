/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/iothreads.h"

#include "domain/domain.h"
#include "xml/element.h"

enum {
  MOST = 1024,         /* threads */
  USUAL_POOL_MAX = 64, /* QEMU's */
};

static gboolean read_pool(xmlNode *node, IothreadPool *ret_pool, GError **error)
{
  guint32 max;

  *ret_pool = (IothreadPool){ IOTHREAD_UNSET, IOTHREAD_UNSET };
  if (!xml_attribute_uint32(node, "thread_pool_min", 0, G_MAXINT32, &ret_pool->min, error) ||
      !xml_attribute_uint32(node, "thread_pool_max", 1, G_MAXINT32, &ret_pool->max, error))
    return FALSE;
  max = ret_pool->max == IOTHREAD_UNSET ? USUAL_POOL_MAX : ret_pool->max;
  if (ret_pool->min == IOTHREAD_UNSET || ret_pool->min <= max)
    return TRUE;
  xml_error(error, node, "thread_pool_min", "%u is more than the most, %u%s", ret_pool->min, max,
            ret_pool->max == IOTHREAD_UNSET ? ", which QEMU has unless it is told" : "");
  return error_add_hint(error, "thread_pool_max='%u' allows it", ret_pool->min);
}

/* It is a number of bits to shift by. */
enum { POLL_WEIGHT_MAX = 63 };

static gboolean read_poll(xmlNode *node, Iothread *iothread, GError **error)
{
  xmlNode *poll = NULL;

  if (!xml_child(node, "poll", &poll, error))
    return FALSE;
  return !poll || (xml_attribute_uint32(poll, "max", 0, G_MAXINT32, &iothread->poll_max, error) &&
                   xml_attribute_uint32(poll, "grow", 0, G_MAXINT32, &iothread->poll_grow, error) &&
                   xml_attribute_uint32(poll, "shrink", 0, G_MAXINT32, &iothread->poll_shrink, error) &&
                   xml_attribute_uint32(poll, "weight", 0, POLL_WEIGHT_MAX, &iothread->poll_weight, error));
}

static Iothread *add(Iothreads *iothreads, guint32 id)
{
  const Iothread iothread = { .id = id,
                              .pool = { IOTHREAD_UNSET, IOTHREAD_UNSET },
                              .poll_max = IOTHREAD_UNSET,
                              .poll_grow = IOTHREAD_UNSET,
                              .poll_shrink = IOTHREAD_UNSET,
                              .poll_weight = IOTHREAD_UNSET };

  g_hash_table_add(iothreads->ids, GUINT_TO_POINTER(id));
  g_array_append_val(iothreads->threads, iothread);
  return &g_array_index(iothreads->threads, Iothread, iothreads->threads->len - 1);
}

static gboolean read_one(xmlNode *node, Iothreads *iothreads, GError **error)
{
  guint32 id = 0;
  Iothread *iothread;

  if (!xml_has_attribute(node, "id"))
    return xml_error(error, node, "id", "is missing");
  if (!xml_attribute_uint32(node, "id", 1, G_MAXINT32, &id, error))
    return FALSE;
  if (iothreads_has(iothreads, id))
    return xml_error(error, node, "id", "I/O thread %u is there twice", id);
  if (iothreads->threads->len == MOST)
    return xml_error(error, node, NULL, "are more than %d I/O threads", MOST);
  iothread = add(iothreads, id);
  return read_pool(node, &iothread->pool, error) && read_poll(node, iothread, error);
}

static gboolean read_ids(xmlNode *root, Iothreads *iothreads, GError **error)
{
  xmlNode *ids = NULL;

  if (!xml_child(root, "iothreadids", &ids, error))
    return FALSE;
  if (!ids)
    return TRUE;
  XML_FOREACH_CHILD(ids, node, "iothread") {
    if (!read_one(node, iothreads, error))
      return FALSE;
  }
  return TRUE;
}

/* What has no id gets the next free one. */
static gboolean read_count(xmlNode *root, Iothreads *iothreads, GError **error)
{
  xmlNode *node = NULL;
  guint64 count = 0;

  if (!xml_child(root, "iothreads", &node, error) || (node && !xml_text_uint(node, 0, MOST, &count, error)))
    return FALSE;
  for (guint32 id = 1; iothreads->threads->len < count; id++) {
    if (!iothreads_has(iothreads, id))
      add(iothreads, id);
  }
  return TRUE;
}

gboolean iothreads_parse(xmlNode *root, Iothreads *iothreads, GError **error)
{
  xmlNode *usual = NULL;

  iothreads->threads = g_array_new(FALSE, FALSE, sizeof(Iothread));
  iothreads->ids = g_hash_table_new(NULL, NULL);
  iothreads->main = (IothreadPool){ IOTHREAD_UNSET, IOTHREAD_UNSET };
  return read_ids(root, iothreads, error) && read_count(root, iothreads, error) &&
         xml_child(root, "defaultiothread", &usual, error) &&
         (!usual || read_pool(usual, &iothreads->main, error));
}

void iothreads_clear(Iothreads *iothreads)
{
  g_clear_pointer(&iothreads->threads, g_array_unref);
  g_clear_pointer(&iothreads->ids, g_hash_table_unref);
}

gboolean iothreads_has(const Iothreads *iothreads, guint32 id)
{
  return g_hash_table_contains(iothreads->ids, GUINT_TO_POINTER(id));
}

gboolean iothreads_check(const Domain *domain, guint32 id, const Place *place, const char *attribute,
                         GError **error)
{
  const GArray *threads = domain->iothreads->threads;

  if (iothreads_has(domain->iothreads, id))
    return TRUE;
  if (threads->len == 0) {
    error_set_document(error, place, attribute, "there is no I/O thread %u: the guest has none", id);
    return error_add_hint(error, "<iothreads>N</iothreads> in <domain> gives it threads 1 to N");
  }
  error_set_document(error, place, attribute, "there is no I/O thread %u: the guest has %u", id,
                     threads->len);
  return error_add_hint(error, "<iothreadids> in <domain> says which; the first is %u",
                        g_array_index(threads, Iothread, 0).id);
}
