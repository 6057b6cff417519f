/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How much of the host a guest may have: shares and quotas of <cputune>, <memtune>, <blkiotune>, <resource>.
 * https://libvirt.org/formatdomain.html#cpu-tuning and what follows it there.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct DomainLimits {
  PlanLimits plan;
  GArray *devices; /* of PlanIoDevice: what @plan points at */
  char *slice;     /* the same */
} DomainLimits;

/* Reads them from <domain>. */
gboolean domain_limits_parse(struct _xmlNode *root, Domain *domain, GError **error);
void domain_limits_clear(DomainLimits *limits);
void domain_limits_translate(const DomainLimits *limits, Plan *plan);
