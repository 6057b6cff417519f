/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: QEMU's manual, -object iothread; the properties of `main-loop` are QMP's MainLoopProperties.
 */
#include "config.h"

#include "domain/iothreads.h"

static void add_number(Props *props, const char *key, guint32 value)
{
  if (value != IOTHREAD_UNSET)
    props_add_uint(props, key, value);
}

static void add_pool(const IothreadPool *pool, Props *props)
{
  add_number(props, "thread-pool-min", pool->min);
  add_number(props, "thread-pool-max", pool->max);
}

void iothreads_translate(const Iothreads *iothreads, Plan *plan)
{
  Props *props;

  for (guint i = 0; i < iothreads->threads->len; i++) {
    const Iothread *iothread = &g_array_index(iothreads->threads, Iothread, i);

    props = props_new("qom-type", "iothread");
    props_add_format(props, "id", "iothread%u", iothread->id);
    add_pool(&iothread->pool, props);
    add_number(props, "poll-max-ns", iothread->poll_max);
    add_number(props, "poll-grow", iothread->poll_grow);
    add_number(props, "poll-shrink", iothread->poll_shrink);
    if (iothread->poll_weight) /* 0 is QEMU's choice, as it is without */
      add_number(props, "poll-weight", iothread->poll_weight);
    plan_add_json(plan, PLAN_BOTH, "-object", props);
  }
  if (iothreads->main.min == IOTHREAD_UNSET && iothreads->main.max == IOTHREAD_UNSET)
    return;
  props = props_new("qom-type", "main-loop");
  props_add_string(props, "id", "main-loop");
  add_pool(&iothreads->main, props);
  plan_add_json(plan, PLAN_BOTH, "-object", props);
}

void iothread_add(guint32 id, Props *device)
{
  if (id)
    props_add_format(device, "iothread", "iothread%u", id);
}
