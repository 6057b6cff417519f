/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The threads of QEMU that disks and virtio-scsi controllers may be served by: <iothreads>, <iothreadids>,
 * <defaultiothread>. https://libvirt.org/formatdomain.html#iothreads-allocation
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

/* A number that the document leaves to QEMU. */
#define IOTHREAD_UNSET G_MAXUINT32

/* How many workers a thread may have. */
typedef struct {
  guint32 min, max;
} IothreadPool;

typedef struct {
  guint32 id; /* from 1 */
  IothreadPool pool;
  guint32 poll_max; /* nanoseconds; 0: it never polls; IOTHREAD_UNSET, as the next */
  guint32 poll_grow, poll_shrink;
  guint32 poll_weight; /* format 12.7; 0: QEMU's choice */
} Iothread;

typedef struct Iothreads {
  GArray *threads;   /* of Iothread, those with an id first */
  GHashTable *ids;   /* of these, as pointers */
  IothreadPool main; /* of the thread that serves what has none of its own */
} Iothreads;

/* Reads them from <domain>. */
gboolean iothreads_parse(struct _xmlNode *root, Iothreads *iothreads, GError **error);
void iothreads_clear(Iothreads *iothreads);

gboolean iothreads_has(const Iothreads *iothreads, guint32 id);

/* Refuses an id, of @attribute at @place, that no thread has. */
gboolean iothreads_check(const Domain *domain, guint32 id, const Place *place, const char *attribute,
                         GError **error);

/* Adds the objects. */
void iothreads_translate(const Iothreads *iothreads, Plan *plan);

/* Adds the thread of a device; 0: none. */
void iothread_add(guint32 id, Props *device);
