/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <iothreads> of a <driver>: several threads that serve one device, each some of its queues.
 * https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms (10.0, QEMU 9.0), and #controllers
 * (11.2, QEMU 10.0).
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/props.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct {
  guint32 id;
  GArray *queues; /* of guint32, from 0; empty: those that QEMU gives it */
} IothreadShare;

typedef struct {
  GArray *shares; /* of IothreadShare; NULL: there is no mapping */
  Place place;
} IothreadMapping;

/* Reads it from @driver. @iothread is the attribute's, which excludes it; @queues, 0 where they are not
 * given, is how many there are to be given out. */
gboolean iothread_mapping_parse(struct _xmlNode *driver, guint32 iothread, guint32 queues,
                                IothreadMapping *ret_mapping, GError **error);

/* Refuses a thread that the guest does not have. */
gboolean iothread_mapping_check(const Domain *domain, const IothreadMapping *mapping, GError **error);

void iothread_mapping_clear(IothreadMapping *mapping);

void iothread_mapping_add(const IothreadMapping *mapping, Props *device);
