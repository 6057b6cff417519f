/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest sees of a PCI controller: <target>, <model name=''> and <pcihole64>.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "devices/controller/model.h"
#include "domain/feature-state.h"

struct _xmlNode;

/* A number that the document leaves open. */
#define CONTROLLER_UNSET G_MAXUINT32

/* QEMU's device: each model has one, but for pcie-root-port. */
typedef enum {
  CONTROLLER_NAME_DEFAULT,
  CONTROLLER_NAME_PCI_BRIDGE,
  CONTROLLER_NAME_I82801B11,
  CONTROLLER_NAME_PCIE_PCI_BRIDGE,
  CONTROLLER_NAME_PCIE_ROOT_PORT,
  CONTROLLER_NAME_IOH3420, /* Intel's, of before there was a generic one */
  CONTROLLER_NAME_X3130,
  CONTROLLER_NAME_XIO3130,
  CONTROLLER_NAME_PXB,
  CONTROLLER_NAME_PXB_PCIE,
  CONTROLLER_NAME_LAST,
} ControllerName;

extern const EnumTable controller_name_table;

typedef struct {
  ControllerName name;
  guint32 chassis; /* CONTROLLER_UNSET: not given, as in the next */
  guint32 port;
  guint32 chassis_nr;
  guint32 bus_nr; /* of an expander bus: the number of its bus */
  guint32 node;   /* of the same: the NUMA cell that is near to it */
  FeatureState hotplug;
  guint32 reserve_kib; /* memory that firmware keeps for what is plugged in later; 0: its own number */
  gboolean has_hole64;
  guint64 hole64_kib; /* of a root: where 64-bit addresses are given out; 0: none are */
  Place place;        /* of <target> */
} ControllerTarget;

void controller_target_unset(ControllerTarget *target);

gboolean controller_target_parse(struct _xmlNode *node, ControllerTarget *ret_target, GError **error);

/* Refuses what @model does not have. @place is that of the controller. */
gboolean controller_target_validate(const ControllerTarget *target, ControllerModel model, const Place *place,
                                    GError **error);

void controller_target_annotate(const ControllerTarget *target, struct _xmlNode *node);
