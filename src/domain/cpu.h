/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many CPUs, and how they are arranged: <vcpu>, <vcpus>, <cpu>'s <topology>. What CPU it is says
 * cpu-model.h, where its memory is numa.h. https://libvirt.org/formatdomain.html#cpu-allocation
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/cpu-model.h"
#include "domain/numa.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct Cpu {
  guint32 vcpus;         /* at most that many; default 1 */
  guint32 current;       /* plugged in at the start; 1 to vcpus */
  Place place;           /* of <vcpu>, or of the domain */
  gboolean has_topology; /* the document says how they are arranged, as follows; else each is a socket */
  guint32 sockets;
  guint32 dies;     /* of a socket */
  guint32 clusters; /* of a die */
  guint32 cores;
  guint32 threads;
  CpuModel model;
  Numa numa;
} Cpu;

/* Reads <vcpu>, <vcpus> and <cpu>; comes after os_parse(), since the machine has its limit. */
gboolean cpu_parse(struct _xmlNode *root, Domain *domain, GError **error);

/* What depends on the host, and on the number of CPUs. */
gboolean cpu_complete(Domain *domain, GError **error);
void cpu_clear(Cpu *cpu);
void cpu_translate(const Domain *domain, Plan *plan);
