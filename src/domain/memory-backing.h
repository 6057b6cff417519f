/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the guest's memory is made of on the host: <memoryBacking> and <numatune>.
 * https://libvirt.org/formatdomain.html#memory-backing, #numa-node-tuning
 *
 * Whatever is shared or in huge pages is a memfd: it needs no mounted file system, no file that somebody has
 * to remove, and no rights; a guest sees no difference.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  MEMORY_SOURCE_DEFAULT, /* anonymous */
  MEMORY_SOURCE_ANONYMOUS,
  MEMORY_SOURCE_FILE,
  MEMORY_SOURCE_MEMFD,
  MEMORY_SOURCE_LAST,
} MemorySource;

typedef enum {
  MEMORY_ACCESS_DEFAULT,
  MEMORY_ACCESS_PRIVATE,
  MEMORY_ACCESS_SHARED,
  MEMORY_ACCESS_LAST,
} MemoryAccess;

/* Which nodes of the host the memory comes from. */
typedef enum {
  MEMORY_POLICY_NONE,
  MEMORY_POLICY_STRICT,
  MEMORY_POLICY_PREFERRED,
  MEMORY_POLICY_INTERLEAVE,
  MEMORY_POLICY_RESTRICTIVE, /* as the kernel pleases among them: nothing for QEMU to do */
  MEMORY_POLICY_LAST,
} MemoryPolicy;

extern const EnumTable memory_source_table;
extern const EnumTable memory_access_table;
extern const EnumTable memory_policy_table;

typedef struct {
  MemoryPolicy policy;
  GArray *nodes; /* of guint32: the host's; NULL: none given */
} MemoryNodes;

typedef struct {
  guint64 kib;   /* 0: the host's default */
  GArray *cells; /* of guint32: the guest's cells that have them; NULL: all */
  Place place;
} MemoryPages;

typedef struct MemoryBacking {
  MemorySource source;
  MemoryAccess access;
  gboolean is_given; /* anything of this that makes it an object of its own */
  GArray *pages;     /* of MemoryPages; empty: none */
  gboolean is_locked;
  gboolean is_unmerged; /* nosharepages */
  gboolean is_immediate;
  guint32 threads; /* that allocate it; 0: not given */
  gboolean is_discarded;
  MemoryNodes nodes; /* of all the memory */
  GHashTable *cells; /* of MemoryNodes by the guest's cell, for those that have their own */
  Place place;
  Place numatune_place;
} MemoryBacking;

/* Reads them from <domain>. */
gboolean memory_backing_parse(struct _xmlNode *root, Domain *domain, GError **error);
/* @n_cells: how many NUMA cells the guest has. */
gboolean memory_backing_validate(const MemoryBacking *backing, guint32 n_cells, GError **error);
void memory_backing_clear(MemoryBacking *backing);

/* What is asked of a piece of memory beside what the domain says. */
typedef struct {
  const char *id;
  guint64 kib;
  int cell; /* of the guest; -1: none */
  MemoryAccess access;
  gboolean is_discarded;
  const MemoryNodes *nodes; /* of the host; NULL: those of <numatune> */
  guint64 page_kib;         /* of huge pages; 0: those of <hugepages>, if there are */
  const Place *page_place;
  gboolean is_unreserved; /* it need not be there in whole */
  const char *path;       /* of a file that is the memory, or NULL; with what follows */
  gboolean is_preallocated;
  guint64 align_kib; /* 0: not given */
  gboolean is_pmem;
  gboolean is_epc; /* of the host's enclave page cache */
} MemoryPiece;

/* Adds the object of a piece of the guest's memory. */
void memory_backing_translate_piece(const Domain *domain, const MemoryPiece *piece, Plan *plan);

/* The memory of a guest, where it has to be an object and is not that of NUMA cells (@has_cells); and what
 * -machine has to be told. */
void memory_backing_translate(const Domain *domain, gboolean has_cells, Props *machine, Plan *plan);
