/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <driver> of a controller: how QEMU serves it.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "devices/controller/model.h"
#include "devices/virtio.h"
#include "domain/feature-state.h"
#include "domain/iothread-mapping.h"

struct _xmlNode;

typedef struct {
  guint32 queues; /* 0: not given, as in the next three */
  guint32 cmd_per_lun;
  guint32 max_sectors;
  guint32 iothread;
  IothreadMapping threads;
  FeatureState ioeventfd;
  VirtioOptions virtio;
  Place place; /* of the element */
} ControllerDriver;

gboolean controller_driver_parse(struct _xmlNode *node, ControllerDriver *ret_driver, GError **error);

/* Refuses what a controller of this kind does not have, and warns of what has no effect there. */
gboolean controller_driver_validate(const Domain *domain, const ControllerDriver *driver, ControllerType type,
                                    ControllerModel model, GError **error);

void controller_driver_translate(const ControllerDriver *driver, Props *props);
