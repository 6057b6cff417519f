/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <numa> of <cpu>: the cells into which CPUs and memory are divided, how far they are from each other, and
 * what the guest's ACPI tables (HMAT) say of that. https://libvirt.org/formatdomain.html#guest-numa-topology
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "domain/memory-backing.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  NUMA_ASSOCIATIVITY_NONE,
  NUMA_ASSOCIATIVITY_DIRECT,
  NUMA_ASSOCIATIVITY_FULL,
  NUMA_ASSOCIATIVITY_LAST,
} NumaAssociativity;

typedef enum {
  NUMA_POLICY_NONE,
  NUMA_POLICY_WRITEBACK,
  NUMA_POLICY_WRITETHROUGH,
  NUMA_POLICY_LAST,
} NumaPolicy;

extern const EnumTable numa_associativity_table;
extern const EnumTable numa_policy_table;

typedef struct {
  guint32 level;
  NumaAssociativity associativity;
  NumaPolicy policy;
  guint64 size_kib;
  guint64 line_bytes;
} NumaCache;

typedef struct {
  guint32 id;
  GArray *cpus; /* of guint32, ascending; empty: it has memory only */
  guint64 kib;
  MemoryAccess access;
  gboolean is_discarded;
  GArray *distances; /* of guint8 by the id of the other; 0: not given */
  GArray *caches;    /* of NumaCache */
  Place place;
} NumaCell;

/* What HMAT says of the way from one cell to another. */
typedef struct {
  gboolean is_bandwidth;
  guint32 initiator;
  guint32 target;
  guint32 cache;    /* level; 0: of the memory */
  const char *type; /* access, read or write */
  guint64 value;    /* nanoseconds, or KiB a second */
} NumaInterconnect;

typedef struct {
  GPtrArray *cells;      /* of NumaCell, by id; NULL: there are none */
  GArray *interconnects; /* of NumaInterconnect */
  gboolean has_hmat;
} Numa;

/* Reads it from <cpu>. */
gboolean numa_parse(struct _xmlNode *cpu, Domain *domain, Numa *ret_numa, GError **error);

/* CPUs that no cell names go to the first; the memory of the guest is that of its cells. */
gboolean numa_complete(Numa *numa, Domain *domain, guint32 vcpus, GError **error);
void numa_clear(Numa *numa);
void numa_translate(const Domain *domain, const Numa *numa, Plan *plan);
