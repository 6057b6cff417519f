/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On which CPUs of the host the threads of QEMU run, and how they are scheduled: cpuset= of <vcpu>, and
 * <cputune>. https://libvirt.org/formatdomain.html#cpu-tuning
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

extern const EnumTable cpu_scheduler_table;

typedef struct {
  PlanThread plan;
  GArray *cpus; /* what @plan points at; NULL: it is about the scheduler */
} CpuThread;

typedef struct CpuTune {
  GArray *cpus;       /* of guint32: for all threads that have none of their own; NULL: not given */
  Place place;        /* of <vcpu> */
  GPtrArray *threads; /* of CpuThread */
  GHashTable *taken;  /* what has a setting, see cpu-tune.c */
} CpuTune;

/* Reads them from <domain>; comes after cpu_parse() and iothreads_parse(). */
gboolean cpu_tune_parse(struct _xmlNode *root, Domain *domain, GError **error);
void cpu_tune_clear(CpuTune *tune);
void cpu_tune_translate(const CpuTune *tune, Plan *plan);
