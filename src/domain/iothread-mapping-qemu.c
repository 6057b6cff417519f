/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/iothread-mapping.h"

static Json *queues_of(const IothreadShare *share)
{
  Json *queues = json_new_array();

  for (guint i = 0; i < share->queues->len; i++)
    json_append_int(queues, g_array_index(share->queues, guint32, i));
  return queues;
}

void iothread_mapping_add(const IothreadMapping *mapping, Props *device)
{
  Json *shares;

  if (!mapping->shares)
    return;
  shares = json_new_array();
  for (guint i = 0; i < mapping->shares->len; i++) {
    const IothreadShare *share = &g_array_index(mapping->shares, IothreadShare, i);
    Props *props = props_new_empty();

    props_add_format(props, "iothread", "iothread%u", share->id);
    if (share->queues->len > 0)
      props_add_array(props, "vqs", queues_of(share));
    json_append(shares, props_steal_json(props));
  }
  props_add_array(device, "iothread-vq-mapping", shares);
}
