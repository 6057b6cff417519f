/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <pm>: whether the guest's firmware offers it to suspend to memory (ACPI's S3) and to disk (S4).
 * https://libvirt.org/formatdomain.html#power-management
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/feature-state.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct Pm {
  FeatureState to_mem;
  FeatureState to_disk;
  Place to_mem_place; /* of the element, if it is given, as the next */
  Place to_disk_place;
} Pm;

gboolean pm_parse(struct _xmlNode *root, Pm *ret_pm, GError **error);

/* Warns where the machine has no power management. */
void pm_check(const Domain *domain);
void pm_translate(const Domain *domain, Plan *plan);
